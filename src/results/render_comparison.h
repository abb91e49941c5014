// A comparison as text for people and programs, as render.h has it for one result. Pure functions of a Comparison, which all
// show the same numbers; docs/comparison.md describes the formats.
#pragma once

#include "results/charts.h"
#include "results/comparison.h"
#include "results/json_text.h"
#include "results/render.h"

#include <string>
#include <vector>

namespace assay {

/// Two sides: a row for each figure of each operation. More: a matrix of operations × sides for each statistic.
std::string render_comparison_table(const Comparison&, const TableStyle& = {});
/// For a comment under a pull request.
std::string render_comparison_markdown(const Comparison&);
/// A row for each figure and side but the first. Durations in milliseconds, changes as fractions; an empty cell where there
/// is nothing.
std::string render_comparison_csv(const Comparison&);
std::string render_comparison_json(const Comparison&);
/// One self-contained page, with the charts of all sides laid over each other.
std::string render_comparison_html(const Comparison&);

/// What the page draws, as pictures: the differences of two sides ("differences.png"), the matrix of operations × sides by
/// statistic ("matrix-rate.png"), the charts of charts_of(), and of pairs what each says ("pairs-get-rate.png"). Throws
/// Error where no font is installed, or when built without cairo.
std::vector<RenderedFile> render_comparison_png(const Comparison&, bool dark);

/// For each operation throughput, response times and their distribution, of all sides that measured it; none of pairs, nor
/// of what no side measured.
Charts charts_of(const Comparison&);

/// The members of render_comparison_json(), into an object that is open.
void put_comparison(JsonText&, const Comparison&);

}  // namespace assay
