// Markdown, JUnit XML and JSON Lines of the sample documents.

#include "results/render.h"
#include "results/sample_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Markdown, has_the_verdict_the_operations_and_what_was_required) {
  const std::string text = render_markdown(large_document(60));
  EXPECT_THAT(text, testing::StartsWith("## assay tpcc: ❌ FAIL\n"));
  EXPECT_THAT(text, HasSubstr("| ❌ | payment share | 41.9 % | ≥ 43 % | TPC-C 5.2.3 |"));
  EXPECT_THAT(text, HasSubstr("| cross-check with D\\_NEXT\\_O\\_ID |"));
  EXPECT_THAT(text, HasSubstr("- after the run: failed, 12 conditions\n  - 3.3.2.1: W\\_YTD"));
}

TEST(Markdown, the_sample_s_get_has_the_numbers_it_was_made_of) {
  // 10 in 2 s; 10, 20, …, 100 ns.
  EXPECT_THAT(render_markdown(small_document()), HasSubstr("| get | 10 | 5 | 0 | 0 | 5.5e-05 | 5e-05 |"));
}

TEST(Markdown, a_time_of_seconds_keeps_its_digits) {
  Document d = small_document();
  OperationStats& get = d.groups[0].operations[0].measured();
  get.response = Histogram();
  get.response.record(std::chrono::milliseconds(3599), 10);  // one value is exact: it is the minimum and the maximum
  const std::string text = render_markdown(d);
  EXPECT_THAT(text, HasSubstr("| 3599 | 3599 | 3599 |"));
  EXPECT_THAT(text, Not(HasSubstr("e+")));
}

TEST(Markdown, text_stays_text) {
  Document d = small_document();
  d.groups[0].operations[0].name = "a|b<script>*c*\n";
  EXPECT_THAT(render_markdown(d), HasSubstr("| a\\|b&lt;script\\>\\*c\\*  |"));
}

TEST(Markdown, one_violation_is_no_violations) {
  Document d = large_document(60);
  EXPECT_THAT(render_markdown(d), HasSubstr("(1 violation)\n"));
  d.checks[1].findings[0].violations = 2;
  EXPECT_THAT(render_markdown(d), HasSubstr("(2 violations)\n"));
}

TEST(Junit, a_requirement_that_decides_and_a_failed_check_are_failures) {
  Document d = large_document(60);
  std::string text = render_junit(d);
  EXPECT_THAT(text, HasSubstr("<testcase classname=\"assay.tpcc.postgres\" name=\"the check after the run\" "
                              "time=\"0.000\">\n      <failure message="));
  EXPECT_THAT(
      text,
      HasSubstr(
          "name=\"payment share (TPC-C 5.2.3)\" time=\"0.000\">\n      <system-out>not met, and does not decide"));
  EXPECT_THAT(text, HasSubstr("<skipped message=\"n/a, required ≥ 9 tpmC/W\"/>"));
  EXPECT_THAT(text, HasSubstr("message=\"1 condition does not hold\""));
  EXPECT_THAT(text, HasSubstr("(1 violation)\n"));
  EXPECT_THAT(text, HasSubstr("name=\"the run is valid\""));
  // 7 tests: the run, four requirements, two checks; one failure.
  EXPECT_THAT(text, HasSubstr("tests=\"7\" failures=\"1\""));
  d.requirements[1].decides = true;
  text = render_junit(d);
  EXPECT_THAT(text, HasSubstr("tests=\"7\" failures=\"2\""));
  d.verdict = {Verdict::invalid, {"assay itself was late: \"lag\" <p99> & more"}};
  EXPECT_THAT(render_junit(d),
              HasSubstr("<failure message=\"assay itself was late: &quot;lag&quot; &lt;p99&gt; &amp; more\">"));
}

TEST(Junit, what_is_skipped_is_told_once_to_be_not_available) {
  Document d = small_document();
  d.requirements = {{"nopm of a warehouse", "4.2", "9 to 12.86", "n/a: terminals did not think",
                     Requirement::Verdict::not_applicable, false}};
  EXPECT_THAT(render_junit(d), HasSubstr("<skipped message=\"n/a: terminals did not think, required 9 to 12.86\"/>"));
}

TEST(Junit, a_failure_that_no_requirement_tells_is_a_test_of_its_own) {
  Document d = small_document();
  d.verdict = {Verdict::fail, {"nothing was measured"}};
  EXPECT_THAT(render_junit(d), HasSubstr("name=\"the verdict\""));
  d.verdict = {Verdict::pass, {}};
  EXPECT_THAT(render_junit(d), Not(HasSubstr("failure ")));
}

TEST(JsonLines, every_line_is_an_object_and_the_counts_add_up) {
  const Document d = large_document(60);
  std::istringstream lines(render_json_lines(d));
  std::uint64_t ended = 0, failed = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    EXPECT_EQ(object.at("result"), d.id);
    if (object.at("group") != "all") continue;
    ended += object.at("completed").get<std::uint64_t>();
    failed += object.at("errors").get<std::uint64_t>();
    if (object.at("count") == 0)
      EXPECT_TRUE(object.at("response_ms").is_null());
    else
      EXPECT_LE(object.at("response_ms").at("p50"), object.at("response_ms").at("max"));
  }
  std::uint64_t expected = 0, expected_failed = 0;
  for (const GroupResult& group : d.groups)
    for (const OperationResult& operation : group.operations) {
      expected += operation.completed();
      expected_failed += operation.errors();
    }
  EXPECT_EQ(ended, expected);
  EXPECT_EQ(failed, expected_failed);
}

}  // namespace
}  // namespace assay
