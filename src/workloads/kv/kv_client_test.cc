#include "workloads/kv/test_target.h"
#include "workloads/kv/verified_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace assay::kv {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class KvRun : public testing::Test, protected TestTarget {
 protected:
  /// The group of a run of these options on what was prepared.
  Group group(const Values& values, Shard shard = {}) {
    workload_ = workload(values);
    std::vector<Group> groups = workload_->groups(*target_, {.shard = shard, .seed = 5});
    workload_->before_run(*target_);
    return std::move(groups.at(0));
  }
  /// Carries out `count` operations; answers how often each was drawn. Fails at the first failure.
  static std::map<std::string, std::uint64_t> run(const Group& group, Client& client, Session& session,
                                                  TestContext& context, std::uint64_t count) {
    EXPECT_TRUE(group.set_up(session));
    std::map<std::string, std::uint64_t> drawn;
    for (std::uint64_t i = 0; i < count; i++) {
      const OperationId operation = client.next(0);
      const Result<> done = client.run(context, operation);
      EXPECT_TRUE(done) << done.error().message;
      if (!done) break;
      drawn[group.operations.at(static_cast<std::size_t>(operation)).name]++;
    }
    return drawn;
  }
  std::map<std::string, std::uint64_t> run(const Group& group, std::uint64_t count) {
    const auto opened = session();
    TestContext context(*opened);
    return run(group, *group.make_client(0), *opened, context, count);
  }
  Failure failure_of(const Values& values) {
    const Group made = group(values);
    const auto opened = session();
    TestContext context(*opened);
    const auto client = made.make_client(0);
    for (int i = 0; i < 1000; i++) {
      const OperationId operation = client->next(0);
      if (const Result<> done = client->run(context, operation); !done) return done.error();
    }
    return {.message = "no failure"};
  }
  std::unique_ptr<Workload> workload_;
};

TEST_F(KvRun, every_operation_works_and_the_data_stays_whole) {
  prepare({{"rows", "1000"}, {"value-size", "32..200"}});
  const Group made = group({{"mix", "get=1,put=1,update=1,insert=1,scan=1,batch_get=1,batch_put=1,read_modify_write=1"},
                            {"scan-length", "1..20"}});
  EXPECT_EQ(run(made, 4000).size(), 8u);
  EXPECT_THAT(check(), IsEmpty());
  EXPECT_GT(content().size(), 1000u);
}

TEST_F(KvRun, operations_are_drawn_by_their_weights) {
  prepare({{"rows", "1000"}});
  constexpr double kCount = 10'000;
  const auto drawn =
      run(group({{"mix", "get=90,scan=7,batch_get=3"}, {"scan-length", "1"}, {"batch-size", "1"}}), 10'000);
  for (const auto& [name, p] : {std::pair("get", 0.9), std::pair("scan", 0.07), std::pair("batch_get", 0.03)})
    EXPECT_NEAR(static_cast<double>(drawn.at(name)), kCount * p, 5 * std::sqrt(kCount * p * (1 - p))) << name;
}

class KvPresets : public KvRun, public testing::WithParamInterface<std::string> {};

TEST_P(KvPresets, run_clean_and_leave_the_data_whole) {
  prepare({{"rows", "2000"}, {"preset", GetParam()}, {"value-size", "100"}});
  run(group({{"preset", GetParam()}}), 2000);
  EXPECT_THAT(check(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Ycsb, KvPresets, testing::Values("a", "b", "c", "d", "e", "f"));

TEST_F(KvRun, inserts_are_fresh_and_later_runs_and_other_shards_go_on_behind_them) {
  prepare({{"rows", "500"}});
  for (int round = 0; round < 3; round++) run(group({{"mix", "insert=1"}}), 300);
  EXPECT_EQ(content().size(), 500u + 3 * 300);
  run(group({{"mix", "insert=1"}}, {.index = 0, .count = 2}), 100);
  run(group({{"mix", "insert=1"}}, {.index = 1, .count = 2}), 100);
  EXPECT_EQ(content().size(), 500u + 3 * 300 + 200);
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(KvRun, clients_read_what_others_inserted_but_never_what_is_not_there_yet) {
  prepare({{"rows", "10"}});
  const Group made = group({{"mix", "get=1,insert=1"}, {"distribution", "latest"}});
  const auto opened = session();
  TestContext context(*opened);
  ASSERT_TRUE(made.set_up(*opened));
  const auto slow = made.make_client(0), other = made.make_client(1);
  // The slow client has drawn an insert that it does not carry out; the other one works on.
  OperationId drawn{};
  while (made.operations.at(static_cast<std::size_t>(drawn = slow->next(0))).name != "insert") {
  }
  run(made, *other, *opened, context, 2000);
  ASSERT_TRUE(slow->run(context, drawn));
  run(made, *other, *opened, context, 2000);
}

TEST_F(KvRun, deleted_keys_are_no_failure_and_are_counted) {
  prepare({{"rows", "200"}});
  const Group made = group({{"mix", "get=1,delete=1,update=1,read_modify_write=1,batch_get=1,scan=1"}});
  const auto opened = session();
  TestContext context(*opened);
  run(made, *made.make_client(0), *opened, context, 2000);
  EXPECT_LT(content().size(), 200u);
  EXPECT_GT(context.counts[0], 0u);
  EXPECT_THAT(check(), IsEmpty());
  // A later run without deletes meets the holes.
  run(group({{"mix", "get=1"}}), 500);
}

TEST_F(KvRun, a_missing_key_is_a_wrong_answer_that_names_it) {
  prepare({{"rows", "1"}});
  ASSERT_TRUE(*session()->kv()->remove("user000000000000"));
  for (const char* mix : {"get=1", "update=1", "read_modify_write=1", "scan=1"}) {
    const Failure failure = failure_of({{"mix", mix}});
    EXPECT_EQ(failure.kind, FailureKind::wrong_answer) << mix;
    EXPECT_THAT(failure.message, HasSubstr("user000000000000")) << mix;
  }
}

TEST_F(KvRun, a_flipped_byte_is_a_wrong_answer_of_every_operation_that_reads) {
  prepare({{"rows", "20"}});
  for (const auto& [key, value] : content()) {
    std::string wrong = value;
    wrong[70] = static_cast<char>(wrong[70] ^ 0x10);
    ASSERT_TRUE(session()->kv()->put(key, wrong));
  }
  for (const char* mix : {"get=1", "scan=1", "batch_get=1", "read_modify_write=1"}) {
    const Failure failure = failure_of({{"mix", mix}});
    EXPECT_EQ(failure.kind, FailureKind::wrong_answer) << mix;
    EXPECT_THAT(failure.message, HasSubstr("wrong bytes from offset 64 of 100")) << mix;
  }
}

TEST_F(KvRun, a_lost_write_is_a_wrong_answer) {
  prepare({{"rows", "1"}});
  const std::string loaded = content().begin()->second;
  const Group made = group({{"mix", "update=1,get=1"}});
  const auto opened = session();
  TestContext context(*opened);
  const auto client = made.make_client(0);
  run(made, *client, *opened, context, 20);
  ASSERT_NE(content().begin()->second, loaded);
  ASSERT_TRUE(session()->kv()->put("user000000000000", loaded));  // as if the target had forgotten it
  Result<> done;
  for (int i = 0; i < 100 && done; i++) {
    OperationId drawn{};
    while (made.operations.at(static_cast<std::size_t>(drawn = client->next(0))).name != "get") {
    }
    done = client->run(context, drawn);
  }
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("a later write was acknowledged"));
}

TEST_F(KvRun, a_scan_that_leaves_rows_out_is_a_wrong_answer) {
  prepare({{"rows", "100"}});
  for (int i = 10; i < 100; i++) ASSERT_TRUE(*session()->kv()->remove(fmt::format("user{:012}", i)));
  const Failure failure = failure_of({{"mix", "scan=1"}, {"scan-length", "50"}, {"distribution", "sequential"}});
  EXPECT_EQ(failure.kind, FailureKind::wrong_answer);
  EXPECT_THAT(failure.message, HasSubstr("found 10 rows, expected 50"));
}

TEST_F(KvRun, a_retried_insert_is_the_same_row) {
  prepare({{"rows", "10"}});
  const Group made = group({{"mix", "insert=1"}});
  const auto opened = session();
  ASSERT_TRUE(made.set_up(*opened));
  TestContext context(*opened);
  const auto client = made.make_client(0), other = made.make_client(1);
  client->next(0);  // never carried out: as an insert that failed
  const OperationId drawn = other->next(0);
  ASSERT_TRUE(other->run(context, drawn));
  client->next(0);
  ASSERT_TRUE(client->run(context, OperationId{0}));
  EXPECT_EQ(content().rbegin()->first, "user000000000011");
  EXPECT_EQ(content().size(), 12u);
}

TEST_F(KvRun, the_verdict_fails_on_one_wrong_answer) {
  prepare({{"rows", "10"}});
  const Group made = group({{"mix", "get=1"}});
  RunSummary summary;
  summary.groups.push_back({GroupStats(1, 1), GroupStats(1, 1)});
  EXPECT_EQ(workload_->conclude(summary).requirements.at(0).verdict, Requirement::Verdict::pass);
  summary.groups[0].whole.operations[0].failures[static_cast<std::size_t>(FailureKind::wrong_answer)] = 1;
  const Statements said = workload_->conclude(summary);
  EXPECT_EQ(said.requirements.at(0).verdict, Requirement::Verdict::fail);
  EXPECT_TRUE(said.requirements.at(0).decides);
}

}  // namespace
}  // namespace assay::kv
