#include "results/comparison_text.h"

#include "base/units.h"
#include "results/compared_rows.h"
#include "results/text_forms.h"
#include "results/text_table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace assay {
namespace {

constexpr const char* kNothing = "–";

/// A change without its unit: two digits behind the point for small ones, none for large, and more beside `limits`, which are
/// sizes in per cent.
std::string number(double change, const char* sign, Limits limits = {}) {
  const double shown = change * 100, size = std::fabs(shown);
  const int behind = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const std::string text = format_fixed(size, behind, limits);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return fmt::format("{}{}", zero ? "" : shown < 0 ? "-" : sign, text);
}

const char* unit_of(const ComparedFigure& figure) { return figure.scale == Scale::absolute ? "pp" : "%"; }

/// What of a side is beyond the tolerance, by row: "get (rate, p99), all (rate), nopm".
std::string beyond_text(const Comparison& c, std::size_t side) {
  std::vector<std::pair<std::string, std::vector<std::string>>> rows;
  for (const auto* list : {&c.operations, &c.figures})
    for (const ComparedFigure& figure : *list) {
      if (figure.against[side].standing != Standing::beyond) continue;
      const std::string row = figure.operation.empty() ? "" : row_name(c, figure);
      if (rows.empty() || rows.back().first != row) rows.emplace_back(row, std::vector<std::string>{});
      rows.back().second.push_back(figure.name);
    }
  std::vector<std::string> parts;
  parts.reserve(rows.size());
  for (const auto& [row, names] : rows)
    parts.push_back(row.empty() ? fmt::format("{}", fmt::join(names, ", "))
                                : fmt::format("{} ({})", row, fmt::join(names, ", ")));
  return fmt::format("{}", fmt::join(parts, ", "));
}

bool says_nothing(const ComparedFigure& f, std::size_t side) {
  return !f.values[side] || (f.quantity == Quantity::rate && *f.values[side] == 0);
}

/// Which operations a side lacks, or all of them.
void add_missing(std::vector<std::string>& notes, const Comparison& c) {
  std::vector<std::string> nowhere;
  std::vector<std::vector<std::string>> missing(c.sides.size());
  for (auto first = c.operations.begin(), end = first; first != c.operations.end(); first = end) {
    end = std::find_if(first, c.operations.end(), [&](const ComparedFigure& f) {
      return f.group != first->group || f.operation != first->operation;
    });
    if (first->operation == ComparedRow::kAll) continue;
    std::vector<std::size_t> without;
    for (std::size_t i = 0; i < c.sides.size(); i++)
      if (std::all_of(first, end, [&](const ComparedFigure& f) { return says_nothing(f, i); })) without.push_back(i);
    if (without.size() == c.sides.size()) {
      nowhere.push_back(row_name(c, *first));
      continue;
    }
    for (const std::size_t i : without) missing[i].push_back(row_name(c, *first));
  }
  for (std::size_t i = 0; i < c.sides.size(); i++)
    if (!missing[i].empty())
      notes.push_back(
          fmt::format("{} measured nothing of {}: its totals are of other operations than those of the rest.",
                      c.sides[i].label, fmt::join(missing[i], ", ")));
  if (!nowhere.empty()) notes.push_back(fmt::format("No result measured anything of {}.", fmt::join(nowhere, ", ")));
}

}  // namespace

std::string value_text(const ComparedFigure& figure, std::size_t side) {
  const std::optional<double> value = figure.values[side];
  if (!value) return kNothing;
  if (figure.quantity == Quantity::number) return digits(*value) + (figure.unit.empty() ? "" : " " + figure.unit);
  return format_value(*value, figure.quantity);
}

std::string change_text(const ComparedFigure& figure, const Difference& d) {
  if (!std::isfinite(d.change)) return kNothing;
  return fmt::format("{} {}", number(d.change, "+"), unit_of(figure));
}

std::string interval_text(const Comparison& comparison, const ComparedFigure& figure, const Difference& d) {
  if (!d.known()) return "";
  const Limits limits = {0, 100 * tolerance_of(comparison, figure)};
  return fmt::format("{} … {} {}", number(d.interval.low, "+", limits), number(d.interval.high, "+", limits),
                     unit_of(figure));
}

std::string detectable_text(const ComparedFigure& figure, const Difference& d) {
  if (!d.known() || !std::isfinite(d.detectable)) return "";
  return fmt::format("{} {}", number(d.detectable, ""), unit_of(figure));
}

std::string_view effect_kind(const Comparison& comparison, const ComparedFigure& figure, const Difference& d) {
  if (comparison.paired()) return d.known() ? "pairs" : "";
  if (figure.quantity == Quantity::rate && d.known() && d.effect != 0) return "g";
  if (figure.name == "mean" && !figure.operation.empty() && std::isfinite(d.a) && std::isfinite(d.b)) return "delta";
  return "";
}

std::string effect_text(const Comparison& comparison, const ComparedFigure& figure, const Difference& d) {
  const std::string_view kind = effect_kind(comparison, figure, d);
  if (kind == "pairs")
    return fmt::format("{:.0f} of {:.0f} larger", std::round((d.effect + 1) / 2 * d.values_a), d.values_a);
  if (kind == "g") return fmt::format("g {:+.2g}", d.effect);
  if (kind == "delta") return fmt::format("δ {:+.2f}", d.effect);
  return "";
}

std::string standing_text(Standing standing) {
  switch (standing) {
    case Standing::beyond:
      return "WORSE";
    case Standing::worse:
      return "worse";
    case Standing::better:
      return "better";
    case Standing::within:
      return "same";
    case Standing::unclear:
    case Standing::unknown:
      break;
  }
  return "";
}

std::string Footnotes::mark(const std::string& why) {
  if (why.empty()) return "";
  auto at = std::find(texts_.begin(), texts_.end(), why);
  if (at == texts_.end()) at = texts_.insert(at, why);
  return fmt::format("({})", at - texts_.begin() + 1);
}

std::vector<std::string> notes_of(const Comparison& c) {
  std::vector<std::string> notes;
  if (c.paired())
    notes.push_back(
        fmt::format("{} pairs of runs: the median of the pairs' differences, with its interval by order statistics.",
                    c.sides.front().runs.size()));
  else
    notes.push_back(
        "Each side is one run: an interval says how sure it is that these runs differ, not that the next two would. "
        "'assay compare --pairs' tells that.");
  add_missing(notes, c);
  const double intervals = static_cast<double>(c.intervals()), chance = intervals * (1 - c.options.confidence);
  if (intervals >= 10)
    notes.push_back(
        fmt::format("Of {:.0f} intervals at {:g} %, about {:.0f} would leave 0 out by chance if nothing differed.",
                    intervals, c.options.confidence * 100, std::max(1.0, std::round(chance))));
  if (c.options.tolerance && intervals == 0)
    notes.push_back("There is no interval, so nothing can be judged by the tolerance.");
  return notes;
}

std::vector<std::string> told_apart(const std::vector<std::string>& values, std::size_t width) {
  constexpr std::size_t kKept = 4;  // of what they share, so that it is seen what goes on
  std::string_view shared;          // what all values begin with
  bool first = true;
  for (const std::string& value : values) {
    if (value.empty()) continue;
    const std::string_view text = value;
    if (std::exchange(first, false)) shared = text;
    const auto [end, ignored] = std::mismatch(shared.begin(), shared.end(), text.begin(), text.end());
    shared = shared.substr(0, static_cast<std::size_t>(end - shared.begin()));
  }
  std::size_t begin = shared.size() - std::min(shared.size(), kKept);
  while (begin > 0 && (shared[begin] & 0xc0) == 0x80) begin--;  // not in the middle of a letter
  const bool wide = std::any_of(values.begin(), values.end(), [&](const auto& v) { return width_of(v) > width; });
  std::vector<std::string> out;
  for (const std::string& value : values) {
    const std::string text = wide && begin > 0 && !value.empty() ? "…" + value.substr(begin) : value;
    out.push_back(value.empty() ? kNothing : cut_to(text, width));
  }
  return out;
}

std::string conclusion(const Comparison& c) {
  if (c.invalid()) {
    std::vector<std::string> labels;
    for (const SideFacts& side : c.sides)
      if (side.invalid) labels.push_back(side.label);
    return fmt::format("INVALID: {} must not be quoted, so nothing follows from this comparison",
                       fmt::join(labels, ", "));
  }
  std::vector<std::string> beyond;
  for (std::size_t i = 1; i < c.sides.size(); i++)
    if (const std::string text = beyond_text(c, i); !text.empty())
      beyond.push_back(c.sides.size() > 2 ? c.sides[i].label + ": " + text : text);
  const std::size_t better = c.count(Standing::better), worse = c.count(Standing::worse) + c.count(Standing::beyond);
  std::string counts = fmt::format("{} better, {} worse, {} without a difference that was seen", better, worse,
                                   c.intervals() - better - worse);
  if (!c.options.tolerance) return counts;
  const std::string limit = fmt::format(
      "{:g} %{}", *c.options.tolerance * 100,
      c.options.tolerance_errors > 0 ? fmt::format(" ({:g} pp of errors)", c.options.tolerance_errors * 100) : "");
  if (c.intervals() == 0) return "FAIL: there is no interval, so nothing could be judged";
  if (!beyond.empty()) return fmt::format("FAIL: worse by more than {}: {}", limit, fmt::join(beyond, "; "));
  const std::string open = c.undecided() == 0 ? ""
                                              : fmt::format("; {} of {} differences may be, for all these runs say",
                                                            c.undecided(), c.intervals());
  return fmt::format("PASS: nothing is worse by more than {} for sure{} ({})", limit, open, counts);
}

}  // namespace assay
