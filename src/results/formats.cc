#include "results/formats.h"

#include "base/error.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {
namespace {

/// Names of workloads and drivers are plain words; anything else is kept out of a URL.
std::string segment(std::string_view text) {
  std::string out;
  for (const char c : text) out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  return out.empty() ? "none" : out;
}

/// The last run of a workload on a driver is a group of its own in a Pushgateway, and takes the place of the one before.
std::string pushgateway_path(const Document& d) {
  return fmt::format("/metrics/job/assay/workload/{}/driver/{}", segment(d.workload.name),
                     segment(d.targets.empty() ? "none" : d.targets[0].driver));
}

constexpr ReportFormat::Push kPushgateway{"PUT", "text/plain; version=0.0.4; charset=utf-8", pushgateway_path};
constexpr ReportFormat::Push kOtlpReceiver{"POST", "application/json",
                                           [](const Document&) { return std::string("/v1/metrics"); }};

using D = Document;
using O = RenderOptions;

std::vector<ReportFormat> all_formats() {
  return {
      {.name = "table",
       .summary = "for a terminal",
       .text = [](const D& d, const O& o) { return render_table(d, o.table); }},
      {.name = "csv",
       .summary = "a row for each operation",
       .options = {"series"},
       .text = [](const D& d, const O& o) { return o.series ? render_csv_series(d) : render_csv(d); }},
      {.name = "json",
       .summary = "the figures, for scripts",
       .text = [](const D& d, const O&) { return render_json(d); }},
      {.name = "jsonl",
       .summary = "the time line, a line for each interval and operation",
       .text = [](const D& d, const O&) { return render_json_lines(d); }},
      {.name = "html",
       .summary = "a self-contained page with charts",
       .text = [](const D& d, const O&) { return render_html(d); }},
      {.name = "markdown",
       .summary = "for a pull request",
       .text = [](const D& d, const O&) { return render_markdown(d); }},
      {.name = "junit", .summary = "for CI systems", .text = [](const D& d, const O&) { return render_junit(d); }},
#ifdef ASSAY_HAS_CAIRO
      {.name = "png",
       .summary = "every chart as a picture, into the folder --output",
       .options = {"dark"},
       .files = [](const D& d, const O& o) { return render_png(d, o.dark); }},
#else
      {.name = "png",
       .summary = "every chart as a picture, into the folder --output",
       .options = {"dark"},
       .missing_package = "libcairo2-dev"},
#endif
      {.name = "hlog",
       .summary = "response times as an HdrHistogram log",
       .text = [](const D& d, const O&) { return render_hlog(d); }},
      {.name = "prometheus",
       .summary = "metrics as text; --push to a Pushgateway",
       .text = [](const D& d, const O&) { return render_prometheus(d); },
       .push = &kPushgateway},
      {.name = "otlp",
       .summary = "the same metrics in OTLP's JSON; --push to a receiver",
       .options = {"series"},
       .text = [](const D& d, const O& o) { return render_otlp(d, o.series); },
       .push = &kOtlpReceiver},
      {.name = "grafana",
       .summary = "a dashboard for these metrics",
       .text = [](const D&, const O&) { return render_grafana(); }},
      {.name = "result",
       .summary = "the result itself, decrypted",
       .text = [](const D& d, const O&) { return to_json(d); }},
  };
}

}  // namespace

bool ReportFormat::takes(std::string_view option) const {
  return std::find(options.begin(), options.end(), option) != options.end();
}

std::span<const ReportFormat> report_formats() {
  static const std::vector<ReportFormat> formats = all_formats();
  return formats;
}

const ReportFormat& find_format(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ReportFormat& format : report_formats()) {
    if (format.name == name) return format;
    names.push_back(format.name);
  }
  throw Error(fmt::format("format: found \"{}\", expected one of {}", name, fmt::join(names, ", ")));
}

}  // namespace assay
