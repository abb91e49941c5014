#include "base/units.h"
#include "results/json_text.h"
#include "results/render_history.h"
#include "results/report_page.h"

#include <algorithm>
#include <set>

namespace assay {
namespace {

std::string_view to_string(Better better) noexcept {
  return better == Better::larger ? "larger" : better == Better::smaller ? "smaller" : "neither";
}

void put_series(JsonText& json, const HistorySeries& series) {
  json.open('{').member("value", std::string_view(series.what.text()));
  json.member("unit", series.what.quantity == Quantity::share   ? std::string_view("share")
                      : series.what.quantity == Quantity::count ? std::string_view()
                                                                : std::string_view(unit_of(series)));
  json.member("better", to_string(series.better)).member("state", assay::to_string(series.state));
  if (series.needed > 0) json.member("needed", std::uint64_t{series.needed});
  if (series.unlike > 0) json.member("unlike", std::uint64_t{series.unlike});
  json.member("newest", series.newest).member("baseline", series.baseline);
  json.key("runs").compact().open('[');
  for (const std::size_t run : series.runs) json.value(std::uint64_t{run});
  json.close(']').key("values").compact().open('[');
  for (const double value : series.values) json.value(value);
  json.close(']').key("changes").open('[');
  for (const ChangePoint& change : series.changes)
    json.compact()
        .open('{')
        .member("index", std::uint64_t{change.index})
        .member("p", change.p_value)
        .member("mean_before", change.mean_before)
        .member("mean_after", change.mean_after)
        .close('}');
  json.close(']').close('}');
}

void put_setup(JsonText& json, const HistorySetup& setup, const History& history) {
  json.open('{').member("title", std::string_view(title_of(setup, history))).member("level", setup.level);
  json.key("shared").open('[');
  for (const Circumstance& c : setup.shared)
    json.compact().open('[').value(std::string_view(c.name)).value(std::string_view(c.value)).close(']');
  json.close(']').key("runs").open('[');
  for (const HistoryRun& run : setup.runs)
    json.compact()
        .open('{')
        .member("id", std::string_view(run.id))
        .member("started", std::string_view(format_wall(run.started)))
        .member("verdict", assay::to_string(run.verdict))
        .close('}');
  json.close(']').key("left_out").open('[');
  for (const HistoryRun& run : setup.left_out)
    json.compact()
        .open('{')
        .member("path", std::string_view(run.path))
        .member("reason", std::string_view(run.left_out))
        .close('}');
  json.close(']').key("new_with").open('[');
  std::set<std::size_t> changed;
  for (const HistorySeries& series : setup.series)
    for (const ChangePoint& change : series.changes) changed.insert(series.runs[change.index]);
  for (const std::size_t run : changed)
    for (const CircumstanceDifference& d : new_with(setup, run))
      json.compact()
          .open('{')
          .member("run", std::uint64_t{run})
          .member("name", std::string_view(d.name))
          .member("before", std::string_view(d.before))
          .member("after", std::string_view(d.after))
          .close('}');
  json.close(']').key("series").open('[');
  for (const HistorySeries& series : setup.series) put_series(json, series);
  json.close(']').close('}');
}

}  // namespace

std::string render_history_html(const History& history) {
  JsonText json;
  json.compact()
      .open('{')
      .member("worse", history.worse())
      .member("decided", history.decided())
      .key("setups")
      .open('[');
  for (const HistorySetup& setup : history.setups) put_setup(json, setup, history);
  json.close(']').key("skipped").open('[');
  for (const SkippedFile& file : history.skipped)
    json.open('{')
        .member("path", std::string_view(file.path))
        .member("reason", std::string_view(file.reason))
        .close('}');
  json.close(']').close('}');
  return report_page({.title = "History of results",
                      .json = json.text(),
                      .script = kHistoryScript,
                      .script_hash = kHistoryScriptHash,
                      .without_script = "<code>assay history DIR</code> prints the same numbers as text."});
}

}  // namespace assay
