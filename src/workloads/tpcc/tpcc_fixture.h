// What the tests of tpcc share: a target with loaded data, SQL about it, and a Context that runs a client by hand.
#pragma once

#include "base/error.h"
#include "core/context.h"
#include "core/parallel.h"
#include "core/workload.h"
#include "workloads/tpcc/loaded.h"
#include "workloads/tpcc/schema.h"
#include "workloads/tpcc/statements.h"
#include "workloads/tpcc/tpcc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace assay::tpcc {

class QuietProgress : public Progress {
 public:
  std::function<void()> on_advance = [] {};
  std::vector<std::string> notes;
  void start(std::string_view, std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override { on_advance(); }
  void note(std::string_view line) override { notes.emplace_back(line); }
};

using OptionMap = std::map<std::string, std::string>;

inline std::unique_ptr<Workload> make_workload(const OptionMap& values) {
  Options options(tpcc_workload().info().options);
  options.set_all(values);
  return tpcc_workload().make(options);
}

/// A hundredth of a warehouse's rows.
inline OptionMap small(std::map<std::string, std::string> more = {}) {
  more.emplace("scale-down", "100");
  return more;
}

/// A target of the kind that the test program is for, empty of tpcc data.
class TestTarget {
 public:
  virtual ~TestTarget() = default;
  virtual Target& target() = 0;
  /// The same target once more: another process opens its own.
  virtual std::unique_ptr<Target> open() const = 0;
};
/// Defined by the file that the test program is linked with: the same tests run on each kind of target.
std::unique_ptr<TestTarget> make_test_target();
/// Why there is none on this machine; empty when there is. For GTEST_SKIP.
std::string missing_target();

/// SQL over a session of its own. Money is in cents in every answer (see cents()).
class Sql {
 public:
  explicit Sql(Target& target) : session_(open_session(target)) {}
  Session& session() { return *session_; }

  const ResultSet& run(const std::string& text) { return *value_or_throw(session_->query()->run(text), text); }
  std::int64_t number(const std::string& text) {
    const ResultSet& rows = run(text);
    if (rows.size() != 1) throw Error(text + ": one row expected, not " + std::to_string(rows.size()));
    if (const auto* decimal = std::get_if<Decimal>(&rows.at(0, 0)); decimal && decimal->scale == 0)
      return decimal->unscaled;  // a sum of integers
    return cents(rows, 0, 0).value();
  }
  /// How many cents 1.00 is as a literal in SQL: for changes by hand.
  std::string money(const char* units) {
    return session_->query()->dialect().exact_decimals ? units : std::string(units) + "00";
  }

 private:
  std::unique_ptr<Session> session_;
};

/// A number that all rows of all tables go into, in an order of their own.
inline std::uint64_t checksum(Target& target) {
  Sql sql(target);
  std::uint64_t sum = 0;
  for (const Table& table : make_tables(1, 1, PartitionType::hash, false)) {
    std::string order;
    for (std::size_t i = 1; i <= table.columns.size(); i++) order += (i > 1 ? ", " : "") + std::to_string(i);
    const ResultSet& rows = sql.run("select * from " + table.name + " order by " + order);
    for (std::size_t r = 0; r < rows.size(); r++)
      for (std::size_t c = 0; c < rows.columns(); c++)
        sum = hash_of(sum, std::hash<std::string>{}(to_text(rows.at(r, c))));
  }
  return sum;
}

/// Runs one client's operations, as the engine does, without its times.
class HandContext : public Context {
 public:
  explicit HandContext(Session& session, std::size_t counters) : counts(counters) { session_ = &session; }
  void count(CounterId counter, std::uint64_t n) noexcept override { counts[static_cast<std::size_t>(counter)] += n; }
  TimePoint now() const noexcept override { return real_clock().now(); }
  void record(OperationId, TimePoint, TimePoint) noexcept override {}
  void trigger(std::size_t group, std::uint64_t payload) override { triggered.emplace_back(group, payload); }

  std::vector<std::uint64_t> counts;
  std::vector<std::pair<std::size_t, std::uint64_t>> triggered;
};

inline Job job_for(Target& target, Progress& progress, std::uint64_t seed = 7) {
  return Job{.target = target, .shard = {}, .seed = seed, .parallel = 2, .progress = progress, .stop = {}};
}

inline void prepare(Target& target, const OptionMap& options, std::uint64_t seed = 7) {
  QuietProgress progress;
  Job job = job_for(target, progress, seed);
  make_workload(options)->prepare(job);
}

/// The findings by condition.
inline std::map<std::string, Finding> check(Target& target, const OptionMap& options, bool after_load) {
  QuietProgress progress;
  Job job = job_for(target, progress);
  std::map<std::string, Finding> found;
  const auto workload = make_workload(options);
  if (!after_load)
    workload->before_run(target);  // as the engine does: what holds only after a load is not checked then
  for (Finding& finding : workload->check(job).findings) {
    std::string name = finding.condition;
    found.emplace(std::move(name), std::move(finding));
  }
  return found;
}

}  // namespace assay::tpcc
