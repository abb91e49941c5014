// What src/stats/change_points.h says of series on standard input, one a line, numbers between spaces: a line of JSON each,
// [{"index": …, "p": …, "mean_before": …, "mean_after": …}, …], and with --q the best cut too: {"cut": …, "end": …,
// "q": …, "changes": […]}.
//
//   change_points [--significance P] [--least N] [--permutations N] [--together N] [--q]
//
// With --together each N lines are series of the same runs, tested together, all of one length.

#include "stats/change_points.h"

#include "base/error.h"
#include "base/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <iostream>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>

namespace {

std::vector<double> numbers_of(const std::string& line) {
  std::istringstream words(line);
  std::vector<double> numbers;
  for (std::string word; words >> word;) numbers.push_back(assay::parse_number(word));
  return numbers;
}

std::string shown(const std::vector<assay::ChangePoint>& changes) {
  std::vector<std::string> parts;
  for (const assay::ChangePoint& c : changes)
    parts.push_back(fmt::format(R"({{"index": {}, "p": {}, "mean_before": {}, "mean_after": {}}})", c.index, c.p_value,
                                c.mean_before, c.mean_after));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

void answer_together(std::size_t together, const assay::ChangePointOptions& options) {
  std::vector<std::vector<double>> lines;
  for (std::string line; std::getline(std::cin, line);) {
    lines.push_back(numbers_of(line));
    if (lines.size() < together) continue;
    std::vector<std::size_t> runs(lines[0].size());
    std::iota(runs.begin(), runs.end(), std::size_t{0});
    std::vector<assay::SeriesOfRuns> all;
    for (const std::vector<double>& values : lines) all.push_back({values, runs});
    for (const std::vector<assay::ChangePoint>& changes : joint_change_points(all, options))
      fmt::print("{}\n", shown(changes));
    lines.clear();
  }
}

void answer(int count, char** values) {
  assay::ChangePointOptions options;
  bool with_q = false;
  std::size_t together = 1;
  for (int i = 1; i < count; i++) {
    const std::string_view name = values[i];
    if (name == "--q") {
      with_q = true;
      continue;
    }
    if (i + 1 == count) throw assay::Error(fmt::format("{} needs a value", name));
    const std::string_view value = values[++i];
    if (name == "--significance")
      options.significance = assay::parse_number(value);
    else if (name == "--least")
      options.least_segment = static_cast<std::size_t>(assay::parse_count(value));
    else if (name == "--permutations")
      options.permutations = static_cast<int>(assay::parse_count(value));
    else if (name == "--together")
      together = static_cast<std::size_t>(assay::parse_count(value));
    else
      throw assay::Error(fmt::format("unknown option {}", name));
  }
  if (together != 1) return answer_together(together, options);
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<double> series = numbers_of(line);
    const std::string changes = shown(change_points(series, options));
    if (!with_q) {
      fmt::print("{}\n", changes);
      continue;
    }
    const assay::Cut cut = assay::best_cut(series, options.least_segment);
    fmt::print(R"({{"cut": {}, "end": {}, "q": {}, "changes": {}}})"
               "\n",
               cut.index, cut.end, cut.q, changes);
  }
}

}  // namespace

int main(int count, char** values) {
  try {
    answer(count, values);
    return 0;
  } catch (const assay::Error& error) {
    fmt::print(stderr, "change_points: {}\n", error.what());
    return 2;
  }
}
