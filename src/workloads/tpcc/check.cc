#include "workloads/tpcc/check.h"

#include "base/error.h"
#include "core/parallel.h"
#include "workloads/tpcc/conditions.h"
#include "workloads/tpcc/loaded.h"

#include <algorithm>
#include <mutex>

namespace assay::tpcc {
namespace {

constexpr std::uint64_t kMostRows = 5;  // shown of a finding

/// A column whose name ends like this holds money: cents where the target has no exact decimals.
bool is_money(const std::string& column) {
  return column.ends_with("ytd") || column.ends_with("amount") || column.ends_with("balance") ||
         column.ends_with("payment");
}

std::string describe_row(const Condition& condition, const ResultSet& rows, std::size_t r, bool exact_decimals) {
  std::string text;
  for (std::size_t c = 0; c < condition.columns.size(); c++) {
    Value cell = rows.at(r, c);
    const auto* integer = std::get_if<std::int64_t>(&cell);
    if (integer && !exact_decimals && is_money(condition.columns[c])) cell = Decimal{*integer, 2};
    text += fmt::format("{}{} = {}", c > 0 ? ", " : "", condition.columns[c], to_text(cell));
  }
  return text;
}

struct Range {
  std::int64_t first, last;
};

/// This shard's ranges of warehouses. Some conditions read a table whole for each range, so they are not too many.
std::vector<Range> ranges_of(std::int64_t warehouses, const Job& job) {
  constexpr std::int64_t kMostWarehouses = 32;
  const std::int64_t wanted = std::max<std::int64_t>((warehouses + kMostWarehouses - 1) / kMostWarehouses,
                                                     std::int64_t{2} * job.parallel * job.shard.count);
  const std::int64_t count = std::min(warehouses, wanted);
  std::vector<Range> ranges;
  for (std::int64_t i = 0; i < count; i++)
    if (job.shard.mine(static_cast<std::uint64_t>(i)))
      ranges.push_back({1 + i * warehouses / count, (i + 1) * warehouses / count});
  return ranges;
}

/// The text with the range in it: as parameters of a statement that comes again and again, PostgreSQL would plan for any
/// range and take it to be small. For the same reason look() names the violations twice: that makes them a table of their
/// own, and the limit says nothing to the plan behind them. With the limit in sight PostgreSQL expects to stop early and
/// joins by nested loops (seen: 27 s instead of 3 for 50 warehouses of a tenth).
std::string between(std::string_view text, const Range& range) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    ASSAY_ASSERT(i + 1 < text.size() && (text[i + 1] == '1' || text[i + 1] == '2'));
    out += std::to_string(text[++i] == '1' ? range.first : range.last);
  }
  return out;
}

class Checker {
 public:
  Checker(Job& job, std::vector<Condition> conditions, std::vector<Range> ranges)
      : job_(job), conditions_(std::move(conditions)), ranges_(std::move(ranges)), findings_(conditions_.size()) {}

  CheckOutcome run() {
    const std::uint64_t chunks = conditions_.size() * ranges_.size();
    job_.progress.start("checking tpcc", "queries", chunks);
    for_each_chunk(job_, chunks, [&](Session& session, std::uint64_t chunk) {
      const std::size_t c = chunk % conditions_.size();
      Result<> result = look(session, c, ranges_[chunk / conditions_.size()]);
      if (result) job_.progress.advance(1);
      return result;
    });
    CheckOutcome out{.conditions = conditions_.size(), .findings = {}};
    for (Finding& finding : findings_)
      if (finding.violations > 0) out.findings.push_back(std::move(finding));
    return out;
  }

 private:
  Result<> look(Session& session, std::size_t c, const Range& range) {
    const Condition& condition = conditions_[c];
    const std::string text = fmt::format(
        "with v as ({}) select v.*, (select count(*) from v) as violations from v order by 1, 2, 3 limit {}",
        between(condition.violations, range), kMostRows);
    const Result<const ResultSet*> answer = session.query()->run(text);
    if (!answer) {
      Failure failure = answer.error();
      failure.message = fmt::format("condition {}: {}", condition.clause, failure.message);
      return tl::unexpected(failure);
    }
    const ResultSet& rows = **answer;
    if (rows.empty()) return {};
    const std::lock_guard lock(mutex_);
    Finding& finding = findings_[c];
    finding.condition = condition.clause;
    finding.text = condition.text;
    finding.violations += static_cast<std::uint64_t>(rows.integer(0, condition.columns.size()).value_or(0));
    const bool exact = session.query()->dialect().exact_decimals;
    for (std::size_t r = 0; r < rows.size() && finding.rows.size() < kMostRows; r++)
      finding.rows.push_back(describe_row(condition, rows, r, exact));
    return {};
  }

  Job& job_;
  const std::vector<Condition> conditions_;
  const std::vector<Range> ranges_;
  std::mutex mutex_;
  std::vector<Finding> findings_;  // by condition; without violations: none
};

}  // namespace

CheckOutcome find_violations(Job& job) {
  Loaded loaded;
  {
    const std::unique_ptr<Session> session = open_session(job.target);
    loaded = require_loaded(*session);
  }
  CheckOutcome out =
      Checker(job, conditions(loaded.source.scale, !loaded.ran), ranges_of(loaded.source.scale.warehouses, job)).run();
  // What is asked beside the conditions of the specification is told apart from them.
  out.conditions -= kCardinalityChecks;
  out.looked_at = fmt::format("{} of the 12 conditions of TPC-C 3.3.2{}, and the cardinalities of 1.2.1",
                              out.conditions, loaded.ran ? " (the 11th holds only right after a load)" : "");
  return out;
}

}  // namespace assay::tpcc
