// Results for tests of what compares results: plain runs whose rates, times and failures are given, so that theory says what
// a comparison of them must find.
#pragma once

#include "results/document.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

/// A run of one group "g": in each measured second `per_second` operations, alternating by ± `jitter`, of exponential
/// response times, of which a share fails instead.
struct SampleRun {
  struct Operation {
    std::string name;
    double per_second = 100, jitter = 5, mean_ms = 1, failing = 0;
  };
  std::vector<Operation> operations = {{"get"}, {"put"}};
  int seconds = 60;  // measured, behind one of warm-up that is ten times as fast
  std::string server = "PostgreSQL", version = "15.14";
  std::uint64_t seed = 1;  // of the response times, and what tells runs apart
};
Document sample_run(const SampleRun&);

}  // namespace assay
