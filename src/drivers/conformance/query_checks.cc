// The query facet: statements and transactions.
#include "drivers/conformance/conformance.h"
#include "runtime/wait.h"

#include <atomic>
#include <thread>

namespace assay::conformance {
namespace {

constexpr StatementId kInsert{0}, kByIdDescending{1}, kUpdate{2}, kBroken{3};
const StatementTable kStatements = {
    {.name = "insert", .text = "insert into conf_pairs (id, n) values ($1, $2)"},
    {.name = "by_id", .text = "select id, n from conf_pairs where id >= $1 order by id desc", .read_only = true},
    {.name = "update", .text = "update conf_pairs set n = n + $2 where id <= $1"},
    {.name = "broken", .text = "select nothing from conf_nowhere"},
};

using Query = Conformance;

TEST_F(Query, a_declared_statement_runs_as_often_as_it_is_called) {
  create_pairs();
  query().declare(kStatements);
  for (const std::int64_t id : {1, 2, 3}) {
    const Value arguments[] = {id, 10 * id};
    EXPECT_EQ(must(query().execute(kInsert, arguments))->affected(), 1u);
  }
  const Value from[] = {std::int64_t(2)};
  for (int again = 0; again < 3; again++) {
    const ResultSet& answer = *must(query().execute(kByIdDescending, from));
    ASSERT_EQ(answer.size(), 2u);
    ASSERT_EQ(answer.columns(), 2u);
    EXPECT_EQ(answer.integer(0, 0), 3);
    EXPECT_EQ(answer.integer(0, 1), 30);
    EXPECT_EQ(answer.integer(1, 0), 2);
    EXPECT_EQ(answer.integer(1, 1), 20);
  }
}

TEST_F(Query, statements_declared_anew_take_the_place_of_the_old_ones) {
  create_pairs();
  query().declare(kStatements);
  const Value arguments[] = {std::int64_t(1), std::int64_t(10)};
  must(query().execute(kInsert, arguments));
  const StatementTable other = {{.name = "count", .text = "select count(*) from conf_pairs", .read_only = true}};
  query().declare(other);
  EXPECT_EQ(must(query().execute(StatementId{0}, {}))->integer(0, 0), 1);
}

TEST_F(Query, an_answer_without_rows_is_empty) {
  create_pairs();
  query().declare(kStatements);
  const Value from[] = {std::int64_t(1)};
  const ResultSet& answer = *must(query().execute(kByIdDescending, from));
  EXPECT_TRUE(answer.empty());
  EXPECT_EQ(answer.size(), 0u);
}

TEST_F(Query, affected_counts_the_rows_that_were_changed) {
  const std::int64_t ids[] = {1, 2, 3, 4};
  create_pairs(ids);
  EXPECT_EQ(must(query().run("update conf_pairs set n = 0 where id <= 3"))->affected(), 3u);
  EXPECT_EQ(must(query().run("update conf_pairs set n = 0 where id > 100"))->affected(), 0u);
  EXPECT_EQ(must(query().run("delete from conf_pairs where id = 1"))->affected(), 1u);
  EXPECT_EQ(must(query().run("insert into conf_pairs (id) values (8), (9)"))->affected(), 2u);
}

TEST_F(Query, a_parameter_may_stand_twice_and_in_any_order) {
  const std::int64_t ids[] = {1, 2, 3};
  create_pairs(ids);
  const Value arguments[] = {std::int64_t(1), std::int64_t(3)};
  EXPECT_EQ(integer("select count(*) from conf_pairs where id = $2 or id = $1 or n = 10 * $2", arguments), 2);
  EXPECT_EQ(integer("select n from conf_pairs where id = $2 and id > $1", arguments), 30);
}

TEST_F(Query, a_dollar_in_a_literal_or_a_comment_is_no_parameter) {
  create_pairs();
  const Value arguments[] = {std::int64_t(7)};
  must(query().run("insert into conf_pairs (id, t) /* $2 */ values ($1, 'it''s $2 -- $3') -- $4", arguments));
  EXPECT_EQ(must(query().run("select t from conf_pairs"))->text(0, 0), "it's $2 -- $3");
}

TEST_F(Query, wrong_sql_is_rejected_and_the_session_goes_on) {
  create_pairs();
  query().declare(kStatements);
  EXPECT_EQ(outcome(query().run("selec 1")), "rejected");
  EXPECT_EQ(outcome(query().run("select * from conf_nowhere")), "rejected");
  EXPECT_EQ(outcome(query().execute(kBroken, {})), "rejected");
  EXPECT_EQ(integer("select count(*) from conf_pairs"), 0);
  const Value arguments[] = {std::int64_t(1), std::int64_t(10)};
  must(query().execute(kInsert, arguments));
}

TEST_F(Query, a_failure_carries_the_targets_own_code_and_message) {
  const auto failed = query().run("select * from conf_nowhere");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, testing::HasSubstr("conf_nowhere"));
  EXPECT_FALSE(failed.error().native_code.empty());
  EXPECT_FALSE(failed.error().in_doubt);
}

TEST_F(Query, a_violated_constraint_is_rejected) {
  const std::int64_t ids[] = {1};
  create_pairs(ids);
  EXPECT_EQ(outcome(query().run("insert into conf_pairs (id) values (1)")), "rejected");
  EXPECT_EQ(count("conf_pairs"), 1);
}

TEST_F(Query, what_was_committed_stays_and_others_see_it_only_then) {
  create_pairs();
  EXPECT_FALSE(query().in_transaction());
  must(query().begin({}));
  EXPECT_TRUE(query().in_transaction());
  must(query().run("insert into conf_pairs (id) values (1)"));
  EXPECT_EQ(integer("select count(*) from conf_pairs"), 1) << "a transaction reads what it wrote";
  EXPECT_EQ(count("conf_pairs"), 0) << "nobody else does";
  must(query().commit());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 1);
}

TEST_F(Query, what_was_rolled_back_is_gone) {
  create_pairs();
  must(query().begin({}));
  must(query().run("insert into conf_pairs (id) values (1)"));
  must(query().rollback());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 0);
  must(query().rollback());  // nothing is open: no error
}

TEST_F(Query, after_a_failure_in_a_transaction_a_rollback_takes_back_all_of_it) {
  create_pairs();
  must(query().begin({}));
  must(query().run("insert into conf_pairs (id) values (1)"));
  EXPECT_EQ(outcome(query().run("insert into conf_pairs (id) values (1)")), "rejected");
  EXPECT_TRUE(query().in_transaction());
  must(query().rollback());
  EXPECT_EQ(count("conf_pairs"), 0);
  must(query().begin({}));
  must(query().run("insert into conf_pairs (id) values (2)"));
  must(query().commit());
  EXPECT_EQ(count("conf_pairs"), 1);
}

TEST_F(Query, reset_rolls_back_what_is_open) {
  create_pairs();
  must(query().begin({}));
  must(query().run("insert into conf_pairs (id) values (1)"));
  must(session_->reset());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 0);
  must(session_->reset());
  EXPECT_EQ(integer("select count(*) from conf_pairs"), 0);
}

TEST_F(Query, closing_a_session_rolls_back_what_is_open) {
  create_pairs();
  auto other = connect();
  must(other->query()->begin({}));
  must(other->query()->run("insert into conf_pairs (id) values (1)"));
  other.reset();
  EXPECT_EQ(count("conf_pairs"), 0);
}

TEST_F(Query, begin_takes_the_isolation_levels_of_the_dialect_and_no_other) {
  const auto& known = dialect().isolations;
  for (const Isolation isolation :
       {Isolation::default_level, Isolation::read_uncommitted, Isolation::read_committed, Isolation::repeatable_read,
        Isolation::snapshot, Isolation::serializable, Isolation::linearizable}) {
    const bool listed = std::find(known.begin(), known.end(), isolation) != known.end();
    EXPECT_EQ(outcome(query().begin({.isolation = isolation})), listed ? "ok" : "rejected") << to_string(isolation);
    must(query().rollback());
  }
  EXPECT_THAT(known, testing::Contains(Isolation::default_level));
}

TEST_F(Query, a_read_only_transaction_reads_and_does_not_write) {
  const std::int64_t ids[] = {1, 2};
  create_pairs(ids);
  must(query().begin({.read_only = true}));
  EXPECT_EQ(integer("select count(*) from conf_pairs"), 2);
  EXPECT_EQ(outcome(query().run("delete from conf_pairs")), "rejected");
  must(query().rollback());
  EXPECT_EQ(count("conf_pairs"), 2);
  must(query().begin({.read_only = true}));
  EXPECT_EQ(integer("select sum(id) from conf_pairs where id > 1"), 2);
  must(query().commit());
}

TEST_F(Query, the_default_isolation_level_is_one_that_begin_takes) {
  const Isolation level = default_isolation(*session_);
  EXPECT_NE(level, Isolation::default_level);
  EXPECT_THAT(dialect().isolations, testing::Contains(level)) << to_string(level);
}

TEST_F(Query, an_update_returns_what_it_wrote_where_the_dialect_says_so) {
  const std::int64_t ids[] = {1, 2};
  create_pairs(ids);
  const auto updated = query().run("update conf_pairs set n = n + 1 where id = 2 returning n, id");
  if (!dialect().returning) {
    EXPECT_EQ(outcome(updated), "rejected");
    return;
  }
  const ResultSet& answer = *must(updated);
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer.integer(0, 0), 21);
  EXPECT_EQ(answer.integer(0, 1), 2);
  EXPECT_EQ(answer.affected(), 1u);
}

TEST_F(Query, rows_are_locked_for_update_where_the_dialect_says_so) {
  const std::int64_t ids[] = {1, 2};
  create_pairs(ids);
  must(query().begin({}));
  EXPECT_EQ(outcome(query().run("select n from conf_pairs where id = 2 for update")),
            dialect().for_update ? "ok" : "rejected");
  must(query().rollback());
}

TEST_F(Query, ten_thousand_rows_arrive_whole_and_in_order) {
  std::vector<std::int64_t> ids(10'000);
  for (std::size_t i = 0; i < ids.size(); i++) ids[i] = static_cast<std::int64_t>(i);
  create_pairs(ids);
  const ResultSet& answer = *must(query().run("select id, n, t from conf_pairs order by id"));
  ASSERT_EQ(answer.size(), 10'000u);
  for (std::size_t r = 0; r < answer.size(); r++) {
    ASSERT_EQ(answer.integer(r, 0), static_cast<std::int64_t>(r));
    ASSERT_EQ(answer.integer(r, 1), static_cast<std::int64_t>(10 * r));
    ASSERT_TRUE(is_null(answer.at(r, 2)));
  }
}

TEST_F(Query, round_trips_are_counted) {
  create_pairs();
  const std::uint64_t before = session_->round_trips();
  for (int i = 0; i < 5; i++) must(query().run("select 1"));
  EXPECT_GE(session_->round_trips(), before + 5);
}

/// Adds 1 to the row, trying again as long as the target says that it may succeed.
void increment(Session& session) {
  const Value arguments[] = {std::int64_t(1), std::int64_t(1)};
  for (;;) {
    const auto done = session.query()->execute(kUpdate, arguments);
    if (done) return;
    if (done.error().kind != FailureKind::conflict) throw Error(done.error().message);
    must(session.reset());
    runtime::yield();
  }
}

TEST_F(Query, what_many_sessions_add_at_once_is_all_there) {
  constexpr int kSessions = 4, kEach = 50;
  const std::int64_t ids[] = {1};
  create_pairs(ids);
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < kSessions; s++)
      threads.emplace_back([&] {
        try {
          const auto session = connect();
          session->query()->declare(kStatements);
          for (int i = 0; i < kEach; i++) increment(*session);
        } catch (const std::exception& error) {
          failed++;
          ADD_FAILURE() << error.what();
        }
      });
  }
  ASSERT_EQ(failed, 0);
  EXPECT_EQ(integer("select n from conf_pairs"), 10 + kSessions * kEach);
}

}  // namespace
}  // namespace assay::conformance
