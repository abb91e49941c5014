#include "workloads/tpcc/report.h"

#include "base/units.h"
#include "stats/steadiness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay::tpcc {
namespace {

using Verdict = Requirement::Verdict;

constexpr std::array<double, kKinds> kLeastShare{0, 43, 4, 4, 4};  // percent; New-Order has the rest
constexpr std::array<int, kKinds> kResponseLimit{5, 5, 5, 5, 20};  // seconds, for 90 %
constexpr int kDeferredLimit = 80;                                 // seconds, for 90 %
constexpr double kMostVariation = 0.3;

double ratio(double a, double b) { return b > 0 ? a / b : 0; }
Verdict verdict(bool good) { return good ? Verdict::pass : Verdict::fail; }

/// One report in the making.
class Report {
 public:
  Report(const RunState& state, const RunSummary& run, const OrderNumbers& numbers)
      : state_(state),
        run_(run),
        numbers_(numbers),
        terminals_(run.groups.at(kTerminals).measure),
        clerks_(run.groups.at(kClerks).measure),
        minutes_(to_seconds(run.measure) / 60) {
    for (std::size_t k = 0; k < kKinds; k++) {
      completed_[k] = static_cast<double>(terminals_.operations.at(k).completed);
      all_ += completed_[k];
    }
    for (std::size_t k = 0; k < kKinds; k++) share_[k] = ratio(completed_[k], all_);
    // What is counted beside operations is of those that were due in the measured time, which are not quite those that
    // completed in it.
    rolled_back_ = ratio(counter(TerminalCounter::rolled_back), static_cast<double>(terminals_.operations[0].count()));
    nopm_ = ratio(completed_[0] * (1 - rolled_back_), minutes_);
  }

  assay::Statements make() {
    throughput();
    setting();
    mix();
    responses();
    draws();
    waits();
    steady_state();
    interval();
    cross_check();
    return std::move(out_);
  }

 private:
  double counter(TerminalCounter c) const {
    return static_cast<double>(terminals_.counters.at(static_cast<std::size_t>(c)));
  }
  double counter(ClerkCounter c) const { return static_cast<double>(clerks_.counters.at(static_cast<std::size_t>(c))); }
  void figure(std::string name, double value, std::string unit, std::string formula, bool available = true) {
    out_.figures.push_back({std::move(name), value, std::move(unit), std::move(formula), available});
  }
  void require(std::string name, std::string clause, std::string limit, std::string actual, Verdict v,
               bool decides = false) {
    out_.requirements.push_back({std::move(name), "TPC-C " + clause, std::move(limit), std::move(actual), v, decides});
  }

  void setting() {
    const Settings& s = state_.settings;
    figure("warehouses", static_cast<double>(s.scale.warehouses), "", "warehouses in use");
    figure("terminals", static_cast<double>(state_.terminals), "", "terminals of the whole job");
    const auto warehouses = static_cast<std::uint64_t>(s.scale.warehouses);
    require("terminals of a warehouse", "4.2", "10",
            format_significant(ratio(static_cast<double>(state_.terminals), static_cast<double>(warehouses)), 4, {10}) +
                (state_.terminals < warehouses
                     ? fmt::format(": {} of {} warehouses have none", warehouses - state_.terminals, warehouses)
                     : std::string()),
            verdict(state_.terminals == 10 * warehouses));
    require("full size", "4.2", "scale-down 1", fmt::format("scale-down {}", s.scale.divisor),
            verdict(s.scale.divisor == 1));
    require("isolation level", "3.4.1", "serializable transactions",
            fmt::format("{}{}", to_string(state_.isolation),
                        s.isolation == Isolation::default_level ? ", the target's default" : ""),
            verdict(state_.isolation == Isolation::serializable));
  }

  void throughput() {
    figure("nopm", nopm_, "1/min",
           "New-Orders that completed in the measured time, less the share rolled back / measured minutes");
    const double deferred = static_cast<double>(clerks_.operations.at(0).completed);
    figure("transactions_per_minute",
           ratio(all_ - completed_[static_cast<std::size_t>(Kind::delivery)] + deferred, minutes_), "1/min",
           "transactions of all types / measured minutes; a Delivery counts when its deferred part completed");
    efficiency();
    figure("new_orders_per_minute", ratio(completed_[0], minutes_), "1/min", "as nopm, and those rolled back");
    figure("rolled_back", 100 * rolled_back_, "%",
           "New-Orders rolled back for an unused item / New-Orders; 1 % by the specification (2.4.1.4)");
  }

  void efficiency() {
    const double ceiling = ceiling_per_terminal(share_) * static_cast<double>(state_.terminals);
    if (!state_.waits || ceiling <= 0) {
      const std::string why = state_.waits ? "no New-Order completed" : "terminals did not key in and think";
      figure("efficiency", 0, "%", why, false);
      require("nopm of a warehouse", "4.2", "9 to 12.86", "n/a: " + why, Verdict::not_applicable);
      return;
    }
    // A process runs its share of the terminals.
    const double share = ratio(static_cast<double>(state_.process_terminals), static_cast<double>(state_.terminals));
    figure("efficiency", 100 * ratio(nopm_, ceiling * share), "%", "100 × nopm / nopm_ceiling");
    figure("nopm_ceiling", ceiling * share, "1/min",
           "60 s × share of New-Order × terminals / mean keying and think time of the mix that was run");
    const double warehouse = ratio(nopm_, static_cast<double>(state_.settings.scale.warehouses) * share);
    require("nopm of a warehouse", "4.2", "9 to 12.86", format_fixed(warehouse, 2, {9, 12.86}),
            verdict(warehouse >= 9 && warehouse <= 12.86));
  }

  void mix() {
    for (std::size_t k = 0; k < kKinds; k++) {
      const std::string name(name_of(static_cast<Kind>(k)));
      figure("mix_" + name, 100 * share_[k], "%", name + " / all transactions, completed in the measured time");
      if (k == 0) continue;
      const std::string limit = fmt::format("≥ {} %", kLeastShare[k]);
      const std::string actual = format_fixed(100 * share_[k], 2, {kLeastShare[k]}) + " %";
      const double least = kLeastShare[k] / 100;
      if (all_ == 0 || (share_[k] < least && share_[k] > least - within_chance(least)))
        require("mix of " + name, "5.2.3", limit, fmt::format("n/a: {} of {:.0f} are too few to tell", actual, all_),
                Verdict::not_applicable);
      else
        require("mix of " + name, "5.2.3", limit, actual, verdict(share_[k] >= least));
    }
  }

  /// How far below `share` the share found in so many draws is in one run of a hundred (normal approximation).
  double within_chance(double share) const { return 2.33 * std::sqrt(share * (1 - share) / all_); }

  void response(const std::string& name, const OperationStats& stats, int limit, const char* clause,
                bool undone_decides = false) {
    const std::uint64_t failed = stats.errors(), all = failed + stats.count();
    if (10 * failed > all) {  // whoever never got an answer waits for ever, and they are more than one in ten
      require(name + " p90", clause, fmt::format("≤ {} s", limit), fmt::format("{} of {} failed", failed, all),
              Verdict::fail, undone_decides);
      return;
    }
    if (stats.response.empty()) {
      require(name + " p90", clause, fmt::format("≤ {} s", limit), "n/a: none completed", Verdict::not_applicable);
      return;
    }
    const Nanos p90 = stats.response.quantile(0.9), mean = stats.response.mean();
    const Nanos most = std::chrono::seconds(limit);
    require(name + " p90", clause, fmt::format("≤ {} s", limit), format_latency(p90, {most}), verdict(p90 <= most));
    require(name + " p90 vs mean", "5.2.5", "p90 ≥ mean",
            fmt::format("{}, mean {}", format_latency(p90, {mean}), format_latency(mean, {p90})), verdict(p90 >= mean));
  }

  void responses() {
    for (std::size_t k = 0; k < kKinds; k++)
      response(std::string(name_of(static_cast<Kind>(k))), terminals_.operations[k], kResponseLimit[k], "5.2.5.3");
    response("deferred", clerks_.operations.at(0), kDeferredLimit, "2.7.2", true);
    const double deliveries = static_cast<double>(clerks_.operations[0].count());
    const double skipping = counter(ClerkCounter::deliveries_with_skips);
    figure("deliveries_with_skips", 100 * ratio(skipping, deliveries), "%",
           "deferred Deliveries that found a district without a new order / deferred Deliveries");
    require("deliveries that skipped", "2.7.4.2", "≤ 1 %, or one", fmt::format("{} of {}", skipping, deliveries),
            deliveries > 0 ? verdict(skipping <= std::max(1.0, deliveries / 100)) : Verdict::not_applicable);
  }

  void draws() {
    const double lines = counter(TerminalCounter::lines), payments = counter(TerminalCounter::payments);
    const double named = counter(TerminalCounter::by_last_name);
    figure("remote_order_lines", 100 * ratio(counter(TerminalCounter::remote_lines), lines), "%",
           "order lines supplied by another warehouse / order lines; 1 % by the specification, 0 with one warehouse");
    figure("remote_payments", 100 * ratio(counter(TerminalCounter::remote_payments), payments), "%",
           "Payments of another warehouse's customer / Payments; 15 % by the specification, 0 with one warehouse");
    figure("lines_per_order", ratio(lines, static_cast<double>(terminals_.operations[0].count())), "",
           "order lines / New-Orders; 10 by the specification");
    figure("customers_by_last_name", 100 * ratio(named, named + counter(TerminalCounter::by_number)), "%",
           "customers entered by last name / customers entered in Payment and Order-Status; 60 % by the specification");
  }

  void waits() {
    for (std::size_t k = 0; k < kKinds; k++) {
      const RunState::Waits& w = state_.drawn[k];
      const double count = static_cast<double>(w.count.load());
      if (count == 0) continue;
      const std::string name(name_of(static_cast<Kind>(k)));
      figure("think_time_" + name, static_cast<double>(w.think_ns.load()) / count / 1e9, "s",
             fmt::format("mean of the think times drawn in all phases; {} s by the specification", kThinkSeconds[k]));
      figure("keying_time_" + name, kKeyingSeconds[k], "s", "constant, as in the specification");
    }
    if (!state_.waits) figure("think_time", 0, "s", "terminals did not key in and think", false);
  }

  void steady_state() {
    const std::string method = fmt::format("variation of 30 windows ≤ {}", kMostVariation);
    std::vector<double> counts;
    if (run_.interval_completed.size() > kTerminals && !run_.interval_completed[kTerminals].empty())
      counts.assign(run_.interval_completed[kTerminals][0].begin(), run_.interval_completed[kTerminals][0].end());
    const std::optional<Steadiness> s = steadiness(counts);
    if (!s) {
      require("steady state", "5.5.1", method, "n/a: fewer than ten whole intervals with New-Orders",
              Verdict::not_applicable);
      return;
    }
    figure("steady_state_variation", s->variation, "",
           fmt::format("standard deviation / mean of the New-Orders in {} equal windows", s->windows));
    figure("steady_state_drift", 100 * s->drift, "%",
           "rise of the fitted line from the first window to the last / mean");
    const std::string actual = fmt::format("{} over {} windows, drift {:+.1f} %",
                                           format_fixed(s->variation, 3, {kMostVariation}), s->windows, 100 * s->drift);
    // Counts that small vary more than the limit even when nothing changes (Poisson: 1 / √mean).
    if (s->mean < 1 / (kMostVariation * kMostVariation))
      require("steady state", "5.5.1", method,
              fmt::format("n/a: {:.1f} New-Orders a window are too few to tell ({})", s->mean, actual),
              Verdict::not_applicable);
    else
      require("steady state", "5.5.1", method, actual, verdict(s->variation <= kMostVariation));
  }

  void interval() {
    figure("ramp_time", to_seconds(run_.ramp + run_.warmup), "s", "ramp and warm-up before the measured time");
    figure("measured_time", to_seconds(run_.measure), "s", "length of the measured time");
    require("measurement interval", "5.5.2", "≥ 120 min", format_duration(run_.measure),
            verdict(run_.measure >= std::chrono::minutes(120)));
  }

  /// The database's own count against ours: a difference is lost data.
  void cross_check() {
    const OperationStats& all = run_.groups.at(kTerminals).whole.operations.at(0);
    const GroupStats& whole = run_.groups[kTerminals].whole;
    const std::string name = "New-Orders in the target",  // that is, the growth of sum(D_NEXT_O_ID)
        limit = "= committed, + in doubt";
    if (!numbers_.unknown.empty() || !numbers_.before || !numbers_.after) {
      require(name, "5.4", limit, "n/a: " + (numbers_.unknown.empty() ? "not read" : numbers_.unknown),
              Verdict::not_applicable, true);
      return;
    }
    const std::int64_t growth = *numbers_.after - *numbers_.before;
    const auto committed =
        static_cast<std::int64_t>(all.count()) -
        static_cast<std::int64_t>(whole.counters.at(static_cast<std::size_t>(TerminalCounter::rolled_back)));
    const auto in_doubt = static_cast<std::int64_t>(all.in_doubt);
    figure("new_orders_in_target", static_cast<double>(growth), "", "growth of sum(D_NEXT_O_ID) over the whole run");
    figure("new_orders_committed", static_cast<double>(committed), "", "committed New-Orders of all phases");
    const std::string actual = fmt::format("{} for {} committed{}", growth, committed,
                                           in_doubt > 0 ? fmt::format(", {} in doubt", in_doubt) : std::string());
    // Another run only adds to the growth: a deficit is ours.
    if (numbers_.other_runs > 0 && growth > committed + in_doubt)
      require(name, "5.4", limit, fmt::format("n/a: {}; another run was under way", actual), Verdict::not_applicable,
              true);
    else
      require(name, "5.4", limit, actual + (growth > committed + in_doubt ? "; does somebody else write here?" : ""),
              verdict(growth >= committed && growth <= committed + in_doubt), true);
    out_.requirements.back().of_data = true;
  }

  const RunState& state_;
  const RunSummary& run_;
  const OrderNumbers& numbers_;
  const GroupStats& terminals_;
  const GroupStats& clerks_;
  const double minutes_;
  std::array<double, kKinds> completed_{}, share_{};
  double all_ = 0, rolled_back_ = 0, nopm_ = 0;
  assay::Statements out_;
};

}  // namespace

assay::Statements report(const RunState& state, const RunSummary& run, const OrderNumbers& numbers) {
  return Report(state, run, numbers).make();
}

double ceiling_per_terminal(const std::array<double, kKinds>& mix) {
  double cycle = 0;
  for (std::size_t k = 0; k < kKinds; k++) cycle += mix[k] * (kKeyingSeconds[k] + kThinkSeconds[k]);
  return cycle > 0 ? 60 * mix[0] / cycle : 0;
}

}  // namespace assay::tpcc
