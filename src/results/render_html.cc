#include "results/render.h"
#include "results/report_json.h"
#include "results/report_page.h"

namespace assay {

std::string render_html(const Document& document) {
  JsonText json;
  json.compact().open('{');
  put_report(json, document);
  put_charts(json, charts_of(document));
  json.close('}');
  return report_page({.title = document.id,
                      .json = json.text(),
                      .script = kReportScript,
                      .script_hash = kReportScriptHash,
                      .without_script = "<code>assay report FILE</code> prints the same numbers as text."});
}

}  // namespace assay
