// Where the names of phases and events stand above a chart: in three rows, each with a stem down to the chart at the place
// where its span begins.
//
// Pure: pixels in, pixels out. No name covers another one and no stem crosses a name; the page's spans.ts has the same rule.
// An event without room is its first word alone (its number, the letter of its side), if that.
#pragma once

#include "results/charts.h"

#include <functional>
#include <string_view>
#include <vector>

namespace assay {

struct SpanLabel {
  double at, left, right;  // of the stem, and of the text
  int row;                 // 0 is the highest
  std::string_view text;   // of the span, which outlives it
  bool phase;
};

struct SpanScale {
  std::function<double(double seconds)> place;
  std::function<double(std::string_view)> width;  // of a text
  double right;                                   // where the chart ends
};

std::vector<SpanLabel> place_labels(const std::vector<ChartSpan>&, const SpanScale&);

}  // namespace assay
