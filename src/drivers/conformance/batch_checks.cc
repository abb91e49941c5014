// The query facet: batches.
#include "drivers/conformance/conformance.h"

namespace assay::conformance {
namespace {

constexpr StatementId kInsert{0}, kGet{1}, kBroken{2};
const StatementTable kStatements = {
    {.name = "insert", .text = "insert into conf_pairs (id, n, t) values ($1, $2, $3)"},
    {.name = "get", .text = "select n, t from conf_pairs where id = $1", .read_only = true},
    {.name = "broken", .text = "insert into conf_nowhere (id) values ($1)"},
};

class Batch : public Conformance {
 protected:
  std::size_t insert(std::int64_t id, std::string_view text = "") {
    const Value arguments[] = {id, 10 * id, text};
    return query().enqueue(kInsert, arguments);
  }
  std::size_t get(std::int64_t id) {
    const Value arguments[] = {id};
    return query().enqueue(kGet, arguments);
  }
  /// Enqueues a statement that fails when it runs: the id is there already.
  std::size_t insert_again(std::int64_t id) { return insert(id); }
};

TEST_F(Batch, results_are_found_by_the_index_that_enqueue_answered) {
  create_pairs();
  query().declare(kStatements);
  const std::size_t first = insert(1, "one"), second = insert(2, "two"), third = get(2), fourth = get(1),
                    fifth = get(3);
  must(query().flush());
  EXPECT_EQ(query().result(first).affected(), 1u);
  EXPECT_EQ(query().result(second).affected(), 1u);
  EXPECT_EQ(query().result(third).integer(0, 0), 20);
  EXPECT_EQ(query().result(third).text(0, 1), "two");
  EXPECT_EQ(query().result(fourth).text(0, 1), "one");
  EXPECT_TRUE(query().result(fifth).empty());
}

TEST_F(Batch, a_new_batch_counts_from_zero_again) {
  create_pairs();
  query().declare(kStatements);
  EXPECT_EQ(insert(1), 0u);
  EXPECT_EQ(insert(2), 1u);
  must(query().flush());
  EXPECT_EQ(get(2), 0u);
  must(query().flush());
  EXPECT_EQ(query().result(0).integer(0, 0), 20);
}

TEST_F(Batch, a_batch_of_nothing_is_good) {
  must(query().flush());
  must(query().flush());
}

TEST_F(Batch, arguments_are_taken_over_at_enqueue) {
  create_pairs();
  query().declare(kStatements);
  std::string text = "as it was";
  insert(1, text);
  text.assign(text.size(), '!');
  must(query().flush());
  EXPECT_EQ(must(query().run("select t from conf_pairs"))->text(0, 0), "as it was");
}

TEST_F(Batch, a_transaction_fits_into_one_batch) {
  create_pairs();
  query().declare(kStatements);
  query().enqueue_begin({});
  const std::size_t inserted = insert(1), read = get(1);
  query().enqueue_commit();
  must(query().flush());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(inserted, 0u) << "begin has no result of its own";
  EXPECT_EQ(query().result(read).integer(0, 0), 10);
  EXPECT_EQ(count("conf_pairs"), 1);
}

TEST_F(Batch, a_transaction_may_begin_in_one_batch_and_end_in_another) {
  create_pairs();
  query().declare(kStatements);
  query().enqueue_begin({});
  insert(1);
  must(query().flush());
  EXPECT_TRUE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 0);
  insert(2);
  query().enqueue_commit();
  must(query().flush());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 2);
}

TEST_F(Batch, behind_a_failure_nothing_is_carried_out_nor_committed) {
  create_pairs();
  query().declare(kStatements);
  query().enqueue_begin({});
  const std::size_t good = insert(1, "good"), bad = insert_again(1), behind = insert(2), read = get(1);
  query().enqueue_commit();
  const Result<> flushed = query().flush();
  EXPECT_EQ(outcome(flushed), "rejected");
  EXPECT_FALSE(flushed.error().in_doubt);
  EXPECT_EQ(query().result(good).affected(), 1u);
  EXPECT_EQ(query().result(bad).affected(), 0u);
  EXPECT_EQ(query().result(behind).affected(), 0u);
  EXPECT_TRUE(query().result(read).empty());
  EXPECT_TRUE(query().in_transaction());
  must(query().rollback());
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 0);
}

TEST_F(Batch, a_statement_that_cannot_be_prepared_fails_its_batch_only) {
  create_pairs();
  query().declare(kStatements);
  query().enqueue_begin({});
  insert(1);
  const Value arguments[] = {std::int64_t(1)};
  query().enqueue(kBroken, arguments);
  insert(2);
  query().enqueue_commit();
  const Result<> flushed = query().flush();
  ASSERT_EQ(outcome(flushed), "rejected");
  EXPECT_THAT(flushed.error().message, testing::HasSubstr("conf_nowhere"));
  must(query().rollback());

  insert(3);
  must(query().flush());
  EXPECT_EQ(integer("select sum(id) from conf_pairs"), 3);
}

TEST_F(Batch, after_a_failure_outside_a_transaction_the_next_batch_works) {
  const std::int64_t ids[] = {1};
  create_pairs(ids);
  query().declare(kStatements);
  insert_again(1);
  insert(2);
  EXPECT_EQ(outcome(query().flush()), "rejected");
  EXPECT_FALSE(query().in_transaction());
  EXPECT_EQ(count("conf_pairs"), 1) << "what stands behind the failure was not carried out";
  insert(3);
  must(query().flush());
  EXPECT_EQ(count("conf_pairs"), 2);
}

TEST_F(Batch, rollback_drops_what_is_enqueued) {
  create_pairs();
  query().declare(kStatements);
  query().enqueue_begin({});
  insert(1);
  must(query().rollback());
  EXPECT_FALSE(query().in_transaction());
  must(query().flush());
  EXPECT_EQ(count("conf_pairs"), 0);
}

TEST_F(Batch, a_batch_larger_than_any_buffer_between_goes_through) {
  constexpr int kRows = 2'000;
  create_pairs();
  query().declare(kStatements);
  const std::string text(4'000, 'x');
  query().enqueue_begin({});
  for (int i = 0; i < kRows; i++) insert(i, text);
  query().enqueue_commit();
  must(query().flush());
  for (int i = 0; i < kRows; i++) get(i);
  must(query().flush());
  for (int i = 0; i < kRows; i++) {
    ASSERT_EQ(query().result(static_cast<std::size_t>(i)).integer(0, 0), 10 * i);
    ASSERT_EQ(query().result(static_cast<std::size_t>(i)).text(0, 1), text);
  }
}

TEST_F(Batch, a_batch_costs_no_more_round_trips_than_its_statements) {
  create_pairs();
  query().declare(kStatements);
  insert(0);
  must(query().flush());
  const std::uint64_t before = session_->round_trips();
  for (int i = 1; i <= 10; i++) insert(i);
  must(query().flush());
  const std::uint64_t used = session_->round_trips() - before;
  EXPECT_GE(used, 1u);
  EXPECT_LE(used, 10u);
}

}  // namespace
}  // namespace assay::conformance
