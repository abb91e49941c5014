// The renderers: a result as text for people and programs, and as files. Generic: none knows a workload, all show what the
// document holds.
//
// Pure functions of a Document; the numbers come from results/summary.h, so every format shows the same ones. What can be
// asked for by name is listed in results/formats.h.
#pragma once

#include "results/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct TableStyle {
  bool color = false;  // the caller minds NO_COLOR and whether it is a terminal
  int width = 120;     // columns; rows are split into a second table when they do not fit
};
std::string render_table(const Document&, const TableStyle& = {});

/// A row for each operation and "all"; the columns are in docs/formats.md. Milliseconds; an empty cell where nothing was
/// timed.
std::string render_csv(const Document&);
/// The same for each interval of the time line, with start_s, length_s and phase before it.
std::string render_csv_series(const Document&);

/// The figures of the summary as JSON, for scripts: what the table shows, unrounded. Durations in milliseconds.
std::string render_json(const Document&);

/// For a comment under a pull request.
std::string render_markdown(const Document&);

/// For the test pages of CI systems: the run's validity, each requirement and each check is a test.
std::string render_junit(const Document&);

/// The time line, one object a line for each interval and operation (docs/formats.md).
std::string render_json_lines(const Document&);

/// One self-contained page.
std::string render_html(const Document&);

/// Response times as an HdrHistogram log (format 1.3): a line for each interval of `measure` and `drain` and each
/// operation, which is its tag. The buckets are the result's own, none is lost.
std::string render_hlog(const Document&);

/// The metrics of results/metrics.h in the text format of Prometheus (0.0.4), without timestamps.
std::string render_prometheus(const Document&);
/// The same metrics as an ExportMetricsServiceRequest of OTLP in JSON; with `series` the time line too, as gauges.
std::string render_otlp(const Document&, bool series);
/// A dashboard for Grafana that shows these metrics of a Prometheus data source; the same for every result.
std::string render_grafana();

struct RenderedFile {
  std::string name;  // without folder: "throughput.png"
  std::string bytes;
};
/// Every chart of the result as a picture, in light or dark colours. Throws Error where no font is installed.
std::vector<RenderedFile> render_png(const Document&, bool dark);

}  // namespace assay
