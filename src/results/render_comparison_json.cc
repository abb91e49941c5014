#include "base/units.h"
#include "results/comparison_text.h"
#include "results/render_comparison.h"

#include <cmath>

namespace assay {
namespace {

constexpr std::int64_t kComparisonVersion = 1;

void put_sides(JsonText& json, const Comparison& c) {
  json.key("sides").open('[');
  for (const SideFacts& side : c.sides) {
    json.open('{').member("label", std::string_view(side.label)).member("name", std::string_view(side.name));
    json.member("target", std::string_view(side.target)).member("title", std::string_view(side.title));
    const Document& first = *side.runs.front();
    json.member("started", std::string_view(format_wall(first.started)));
    json.member("measured_s", to_seconds(first.measured_length()))
        .member("invalid", side.invalid)
        .key("remarks")
        .open('[');
    for (const std::string& remark : side.remarks) json.value(std::string_view(remark));
    json.close(']').key("results").compact().open('[');
    for (const Document* run : side.runs) json.value(std::string_view(run->id));
    json.close(']').close('}');
  }
  json.close(']');
  for (const auto& [name, list] : {std::pair{"differs", &c.circumstances}, {"own_settings", &c.own_settings}}) {
    json.key(name).open('[');
    for (const VaryingCircumstance& d : *list) {
      json.compact().open('{').member("name", std::string_view(d.name));
      json.key("values").open('[');
      for (const std::string& value : d.values) json.value(std::string_view(value));
      json.close(']').close('}');
    }
    json.close(']');
  }
}

std::string_view name_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::duration:
      return "duration";
    case Quantity::rate:
      return "rate";
    case Quantity::share:
      return "share";
    case Quantity::count:
      return "count";
    case Quantity::number:
      break;
  }
  return "number";
}

void put_figure(JsonText& json, const Comparison& c, const ComparedFigure& f) {
  const double unit = f.quantity == Quantity::duration ? 1e6 : 1;
  json.open('{').member("group", std::string_view(f.group)).member("operation", std::string_view(f.operation));
  json.member("row", std::string_view(f.operation.empty() ? "" : row_name(c, f)));
  json.member("figure", std::string_view(f.name)).member("quantity", name_of(f.quantity));
  json.member("unit", std::string_view(f.unit)).member("note", std::string_view(f.note));
  json.member("scale", std::string_view(f.scale == Scale::relative ? "relative" : "absolute"));
  json.key("better").value(std::string_view(f.better == Better::larger    ? "larger"
                                            : f.better == Better::smaller ? "smaller"
                                                                          : "neither"));
  json.member("tolerance", tolerance_of(c, f));
  json.key("values").compact().open('[');
  for (const std::optional<double>& v : f.values) json.value(v ? *v / unit : std::nan(""));
  json.close(']');
  if (c.paired()) {
    json.key("runs").compact().open('[');
    for (const std::vector<double>& of_side : f.runs) {
      json.open('[');
      for (const double v : of_side) json.value(v / unit);
      json.close(']');
    }
    json.close(']');
  }
  json.key("against").open('[');
  for (std::size_t i = 1; i < f.against.size(); i++) {
    const Difference& d = f.against[i].difference;
    const double nothing = d.known() ? 1 : std::nan("");
    json.compact().open('{').member("side", std::string_view(c.sides[i].label)).member("change", d.change);
    json.member("low", d.interval.low * nothing).member("high", d.interval.high * nothing);
    json.member("p", d.p_value * nothing)
        .member("effect", d.effect)
        .member("effect_kind", effect_kind(c, f, d))
        .member("detectable", d.detectable * nothing);
    json.member("values_a", d.values_a).member("values_b", d.values_b);
    json.member("standing", to_string(f.against[i].standing))
        .member("why", std::string_view(f.against[i].why))
        .close('}');
  }
  json.close(']').close('}');
}

}  // namespace

void put_comparison(JsonText& json, const Comparison& c) {
  json.member("format", "assay-comparison").member("version", kComparisonVersion);
  json.member("workload", std::string_view(c.workload)).member("verdict", to_string(c.verdict()));
  json.member("conclusion", std::string_view(conclusion(c)));
  json.member("confidence", c.options.confidence).key("tolerance");
  if (c.options.tolerance)
    json.value(*c.options.tolerance);
  else
    json.null();
  json.member("tolerance_errors", c.options.tolerance_errors);
  json.member("pairs", std::uint64_t{c.paired() ? c.sides.front().runs.size() : 0});
  put_sides(json, c);
  for (const auto& [name, figures] : {std::pair{"operations", &c.operations}, {"figures", &c.figures}}) {
    json.key(name).open('[');
    for (const ComparedFigure& figure : *figures) put_figure(json, c, figure);
    json.close(']');
  }
  json.key("notes").open('[');
  for (const std::string& note : c.notes) json.value(std::string_view(note));
  json.close(']');
}

std::string render_comparison_json(const Comparison& comparison) {
  JsonText json;
  json.open('{');
  put_comparison(json, comparison);
  json.close('}');
  return json.take();
}

}  // namespace assay
