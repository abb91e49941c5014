// Runs of `assay run` in pairs, for assay compare --pairs: A B, B A, A B, …, each in a process of its own, each result kept.
//
// A process for each run: none finds the memory, the caches and the connections of the one before it. The order alternates,
// so that what drifts (a target that fills, a machine that warms up) does not favour a side. The first Ctrl-C or SIGTERM
// ends the run under way, which saves what it measured, and all that were to come; the second ends that run at once.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::cli {

struct PairedRuns {
  std::vector<std::string> a, b;  // arguments of `assay run`
  int pairs = 0;
  std::filesystem::path folder = {};  // gets 01-a.json, 01-b.json, 02-a.json, …
  bool quiet = false;
};

/// Throws Error for options that `assay run` would refuse, for those of two different workloads, for --result and --json,
/// and for a folder that has results already or cannot be written to. Answers false after --help of a run was printed.
bool check_pairs(const PairedRuns&);

/// Runs them all; answers false when it was stopped. Throws Error when a run ended in such a way that the next would too.
bool run_pairs(const PairedRuns&);

/// The whole pairs of a folder, in their order: {"01-a.json", "01-b.json"}, …. Throws Error when there is none.
std::vector<std::pair<std::filesystem::path, std::filesystem::path>> pairs_in(const std::filesystem::path& folder);

}  // namespace assay::cli
