#include "results/render_comparison.h"
#include "results/text_forms.h"

#include <fmt/format.h>

#include <cmath>

namespace assay {
namespace {

/// The shortest form that reads back the same; nothing for what is not a number.
std::string cell(double v) { return std::isfinite(v) ? fmt::format("{}", v) : ""; }

double shown(const ComparedFigure& figure, double v) { return figure.quantity == Quantity::duration ? v / 1e6 : v; }

std::string unit_of(const ComparedFigure& figure) {
  switch (figure.quantity) {
    case Quantity::duration:
      return "ms";
    case Quantity::rate:
      return "1/s";
    case Quantity::share:
      return "share";
    case Quantity::count:
    case Quantity::number:
      break;
  }
  return figure.unit;
}

void put(std::string& out, const Comparison& c, const ComparedFigure& f) {
  for (std::size_t i = 1; i < c.sides.size(); i++) {
    const SideDifference& against = f.against[i];
    const Difference& d = against.difference;
    out += fmt::format("{},{},{},{},{},{},{},", c.sides[0].label, c.sides[i].label, csv_text(c.sides[i].name),
                       csv_text(f.group), csv_text(f.operation), csv_text(f.name), csv_text(unit_of(f)));
    for (const std::size_t side : {std::size_t{0}, i})
      out += fmt::format("{},", f.values[side] ? cell(shown(f, *f.values[side])) : "");
    out += fmt::format("{},{},{},{},", f.scale == Scale::relative ? "relative" : "absolute", cell(d.change),
                       cell(d.interval.low), cell(d.interval.high));
    out += d.known() ? fmt::format("{},{},{},{},{},", cell(d.p_value), cell(d.effect), cell(d.detectable),
                                   cell(d.values_a), cell(d.values_b))
                     : ",,,,,";
    out += fmt::format("{},{}\n", to_string(against.standing), csv_text(against.why));
  }
}

}  // namespace

std::string render_comparison_csv(const Comparison& comparison) {
  std::string out =
      "baseline,side,name,group,operation,figure,unit,a,b,scale,change,low,high,p,effect,detectable,values_a,values_b,"
      "standing,why\n";
  for (const ComparedFigure& figure : comparison.operations) put(out, comparison, figure);
  for (const ComparedFigure& figure : comparison.figures) put(out, comparison, figure);
  return out;
}

}  // namespace assay
