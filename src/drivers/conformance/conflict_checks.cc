// Two transactions that cannot both be: one of them is told `conflict`, and may try again. Which one, and at which of its
// statements, is the target's choice: at its beginning where there is one writer, at its write where the target compares
// with what it has read, at the write of either where both hold locks that the other waits for.
#include "drivers/conformance/conformance.h"

#include <array>
#include <barrier>
#include <thread>

namespace assay::conformance {
namespace {

constexpr StatementId kRead{0}, kAdd{1};
const StatementTable kStatements = {
    {.name = "read", .text = "select n from conf_pairs where id = 1", .read_only = true},
    {.name = "add", .text = "update conf_pairs set n = n + 1 where id = 1"},
};
constexpr Transaction kSerializable{.isolation = Isolation::serializable};

class Conflict : public Conformance {
 protected:
  using Wait = std::function<void()>;
  using Add = Result<> (*)(QueryFacet&, const Wait&);

  /// `between` is called once, when the row was read or cannot be.
  static Result<> add_by_statements(QueryFacet& query, const Wait& between) {
    Result<> done = query.begin(kSerializable);
    if (done) done = without_value(query.execute(kRead, {}));
    between();
    if (done) done = without_value(query.execute(kAdd, {}));
    return done ? query.commit() : done;
  }
  static Result<> add_by_batches(QueryFacet& query, const Wait& between) {
    query.enqueue_begin(kSerializable);
    query.enqueue(kRead, {});
    Result<> done = query.flush();
    between();
    if (!done) return done;
    query.enqueue(kAdd, {});
    query.enqueue_commit();
    return query.flush();
  }

  /// Both read the row before either changes it. One change is lost as a conflict, and made when it is tried again.
  void expect_one_conflict(Add add) {
    const std::int64_t ids[] = {1};
    create_pairs(ids);
    const auto other = connect();
    const std::array<QueryFacet*, 2> queries = {&query(), other->query()};
    std::array<Result<>, 2> outcomes;
    std::barrier both_have_read(2);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < 2; i++)
        threads.emplace_back([&, i] {
          queries[i]->declare(kStatements);
          outcomes[i] = add(*queries[i], [&] { both_have_read.arrive_and_wait(); });
          // What it holds may be what the other one waits for.
          if (!outcomes[i]) {
            EXPECT_EQ(outcome(queries[i]->rollback()), "ok");
          }
        });
    }
    const std::size_t loser = outcomes[0] ? 1 : 0;
    ASSERT_EQ(outcome(outcomes[1 - loser]), "ok") << outcomes[1 - loser].error().message;
    ASSERT_EQ(outcome(outcomes[loser]), "conflict");
    EXPECT_FALSE(outcomes[loser].error().native_code.empty());
    EXPECT_FALSE(outcomes[loser].error().in_doubt);
    EXPECT_FALSE(queries[loser]->in_transaction());
    EXPECT_EQ(integer("select n from conf_pairs"), 11);
    must(add(*queries[loser], [] {}));
    EXPECT_EQ(integer("select n from conf_pairs"), 12);
  }

 private:
  static Result<> without_value(Result<const ResultSet*> result) {
    if (!result) return tl::unexpected(std::move(result.error()));
    return {};
  }
};

TEST_F(Conflict, a_lost_update_is_refused_as_a_conflict_and_may_be_tried_again) {
  expect_one_conflict(add_by_statements);
}

TEST_F(Conflict, a_conflict_in_a_batch_is_answered_by_flush) { expect_one_conflict(add_by_batches); }

}  // namespace
}  // namespace assay::conformance
