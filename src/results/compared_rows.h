// The rows and figures that results are compared by: the operations of a run and their totals, as the summary has them, and
// what is asked of each.
#pragma once

#include "results/better.h"
#include "results/document.h"
#include "results/measured_series.h"
#include "results/threshold.h"
#include "stats/significance.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// What is compared of a row: rate, errors, mean, or a percentile.
struct Statistic {
  std::string name;
  Quantity quantity = Quantity::duration;
  std::optional<double> quantile = {};

  Scale scale() const { return quantity == Quantity::share ? Scale::absolute : Scale::relative; }
  Better better() const { return better_of({name, {}, quantity}); }

  /// Throws Error when it is none of them.
  static Statistic parse(std::string_view text);
};

struct ComparedRow {
  static constexpr std::string_view kAll = "all";
  std::string group, operation;
  bool operator==(const ComparedRow&) const = default;
};

/// The rows of the summary without those that say what another says: totals of one operation, or of one group.
std::vector<ComparedRow> compared_rows(const Document&);

/// A row of one run, which outlives it: whether it is there, and its values as conditions name them.
class RowOfRun {
 public:
  RowOfRun(const Document&, ComparedRow);

  std::optional<double> value(const Statistic& s) const { return named(s.name, s.quantity); }
  double count() const { return named("count", Quantity::count).value_or(0); }
  double failures() const { return named("errors", Quantity::count).value_or(0); }
  MeasuredSeries series() const { return measured_series(*document_, row_.group, row_.operation); }
  Histogram responses() const;

 private:
  std::optional<double> named(const std::string& name, Quantity) const;

  const Document* document_;
  ComparedRow row_;
  bool there_ = false;
};

}  // namespace assay
