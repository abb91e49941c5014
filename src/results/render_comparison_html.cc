#include "results/render_comparison.h"
#include "results/report_json.h"
#include "results/report_page.h"

#include <fmt/format.h>

namespace assay {

std::string render_comparison_html(const Comparison& comparison) {
  JsonText json;
  json.compact().open('{');
  put_comparison(json, comparison);
  put_charts(json, charts_of(comparison));
  json.close('}');
  return report_page({.title = fmt::format("Comparison: {}", comparison.workload),
                      .json = json.text(),
                      .script = kComparisonScript,
                      .script_hash = kComparisonScriptHash,
                      .without_script = "<code>assay compare A B</code> prints the same numbers as text."});
}

}  // namespace assay
