// The renderers: a result as text for people and programs. Generic: none knows a workload, all show what the document
// holds.
//
// Pure functions of a Document; the numbers come from results/summary.h, so every format shows the same ones.
#pragma once

#include "results/document.h"

#include <string>

namespace assay {

struct TableStyle {
  bool color = false;  // the caller minds NO_COLOR and whether it is a terminal
  int width = 120;     // columns; rows are split into a second table when they do not fit
};
std::string render_table(const Document&, const TableStyle& = {});

/// A row for each operation and "all"; the columns are in docs/result.md. Milliseconds; an empty cell where nothing was
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

/// The time line, one object a line for each interval and operation (docs/result.md).
std::string render_json_lines(const Document&);

/// One self-contained page.
std::string render_html(const Document&);

}  // namespace assay
