// The renderers of a history: as a table, Markdown, CSV, and a page. Pure functions of it.
#pragma once

#include "results/history.h"
#include "results/render.h"

#include <string>

namespace assay {

std::string render_history_table(const History&, const TableStyle& = {});
/// For a comment under a pull request.
std::string render_history_markdown(const History&);
/// A row for each value of each run; the columns are in docs/history.md.
std::string render_history_csv(const History&);
/// One self-contained page.
std::string render_history_html(const History&);

/// What the numbers of a series are in, where they stand without their unit: "ns", "1/s", "1".
std::string unit_of(const HistorySeries&);

}  // namespace assay
