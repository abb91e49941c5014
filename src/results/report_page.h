// The fixed parts of the HTML report: built from ui/report, embedded in the program (ui/report/build.mjs).
#pragma once

#include <string_view>

namespace assay {

extern const std::string_view kReportScript, kReportStyle, kReportLicence;
/// "sha256-…", for the Content-Security-Policy of the page.
extern const std::string_view kReportScriptHash, kReportStyleHash;

}  // namespace assay
