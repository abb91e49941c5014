#include "results/compared_rows.h"

#include "base/error.h"
#include "results/measured_run.h"
#include "results/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace assay {

Statistic Statistic::parse(std::string_view text) {
  if (text == "rate") return {"rate", Quantity::rate};
  if (text == "errors") return {"errors", Quantity::share};
  if (text == "mean") return {"mean"};
  double percent = 0;
  const char* const end = text.data() + text.size();
  if (text.starts_with("p")) {
    const auto [rest, error] = std::from_chars(text.data() + 1, end, percent, std::chars_format::fixed);
    if (error == std::errc() && rest == end && percent > 0 && percent < 100)
      return {std::string(text), Quantity::duration, percent / 100};
  }
  throw Error(fmt::format(
      "'{}' is nothing that is compared; expected rate, errors, mean, or a percentile such as p99 or p99.9", text));
}

std::vector<ComparedRow> compared_rows(const Document& document) {
  const std::string all(ComparedRow::kAll);
  std::vector<ComparedRow> rows;
  for (const GroupResult& group : document.groups) {
    for (const OperationResult& operation : group.operations) rows.push_back({group.name, operation.name});
    if (group.operations.size() > 1) rows.push_back({group.name, all});
  }
  if (document.groups.size() > 1) rows.push_back({all, all});
  return rows;
}

RowOfRun::RowOfRun(const Document& document, ComparedRow row) : document_(&document), row_(std::move(row)) {
  const std::vector<ComparedRow> rows = compared_rows(document);
  there_ = std::find(rows.begin(), rows.end(), row_) != rows.end();
}

Histogram RowOfRun::responses() const {
  for (NamedHistogram& all : merged_histograms(*document_))
    if (all.group == row_.group && all.operation == row_.operation) return std::move(all.response);
  return {};
}

std::optional<double> RowOfRun::named(const std::string& name, Quantity quantity) const {
  if (!there_) return std::nullopt;
  std::vector<std::string> of;
  if (row_.group != ComparedRow::kAll) of.push_back(row_.group + "/" + row_.operation);
  return value_in(MeasuredRun::of(*document_), {name, std::move(of), quantity});
}

}  // namespace assay
