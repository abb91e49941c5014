// A result's time line as JSON Lines: one object for each interval and operation, for log stores and data frames.

#include "results/json_text.h"
#include "results/render.h"
#include "results/summary.h"

namespace assay {
namespace {

void put_times(JsonText& json, std::string_view name, const LatencySummary& s) {
  json.key(name);
  if (s.count == 0) return void(json.null());
  json.open('{').member("mean", to_millis(s.mean)).member("p50", to_millis(s.p50)).member("p90", to_millis(s.p90));
  json.member("p95", to_millis(s.p95)).member("p99", to_millis(s.p99)).member("p999", to_millis(s.p999));
  json.member("max", to_millis(s.max)).close('}');
}

}  // namespace

std::string render_json_lines(const Document& document) {
  std::string out;
  for_each_interval(document, [&](const IntervalSummary& interval) {
    const auto time =
        std::chrono::duration_cast<std::chrono::milliseconds>((document.started + interval.start).time_since_epoch());
    for (const OperationSummary& row : interval.rows) {
      JsonText json;
      json.compact().open('{').member("result", std::string_view(document.id));
      json.member("time_ms", static_cast<std::int64_t>(time.count()));
      json.member("start_s", to_seconds(interval.start)).member("length_s", to_seconds(interval.length));
      json.member("phase", to_string(interval.phase));
      json.member("group", std::string_view(row.group)).member("operation", std::string_view(row.operation));
      json.member("count", row.count)
          .member("completed", row.completed)
          .member("errors", row.errors)
          .member("retries", row.retries);
      json.member("rate", row.rate);
      put_times(json, "response_ms", row.response);
      put_times(json, "service_ms", row.service);
      put_times(json, "wait_ms", row.wait);
      put_times(json, "lag_ms", row.lag);
      json.close('}');
      out += json.take();  // with its line break
    }
  });
  return out;
}

}  // namespace assay
