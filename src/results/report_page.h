// The fixed parts of the HTML pages: built from ui/report, embedded in the program (ui/report/build.mjs); and a page made of
// them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace assay {

extern const std::string_view kReportStyle, kReportLicence;
/// A page's own script.
extern const std::string_view kReportScript, kHistoryScript, kComparisonScript;
/// "sha256-…", for the Content-Security-Policy of the page.
extern const std::string_view kReportStyleHash, kReportScriptHash, kHistoryScriptHash, kComparisonScriptHash;

struct ReportPage {
  std::string_view title;  // before the script has made a better one
  std::string_view json;   // what the script draws
  std::string_view script, script_hash;
  std::string_view without_script;  // HTML: what tells the same where scripts are switched off
};
/// The page, self-contained. Texts of the JSON cannot end its element.
std::string report_page(const ReportPage&);

/// The colours of the page's style sheet, "#rrggbb" or "#rrggbbaa", for charts that are drawn elsewhere.
struct ReportColor {
  std::string_view name;  // "line-1"
  std::string_view light, dark;
};
extern const std::span<const ReportColor> kReportColors;

}  // namespace assay
