// What src/stats/change_points.h says of series on standard input, one a line, numbers between spaces: a line of JSON each,
// [{"index": …, "p": …, "mean_before": …, "mean_after": …}, …], and with --q the best cut too: {"cut": …, "end": …,
// "q": …, "changes": […]}.
//
//   change_points [--significance P] [--least N] [--permutations N] [--q]

#include "stats/change_points.h"

#include "base/error.h"
#include "base/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <iostream>
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

void answer(int count, char** values) {
  assay::ChangePointOptions options;
  bool with_q = false;
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
    else
      throw assay::Error(fmt::format("unknown option {}", name));
  }
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
