// What every driver has: its info, facts, figures, and how it fails to connect.
#include "drivers/conformance/conformance.h"

#include <algorithm>
#include <map>
#include <set>

namespace assay::conformance {
namespace {

using TargetOf = Conformance;

TEST_F(TargetOf, the_driver_says_what_it_is) {
  const DriverInfo& info = subject().driver.info();
  EXPECT_FALSE(info.name.empty());
  EXPECT_FALSE(info.summary.empty());
  EXPECT_FALSE(info.schemes.empty());
  EXPECT_TRUE(std::any_of(info.schemes.begin(), info.schemes.end(), [&](std::string_view scheme) {
    return info.example.starts_with(std::string(scheme) + ":");
  })) << info.example;
  for (const OptionSpec& option : info.options) {
    EXPECT_FALSE(option.help.empty()) << option.name;
    Options options(info.options);
    if (!option.default_value.empty()) {
      EXPECT_NO_THROW(options.set(option.name, option.default_value));
    }
  }
}

TEST_F(TargetOf, a_session_has_the_facets_that_the_driver_lists_and_no_other) {
  const auto& listed = subject().driver.info().facets;
  const auto lists = [&](Facet facet) { return std::find(listed.begin(), listed.end(), facet) != listed.end(); };
  EXPECT_EQ(session_->query() != nullptr, lists(Facet::query));
  EXPECT_EQ(session_->rows() != nullptr, lists(Facet::rows));
  const bool record_by_kv = lists(Facet::rows) && !lists(Facet::query);  // core/meta.h
  EXPECT_EQ(session_->kv() != nullptr, lists(Facet::kv) || record_by_kv);
  EXPECT_EQ(target_->dialect() != nullptr, lists(Facet::query));
  if (session_->query() != nullptr) {
    EXPECT_EQ(&session_->query()->dialect(), target_->dialect());
  }
  EXPECT_GE(session_->depth(), 1u);
}

TEST_F(TargetOf, facts_name_the_server_and_its_version) {
  const ServerFacts facts = must(target_->facts());
  EXPECT_FALSE(facts.server.empty());
  EXPECT_FALSE(facts.version.empty());
  for (const auto& [name, value] : facts.settings) EXPECT_FALSE(name.empty());
}

TEST_F(TargetOf, several_sessions_may_be_open_at_once) {
  std::vector<std::unique_ptr<Session>> sessions(8);
  for (auto& session : sessions) session = connect();
  for (auto& session : sessions) must(session->reset());
}

TEST_F(TargetOf, figures_have_names_once_and_counters_do_not_shrink) {
  const auto sampler = target_->sampler();
  if (sampler == nullptr) return;
  std::map<std::string, double> counters;
  for (int again = 0; again < 3; again++) {
    const std::vector<TargetMetric> metrics = must(sampler->sample());
    EXPECT_FALSE(metrics.empty());
    std::set<std::string> names;
    for (const TargetMetric& metric : metrics) {
      EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " is there twice";
      EXPECT_FALSE(metric.unit.empty()) << metric.name;
      if (!metric.counter) continue;
      EXPECT_GE(metric.value, counters[metric.name]) << metric.name;
      counters[metric.name] = metric.value;
    }
    const auto other = connect();
    must(other->reset());
  }
}

TEST_F(TargetOf, a_url_that_makes_no_sense_is_an_error_before_anything_is_done) {
  for (const std::string& url : subject().bad_urls) {
    TargetSpec spec = subject().spec;
    spec.url = url;
    EXPECT_THROW(subject().driver.open(spec), Error) << url;
  }
}

TEST_F(TargetOf, what_cannot_be_reached_says_why) {
  for (const Unreachable& unreachable : subject().unreachable) {
    const auto target = subject().driver.open(unreachable.spec);
    const auto connected = target->connect();
    ASSERT_FALSE(connected) << unreachable.what;
    EXPECT_EQ(outcome(connected), to_string(unreachable.kind)) << unreachable.what << ": " << connected.error().message;
    EXPECT_THAT(connected.error().message, testing::HasSubstr(unreachable.message_has)) << unreachable.what;
    EXPECT_FALSE(target->facts()) << unreachable.what;
  }
}

}  // namespace
}  // namespace assay::conformance
