// Results set against each other: what differs between them, and by how much, and how sure that is.
//
// Pure: documents in, a Comparison out, from which every renderer of results/render_comparison.h is made. The first side is
// the baseline (A); each other side is compared with it. A side is one run, whose intervals on the time line are what the
// statistics are made of (stats/significance.h), or N runs that were made in pairs with the baseline's, which are compared
// pair by pair. Values are nanoseconds, per second, or shares; changes are fractions, of shares differences.
// docs/comparison.md explains all of it to users. Throws Error when there is nothing that could be compared.
#pragma once

#include "results/better.h"
#include "results/circumstances.h"
#include "results/document.h"
#include "results/threshold.h"
#include "stats/significance.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct ComparedSide {
  std::string name;                   // for people: the file or the folder it was read from
  std::vector<const Document*> runs;  // one, or one of each pair; outlive the Comparison's making
};

struct ComparisonOptions {
  double confidence = 0.95;
  std::optional<double> tolerance = {};  // by how much a side may be worse than the baseline; absent: nothing is judged
  double tolerance_errors = 0;           // likewise, of the share that failed
  /// As conditions name them (docs/thresholds.md): rate, errors, mean, a percentile.
  std::vector<std::string> statistics = {"rate", "errors", "mean", "p50", "p99"};
};
/// Throws Error when it is none that can be compared.
void require_statistic(std::string_view name);

/// Where a side stands, for one figure.
enum class Standing {
  beyond,   // worse by more than the tolerance: its whole interval is
  worse,    // worse, but perhaps by less than the tolerance
  better,   //
  within,   // its whole interval is within the tolerance
  unclear,  // no difference was seen
  unknown,  // there is no interval, or no direction that would be better
};
std::string_view to_string(Standing) noexcept;

/// A side's figure against the baseline's.
struct SideDifference {
  Difference difference;
  Standing standing = Standing::unknown;
  std::string why = {};  // there is no interval
};

/// One figure of all sides.
struct ComparedFigure {
  std::string group, operation;  // empty: of the whole run
  std::string name;              // "rate", "p99", "nopm"
  std::string unit = {};         // of a workload's figure
  std::string note = {};         // its formula
  Quantity quantity = Quantity::number;
  Better better = Better::neither;
  Scale scale = Scale::relative;
  std::vector<std::vector<double>> runs = {};      // by side, by run; NaN where a run says nothing
  std::vector<std::optional<double>> values = {};  // by side; of pairs the median
  std::vector<SideDifference> against = {};        // by side; the first is empty
};

struct SideFacts {
  std::string label;  // "A", "B", …
  std::string name;
  std::string target;  // "SQLite 3.40.1"
  std::string title;   // what tells it from the others: the target, or the name when those are alike
  std::vector<const Document*> runs;
  std::vector<std::string> remarks;  // about its verdict
  bool invalid = false;
};

struct Comparison {
  std::string workload;
  ComparisonOptions options;
  std::vector<SideFacts> sides;
  std::vector<VaryingCircumstance> circumstances;  // what was not the same, before all numbers
  std::vector<VaryingCircumstance> own_settings;   // of servers of different kinds, those that not all of them have
  std::vector<ComparedFigure> operations;          // in the order of the summary, the statistics of each together
  std::vector<ComparedFigure> figures;             // of the whole run
  std::vector<std::string> notes;                  // what a reader should know before the numbers

  bool paired() const noexcept { return sides.front().runs.size() > 1; }
  bool invalid() const noexcept;
  std::size_t count(Standing) const noexcept;
  std::size_t intervals() const noexcept;  // how many differences have one
  /// How many of those are not beyond the tolerance, and may be: the interval does not leave it out.
  std::size_t undecided() const noexcept;
  /// pass when nothing is beyond the tolerance, or none was asked for; fail also when nothing could be judged.
  Verdict verdict() const noexcept;
};

/// `sides` holds at least two, each of as many runs.
Comparison compare(std::vector<ComparedSide> sides, const ComparisonOptions& = {});

/// By how much a side may be worse in this figure; 0 where nothing is judged.
double tolerance_of(const Comparison&, const ComparedFigure&) noexcept;

/// The fewest pairs that have an interval: of their smallest and largest change, 1 - 2 · 2^-n ≥ confidence.
int least_pairs(double confidence);

/// It says nothing: no side failed an operation, or none has anything of it.
bool is_idle(const ComparedFigure&);

/// "new_order", or "terminals/new_order" where there is more than one group.
std::string row_name(const Comparison&, const ComparedFigure&);

}  // namespace assay
