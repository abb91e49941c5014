#include "results/document.h"

#include "base/error.h"
#include "results/sample_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(const std::string& text) {
  try {
    from_json(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::usage);
    return e.what();
  }
  return "no error";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

TEST(Document, ComesBackFromItsTextWithEveryField) {
  const Document before = large_document(30);
  const Document after = from_json(to_json(before));
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.started, before.started);
  EXPECT_EQ(after.ended, before.ended);
  EXPECT_EQ(after.seed, 18446744073709551615ull);
  EXPECT_EQ(after.workload.options, before.workload.options);
  ASSERT_EQ(after.targets.size(), 1u);
  EXPECT_EQ(after.targets[0].settings, before.targets[0].settings);
  EXPECT_EQ(after.machine, before.machine);
  EXPECT_EQ(after.warnings, before.warnings);
  EXPECT_EQ(after.verdict.verdict, Verdict::fail);
  EXPECT_EQ(after.verdict.reasons, before.verdict.reasons);
  EXPECT_EQ(after.in_doubt, 4u);  // one a second of the outage
  ASSERT_EQ(after.groups.size(), 2u);
  for (std::size_t o = 0; o < before.groups[0].operations.size(); o++)
    for (std::size_t p = 0; p < kPhases; p++) {
      const OperationStats& a = after.groups[0].operations[o].phases[p];
      const OperationStats& b = before.groups[0].operations[o].phases[p];
      EXPECT_EQ(a.response, b.response);
      EXPECT_EQ(a.service, b.service);
      EXPECT_EQ(a.wait, b.wait);
      EXPECT_EQ(a.lag, b.lag);
      EXPECT_EQ(a.failed, b.failed);
      EXPECT_EQ(a.failures, b.failures);
      EXPECT_EQ(a.completed, b.completed);
      EXPECT_EQ(a.retries, b.retries);
    }
  ASSERT_EQ(after.groups[0].failures.size(), before.groups[0].failures.size());
  ASSERT_GT(after.groups[0].failures.size(), 1u);
  EXPECT_EQ(after.groups[0].failures[1].operation, before.groups[0].failures[1].operation);
  EXPECT_EQ(after.groups[0].failures[1].message, before.groups[0].failures[1].message);
  ASSERT_EQ(after.groups[0].series.intervals().size(), 30u);
  EXPECT_EQ(after.groups[0].series.intervals()[3].operations[2].response,
            before.groups[0].series.intervals()[3].operations[2].response);
  EXPECT_EQ(to_json(after), to_json(before));  // and whatever is not named above
}

TEST(Document, KeepsAClockThatIsBehindAndAnAgentThatBeganEarly) {
  Document d = large_document(30);
  add_agents(d, 3);
  d.agents[0].late = std::chrono::microseconds(-7);
  ASSERT_LT(d.agents[0].clock_offset, Nanos(0));
  const std::string text = to_json(d);
  EXPECT_EQ(from_json(text).agents, d.agents);
  EXPECT_EQ(error_of(replaced(text, "\"late_ns\": -7000", "\"late_ns\": 9223372036854775808")),
            "result: agents[0].late_ns: found 9223372036854775808, expected a whole number from -2^63 to 2^63 - 1");
  EXPECT_THAT(error_of(replaced(text, "\"late_ns\": -7000", "\"late_ns\": -7.5")), HasSubstr("found -7.5"));
  // What is no difference of clocks is not below 0.
  EXPECT_THAT(error_of(replaced(text, "\"max_lag_ns\": 900000", "\"max_lag_ns\": -1")), HasSubstr("0 or more"));
}

TEST(Document, ThatIsEmptyComesBackToo) {
  const std::string text = to_json(Document{});
  EXPECT_EQ(to_json(from_json(text)), text);
}

TEST(Document, CutOffAtAnyByteIsAnErrorThatSaysSo) {
  std::string text = to_json(small_document());
  text.pop_back();  // the line break after the last brace: without it the document is still whole
  EXPECT_NO_THROW(from_json(text));
  for (std::size_t n = 0; n < text.size(); n++) {
    const std::string error = error_of(text.substr(0, n));
    if (n == 0)
      EXPECT_EQ(error, "result: the file is empty");
    else
      ASSERT_EQ(error, fmt::format("result: the file is cut off: it ends after {} bytes", n));
  }
}

TEST(Document, OfAnotherVersionIsRefusedByName) {
  const std::string text = to_json(small_document());
  EXPECT_EQ(error_of(replaced(text, "\"version\": 3", "\"version\": 4")),
            "result: its format has version 4, and this assay reads version 1 to 3: a newer assay wrote it");
  EXPECT_EQ(error_of(replaced(text, "\"version\": 3", "\"version\": 0")),
            "result: its format has version 0, and this assay reads version 1 to 3");
  EXPECT_EQ(error_of(replaced(text, "\"version\": 3", "\"version\": \"one\"")),
            "result: version: found \"one\", expected a whole number, 0 or more");
  EXPECT_THAT(error_of("{\"a\": 1}"), StartsWith("this is no result of assay"));
  EXPECT_THAT(error_of("hello"), StartsWith("result: the file is no JSON: mistake at byte 1"));
}

TEST(Document, NamesThePlaceTheFoundAndTheExpectedOfEachMistake) {
  const std::string text = to_json(small_document());
  EXPECT_EQ(error_of(replaced(text, "\"name\": \"put\"", "\"name\": 7")),
            "result: groups[0].operations[1].name: found 7, expected text");
  EXPECT_EQ(error_of(replaced(text, "\"clients\": 4", "\"clients\": -4")),
            "result: groups[0].clients: found -4, expected a whole number, 0 or more");
  EXPECT_EQ(error_of(replaced(text, "\"clients\": 4", "\"clients\": 4.5")),
            "result: groups[0].clients: found 4.5, expected a whole number, 0 or more");
  EXPECT_THAT(error_of(replaced(text, "\"clients\": 4", "\"cliens\": 4")),
              StartsWith("result: groups[0].clients: found nothing, expected this member"));
  EXPECT_THAT(
      error_of(replaced(text, "\"partial\"", "\"partialy\": 1, \"partial\"")),
      AllOf(StartsWith("result: partialy: found a member that is not known here"), HasSubstr("partial, verdict")));
  EXPECT_EQ(error_of(replaced(text, "\"partial\"", "\"id\": \"x\", \"partial\"")),
            "result: the member \"id\" is there twice in one object");
  EXPECT_EQ(error_of(replaced(text, "\"phase\": \"warmup\"", "\"phase\": \"lunch\"")),
            "result: phases[0].phase: found \"lunch\", expected one of \"ramp\", \"warmup\", \"measure\", \"drain\"");
  EXPECT_EQ(
      error_of(replaced(text, "\"operation\": \"put\"", "\"operation\": \"pet\"")),
      "result: groups[0].failures[0].operation: found \"pet\", expected the name of one of the group's operations");
  EXPECT_EQ(error_of(replaced(text, "\"target\": \"main\"", "\"target\": \"replica\"")),
            "result: groups[0].target: found \"replica\", expected the name of one of the document's targets");
  EXPECT_EQ(
      error_of(replaced(text, "\"index\": 1", "\"index\": 0")),
      "result: groups[0].series.intervals[1].index: found 0, expected an index above 0, that of the interval before");
  EXPECT_EQ(
      error_of(replaced(text, "\"18446744073709551615\"", "\"18446744073709551616\"")),
      "result: seed: found \"18446744073709551616\", expected a whole number from 0 to 18446744073709551615, as text");
  EXPECT_THAT(error_of(replaced(text, "\"name\": \"put\"", "\"name\": \"get\"")),
              HasSubstr("groups[0].operations[1]: found an object"));
  EXPECT_EQ(error_of(replaced(text, "T23:07:33.", "T25:07:33.")),
            "result: started: found \"2026-11-20T25:07:33.123456789Z\", expected a time like "
            "\"2026-11-20T23:07:33.000000000Z\"");
  EXPECT_THAT(error_of(replaced(text, "\"response\": \"AQ", "\"response\": \"!Q")),
              AllOf(HasSubstr("groups[0].operations[0].phases.measure.response: found \"!Q"),
                    HasSubstr("character 1 of the text is not base64")));
}

TEST(Document, RefusesTimesThatNoRunHas) {
  const std::string text = to_json(small_document());
  for (const char* time :
       {"2262-11-20T23:07:33.", "1969-11-20T23:07:33.", "+026-11-20T23:07:33.", "2026-11-20T23:07: 3."})
    EXPECT_THAT(error_of(replaced(text, "2026-11-20T23:07:33.", time)), HasSubstr("expected a time like")) << time;
  EXPECT_THAT(error_of(replaced(text, "\"start_ns\": 1000000000", "\"start_ns\": 9223372036854775807")),
              AllOf(HasSubstr("phases[1].start_ns"), HasSubstr("at most ten years")));
  EXPECT_THAT(error_of(replaced(text, "\"length_ns\": 2000000000", "\"length_ns\": 315000000000000000")),
              HasSubstr("no error"));
  EXPECT_THAT(error_of(replaced(replaced(text, "\"length_ns\": 2000000000", "\"length_ns\": 315000000000000000"),
                                "\"length_ns\": 1000000000", "\"length_ns\": 315000000000000000")),
              AllOf(HasSubstr("phases: "), HasSubstr("ten years together")));
  EXPECT_THAT(error_of(replaced(text, "\"index\": 2", "\"index\": 9223372036854775807")),
              AllOf(HasSubstr("intervals[2].index"), HasSubstr("within ten years")));
  EXPECT_THAT(error_of(replaced(text, "\"index\": 2", "\"index\": 1000000")),
              HasSubstr("at most 1000000 after the first"));
}

TEST(Document, RefusesFactsThatContradictEachOther) {
  const auto error_with = [](const std::function<void(Document&)>& change) {
    Document d = small_document();
    change(d);
    return error_of(to_json(d));
  };
  EXPECT_EQ(error_with([](Document&) {}), "no error");
  EXPECT_EQ(error_with([](Document& d) { d.groups.push_back(d.groups[0]); }),
            "result: groups[1].name: found \"g\", expected a group with a name of its own");
  EXPECT_EQ(
      error_with([](Document& d) { d.groups[0].operations[0].measured().completed = 1'000'000'000'000; }),
      "result: groups[0].operations[0].phases.measure.completed: found 1000000000000, expected as many over all phases "
      "as their response histograms hold: 11, not 1000000000001");
  EXPECT_EQ(
      error_with([](Document& d) { d.groups[0].operations[0].measured().response.clear(); }),
      "result: groups[0].operations[0].phases.measure.completed: found 10, expected as many over all phases as their "
      "response histograms hold: 1, not 11");
  EXPECT_THAT(error_with([](Document& d) {  // that sum to what is right, modulo 2^64
                for (const Phase phase : {Phase::warmup, Phase::measure})
                  d.groups[0].operations[0].phases[static_cast<std::size_t>(phase)].completed += 1ull << 63;
              }),
              HasSubstr("not more than 2^64"));
  EXPECT_EQ(
      error_with([](Document& d) {
        d.requirements = {{"p99", "--fail-if", "< 5 ms", "9 ms", Requirement::Verdict::fail, true}};
      }),
      "result: verdict.verdict: found \"pass\", expected \"fail\" or \"invalid\": requirements[0] decides and failed");
  EXPECT_THAT(error_with([](Document& d) {
                d.checks = {{"after", CheckResult::State::failed, 12, {}}};
              }),
              HasSubstr("checks[0] failed"));
  EXPECT_EQ(
      error_with([](Document& d) { d.phases.push_back(d.phases[1]); }),
      "result: phases[2].phase: found \"measure\", expected a phase that comes after \"measure\", the one before");
  EXPECT_EQ(error_with([](Document& d) { d.ended = d.started - std::chrono::seconds(2); }),
            "result: ended: found \"2026-11-20T23:07:31.123456789Z\", expected a time that is not before \"started\"");
  EXPECT_EQ(error_with([](Document& d) { d.own_cost.io_uring_loops = d.own_cost.loops + 1; }),
            "result: own_cost.io_uring_loops: found 1, expected at most the 0 loops");
  EXPECT_EQ(error_with([](Document& d) { d.own_cost.cpu_seconds = -1; }),
            "result: own_cost.cpu_seconds: found -1, expected a number, 0 or more");
}

TEST(Document, AllowsWhatRealRunsHaveAtTheBordersOfPhases) {
  Document d = small_document();
  OperationResult& get = d.groups[0].operations[0];
  get.measured().completed -= 3;  // due in the measured time, ended in the drain
  get.phases[static_cast<std::size_t>(Phase::drain)].completed = 3;
  d.requirements = {{"share", "TPC-C 5.2.3", "≥ 43 %", "42 %", Requirement::Verdict::fail, false}};
  d.ended = d.started - std::chrono::milliseconds(20);  // stopped before its first operation was due
  EXPECT_EQ(error_of(to_json(d)), "no error");
}

TEST(Document, KeepsTheSeriesHistogramsFromBeingDamagedUnseen) {
  const std::string text = to_json(small_document());
  const auto series = text.find("\"intervals\"");
  const auto cell = text.find("\"lag\": \"AQ", series);
  std::string damaged = text;
  damaged.replace(cell, 10, "\"lag\": \"Ag");
  EXPECT_THAT(error_of(damaged),
              AllOf(HasSubstr("groups[0].series.intervals[0].operations[0].lag"), HasSubstr("version 2")));
}

TEST(Document, WritesBytesThatAreNotUtf8AsReplacementCharacters) {
  Document d = small_document();
  d.groups[0].failures[0].message = "erreur \xe9 inconnue";
  EXPECT_EQ(from_json(to_json(d)).groups[0].failures[0].message, "erreur \uFFFD inconnue");
}

TEST(Document, KeepsAFigureThatIsNoNumber) {
  Document d = small_document();
  d.figures = {{"ratio", std::nan(""), "", "0 / 0", true}};
  EXPECT_TRUE(std::isnan(from_json(to_json(d)).figures[0].value));
}

TEST(Document, CountsTheWholeRunOverItsPhases) {
  const Document d = small_document();
  EXPECT_EQ(d.groups[0].operations[0].measured().completed, 10u);
  EXPECT_EQ(d.groups[0].operations[0].completed(), 11u);  // and the one in the warm-up
  EXPECT_EQ(d.groups[0].operations[1].errors(), 1u);
  EXPECT_EQ(d.measured_length(), std::chrono::seconds(2));
  EXPECT_EQ(d.length(), std::chrono::seconds(3));
}

}  // namespace
}  // namespace assay
