#include "core/validity.h"

#include "base/units.h"
#include "stats/own_limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr Nanos kMostStandstill = std::chrono::milliseconds(250);  // of one, and of all in a short run
constexpr double kMostStanding = 0.01;                             // of the measured time
constexpr std::size_t kMostStalls = 20;                            // told one by one

}  // namespace

Nanos ClockWatch::jump() {
  const Nanos now = offset(), jumped = now - offset_;
  if (jumped < kTolerance && jumped > -kTolerance) return Nanos(0);
  offset_ = now;
  return jumped;
}

std::vector<std::string> lag_verdict(const Group& group, const GroupStats& measure) {
  Histogram lag, response;
  for (std::size_t o = 0; o < measure.operations.size(); o++) {
    if (group.operations[o].nested) continue;  // timed inside another one, without a lag of their own
    lag.merge(measure.operations[o].lag);
    response.merge(measure.operations[o].response);
  }
  const Nanos judged = lag.quantile(judged_quantile(lag.count())), response99 = response.quantile(0.99);
  if (!lag_is_too_much(judged, response99)) return {};
  const std::string which = lag.count() >= kFewOperations ? "lag p99"
                            : lag.count() < 3             ? "all lags at least"
                                              : fmt::format("third longest lag of {} operations", lag.count());
  return {fmt::format("{}: assay itself was late: {} {} (limits: 10 ms, and 5 % of the response p99 {})", group.name,
                      which, format_latency(judged, {kMostLag}), format_latency(response99))};
}

std::vector<std::string> standstill_verdict(const std::vector<Standstills::Span>& spans, const Phases& phases,
                                            TimePoint drained) {
  Nanos sum{}, longest{};
  for (const Standstills::Span& span : spans) {
    const Nanos judged = std::min(span.end, drained) - std::max(span.begin, phases.measure_begin());
    sum += std::max(judged, Nanos(0));
    longest = std::max(longest, judged);
  }
  const Nanos measured = phases.measure_end() - phases.measure_begin();
  const Nanos most = std::max(from_seconds(kMostStanding * to_seconds(measured)), kMostStandstill);
  if (longest <= kMostStandstill && sum <= most) return {};
  return {fmt::format("assay itself stood still for {} of the measured {}, once for {} (limits: {} and {})",
                      format_latency(sum, {most}), format_latency(measured), format_latency(longest, {kMostStandstill}),
                      format_latency(most), format_latency(kMostStandstill))};
}

std::vector<Event> standstill_events(const std::vector<Standstills::Span>& spans, TimePoint start) {
  std::vector<Event> events;
  Nanos untold{};
  std::size_t more = 0;
  for (const Standstills::Span& span : spans) {
    const Nanos begin = std::max(span.begin, start) - start, length = span.end - start - begin;
    if (length <= Nanos(0)) continue;
    if (events.size() < kMostStalls) {
      events.push_back({begin, length, "stalled",
                        fmt::format("assay itself stood still for {}: stopped, suspended, or without a processor",
                                    format_latency(length))});
      continue;
    }
    if (more++ == 0) events.push_back({begin, {}, "stalled", {}});
    untold += length;
  }
  if (more == 0) return events;
  events.back().length = untold;
  events.back().text = fmt::format("assay itself stood still {} more times", more);
  return events;
}

}  // namespace assay
