// From what a run came to (core) to the result document (results).
#pragma once

#include "base/error.h"
#include "core/run.h"
#include "job/setup.h"
#include "results/document.h"
#include "results/threshold.h"

#include <map>
#include <string>
#include <vector>

namespace assay {

/// What stands around the outcome: the configuration, what the checks said, the workload's own statements.
struct DocumentInput {
  const JobSetup& setup;
  const RunPlan& plan;
  const RunOutcome& outcome;
  const ServerFacts& server;
  std::map<std::string, std::string> options_in_force;
  std::vector<CheckResult> checks;
  Statements statements;
  std::vector<std::string> reasons;  // for a fail, beside checks and requirements
  std::vector<Threshold> fail_if = {};
  RateSearchFacts search = {};
};

/// What the workload is told to state its figures from.
RunSummary summarize_run(const RunPlan&, const RunOutcome&);
/// The phases and groups only: what a workload concludes from.
Document measured_document(const RunPlan&, const RunOutcome&);
/// The document with its verdict.
Document make_document(DocumentInput);
/// The gravest exit code that applies. `contradicted`: a requirement that always decides does not hold, so that the data
/// in the target and our count of it differ; what --strict makes decide is a threshold. `gone`: the target could not be
/// reached when the load was over.
ExitCode exit_code_of(const Document&, bool contradicted, bool gone);

}  // namespace assay
