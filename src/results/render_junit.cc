// A result as JUnit XML, for the test pages of CI systems: one test for the validity of the run, one for each requirement,
// one for each check. The schema is the one that Jenkins and GitLab read (testsuites, testsuite, testcase, failure,
// skipped).

#include "base/units.h"
#include "results/render.h"
#include "results/text_forms.h"

#include <fmt/format.h>

namespace assay {
namespace {

/// For text and attributes. Characters that XML 1.0 has no form for become U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n')
      out += "\xef\xbf\xbd";
    else
      out += c;
  }
  return out;
}

struct Case {
  std::string name, failure = {}, detail = {}, skipped = {}, output = {};
};

std::vector<Case> cases_of(const Document& d) {
  std::vector<Case> cases;
  Case& valid = cases.emplace_back(Case{"the run is valid"});
  if (d.verdict.verdict == Verdict::invalid)
    for (const std::string& reason : d.verdict.reasons) valid.failure += (valid.failure.empty() ? "" : "; ") + reason;
  if (d.partial && valid.failure.empty())
    valid.skipped = "the run was interrupted; what was measured until then is judged";
  std::size_t told = 0;  // reasons that a requirement or a check below tells, too
  for (const Requirement& r : d.requirements) {
    const std::string actual = fmt::format("{}, required {}", r.actual, r.limit);
    Case& c = cases.emplace_back(Case{r.clause.empty() ? r.name : fmt::format("{} ({})", r.name, r.clause)});
    if (r.verdict == Requirement::Verdict::not_applicable)
      c.skipped = actual;  // says itself that it is not available, and why
    else if (r.verdict == Requirement::Verdict::fail && r.decides)
      c.failure = actual, told++;
    else
      c.output = r.verdict == Requirement::Verdict::fail ? "not met, and does not decide: " + actual : actual;
  }
  for (const CheckResult& check : d.checks) {
    Case& c = cases.emplace_back(Case{fmt::format("the check {} the run", check.when)});
    if (check.state == CheckResult::State::not_run) c.skipped = "not run";
    if (check.state != CheckResult::State::failed) continue;
    told++;
    c.failure = one_or_more(check.findings.size(), "condition does not hold", "conditions do not hold");
    for (const Finding& f : check.findings) {
      c.detail +=
          fmt::format("{}: {} ({})\n", f.condition, f.text, one_or_more(f.violations, "violation", "violations"));
      for (const std::string& row : f.rows) c.detail += "  " + row + "\n";
    }
  }
  if (d.verdict.verdict == Verdict::fail && d.verdict.reasons.size() > told) {
    Case& c = cases.emplace_back(Case{"the verdict"});
    for (const std::string& reason : d.verdict.reasons) c.failure += (c.failure.empty() ? "" : "; ") + reason;
  }
  return cases;
}

}  // namespace

std::string render_junit(const Document& d) {
  const std::vector<Case> cases = cases_of(d);
  std::size_t failures = 0, skipped = 0;
  for (const Case& c : cases) {
    failures += !c.failure.empty();
    skipped += c.failure.empty() && !c.skipped.empty();
  }
  const std::string suite =
      escaped(fmt::format("assay.{}.{}", d.workload.name, d.targets.empty() ? "" : d.targets.front().driver));
  const double seconds = to_seconds(d.length());
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n", cases.size(), failures, seconds);
  // The form that readers agree on has no time zone; it is UTC.
  std::string started = format_wall(d.started);
  if (started.ends_with('Z')) started.pop_back();
  out += fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3f}\" "
      "timestamp=\"{}\">\n",
      suite, cases.size(), failures, skipped, seconds, started);
  out += fmt::format("    <properties>\n      <property name=\"result\" value=\"{}\"/>\n", escaped(d.id));
  out += fmt::format("      <property name=\"seed\" value=\"{}\"/>\n    </properties>\n", d.seed);
  for (const Case& c : cases) {
    out += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", suite, escaped(c.name),
                       &c == &cases.front() ? seconds : 0.0);
    if (!c.failure.empty())
      out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n", escaped(c.failure),
                         escaped(c.detail));
    else if (!c.skipped.empty())
      out += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", escaped(c.skipped));
    else if (!c.output.empty())
      out += fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", escaped(c.output));
    else
      out += "/>\n";
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace assay
