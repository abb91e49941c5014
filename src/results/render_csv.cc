#include "results/render.h"
#include "results/summary.h"
#include "results/text_forms.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace assay {
namespace {

constexpr std::string_view kStatistics[] = {"mean", "p50", "p90", "p95", "p99", "p999", "max"};

std::string header(std::string_view before) {
  std::string out(before);
  out += "group,operation,count,errors,retries,rate";
  for (const std::string_view kind : {"response", "service"})
    for (const std::string_view statistic : kStatistics)
      fmt::format_to(std::back_inserter(out), ",{}_{}_ms", kind, statistic);
  return out + ",wait_p99_ms,lag_p99_ms\n";
}

/// Milliseconds to the nanosecond, without needless zeros.
std::string millis(Nanos t) {
  std::string out = fmt::format("{}.{:06}", t.count() / 1'000'000, t.count() % 1'000'000);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string rate(double v) {
  std::string out = fmt::format("{:.3f}", v);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

void put_latency(std::string& out, const LatencySummary& s) {
  for (const Nanos t : {s.mean, s.p50, s.p90, s.p95, s.p99, s.p999, s.max}) {
    out += ',';
    if (s.count > 0) out += millis(t);
  }
}

void put_row(std::string& out, const OperationSummary& row) {
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{}", csv_text(row.group), csv_text(row.operation), row.count,
                 row.errors, row.retries, rate(row.rate));
  put_latency(out, row.response);
  put_latency(out, row.service);
  for (const LatencySummary* s : {&row.wait, &row.lag}) {
    out += ',';
    if (s->count > 0) out += millis(s->p99);
  }
  out += '\n';
}

}  // namespace

std::string render_csv(const Document& document) {
  std::string out = header("");
  for (const OperationSummary& row : summarize(document)) put_row(out, row);
  return out;
}

std::string render_csv_series(const Document& document) {
  std::string out = header("start_s,length_s,phase,");
  for_each_interval(document, [&](const IntervalSummary& interval) {
    for (const OperationSummary& row : interval.rows) {
      fmt::format_to(std::back_inserter(out), "{},{},{},", rate(to_seconds(interval.start)),
                     rate(to_seconds(interval.length)), to_string(interval.phase));
      put_row(out, row);
    }
  });
  return out;
}

}  // namespace assay
