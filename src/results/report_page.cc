#include "results/report_page.h"

#include <fmt/format.h>

namespace assay {
namespace {

/// JSON that may stand inside a script element whatever texts it holds: no "</script", no "<!--", no line separators
/// that older scripts took for line breaks.
std::string for_script(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); i++) {
    const std::string_view rest = json.substr(i);
    if (json[i] == '<') {
      out += "\\u003c";
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      out += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string for_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string report_page(const ReportPage& page) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{}'; style-src '{}'; "
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<div id=\"page\"><noscript><p>This page draws itself with a script, and scripts are switched off here. "
      "{}</p></noscript></div>\n"
      "<script type=\"application/json\" id=\"report\">{}</script>\n"
      "<script type=\"text/plain\" id=\"licence\">{}</script>\n"
      "<script>{}</script>\n</body>\n</html>\n",
      page.script_hash, kReportStyleHash, for_html(page.title), kReportStyle, page.without_script,
      for_script(page.json), kReportLicence, page.script);
}

}  // namespace assay
