// The charts of a result, as data: what the page draws and what the PNG files show are both made from this.
//
// Pure functions of a Document. Each chart has one x axis for all its lines: seconds since the start, "nines" of a
// percentile (-log10(1 - q): 2 is 99 %), or the logarithm of a duration in milliseconds. Values are in `unit`; NaN is a
// hole in a line. Colours are names of the page's style sheet ("all", "bad", "line-1" to "line-8"), each of which has a
// light and a dark value.
#pragma once

#include "results/document.h"
#include "results/render.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

struct ChartLine {
  enum class Shape {
    line,
    bars,  // from 0, one for each x
    steps  // each value holds from its x to the next one
  };
  std::string name;
  std::string color;
  std::vector<double> dash = {};  // lengths of strokes and gaps; empty: drawn through
  double width = 1.5;
  bool hidden = false;  // not drawn until somebody asks for it
  Shape shape = Shape::line;
  std::vector<double> values = {};
};

struct Chart {
  enum class Section { timeline, distribution, target };
  enum class Axis { time, percentile, duration };

  Section section = Section::timeline;
  std::string id;      // "throughput"; charts of the same id are choices of which a page shows one at a time
  std::string choice;  // "terminals / payment"; empty when there is no choice
  std::string title;
  std::string summary;  // what a reader who sees no chart should know of it
  Axis axis = Axis::time;
  std::string x_label;
  std::vector<double> x;
  double x_from = 0, x_to = 1;
  std::vector<std::pair<double, std::string>> ticks = {};  // of the x axis; empty: whole numbers of it
  std::string unit;                                        // of the y axis
  bool log = false;                                        // the y axis is logarithmic
  int height = 240;
  std::vector<ChartLine> lines = {};
};

/// What lies on every chart over time: phases that do not count, and events.
struct ChartSpan {
  enum class Kind { phase, outage, instant };
  double from = 0, to = 0;  // seconds; equal for an instant
  Kind kind = Kind::phase;
  std::string label;  // an event's begins with its number in the table of events
};

struct Charts {
  std::vector<ChartSpan> spans;
  std::vector<Chart> charts;
};

Charts charts_of(const Document&);

/// Each chart as a PNG file, with its title and `subtitle`: what it is of. Throws Error where no font is installed.
std::vector<RenderedFile> pictures_of(const Charts&, std::string_view subtitle, bool dark);

/// The look of one of several lines: eight colours, then the same with dashes. Without a name and values.
ChartLine line_look(std::size_t index);

struct ChartedHistogram {
  ChartLine look;  // without values
  const Histogram* values = nullptr;
};
/// How values are spread: the share of each histogram in bins of time, 20 to a decade. At least one holds something.
Chart spread_chart(const std::vector<ChartedHistogram>&);
/// The quantiles at 0 and 1 - 10^(-k/20): evenly spaced on the axis of "how many nines", as far as there are values.
Chart percentile_chart(const std::vector<ChartedHistogram>&, bool micros);

}  // namespace assay
