// Two transactions that cannot both be: the second is told `conflict`, and may try again.
#include "drivers/conformance/conformance.h"

namespace assay::conformance {
namespace {

constexpr StatementId kRead{0}, kAdd{1};
const StatementTable kStatements = {
    {.name = "read", .text = "select n from conf_pairs where id = 1", .read_only = true},
    {.name = "add", .text = "update conf_pairs set n = n + 1 where id = 1"},
};
constexpr Transaction kSerializable{.isolation = Isolation::serializable};

using Conflict = Conformance;

TEST_F(Conflict, a_lost_update_is_refused_as_a_conflict_and_may_be_tried_again) {
  const std::int64_t ids[] = {1};
  create_pairs(ids);
  const auto other = connect();
  QueryFacet &first = query(), &second = *other->query();
  first.declare(kStatements);
  second.declare(kStatements);
  must(first.begin(kSerializable));
  must(first.execute(kRead, {}));

  // A target with one writer refuses the second at its beginning, others at its write.
  Result<> outcome_of_second = second.begin(kSerializable);
  if (outcome_of_second) must(second.execute(kRead, {}));
  must(first.execute(kAdd, {}));
  must(first.commit());
  if (outcome_of_second) {
    const auto added = second.execute(kAdd, {});
    if (!added) outcome_of_second = tl::unexpected(added.error());
  }
  if (outcome_of_second) outcome_of_second = second.commit();
  ASSERT_EQ(outcome(outcome_of_second), "conflict");
  EXPECT_FALSE(outcome_of_second.error().native_code.empty());
  EXPECT_FALSE(outcome_of_second.error().in_doubt);

  must(second.rollback());
  must(second.begin(kSerializable));
  must(second.execute(kAdd, {}));
  must(second.commit());
  EXPECT_EQ(integer("select n from conf_pairs"), 12);
}

TEST_F(Conflict, a_conflict_in_a_batch_is_answered_by_flush) {
  const std::int64_t ids[] = {1};
  create_pairs(ids);
  const auto other = connect();
  QueryFacet &first = query(), &second = *other->query();
  first.declare(kStatements);
  second.declare(kStatements);
  must(first.begin(kSerializable));
  must(first.execute(kRead, {}));
  second.enqueue_begin(kSerializable);
  second.enqueue(kRead, {});
  Result<> flushed = second.flush();
  must(first.execute(kAdd, {}));
  must(first.commit());
  if (flushed) {
    second.enqueue(kAdd, {});
    second.enqueue_commit();
    flushed = second.flush();
  }
  EXPECT_EQ(outcome(flushed), "conflict");
  must(second.rollback());
  EXPECT_FALSE(second.in_transaction());
  EXPECT_EQ(integer("select n from conf_pairs"), 11);
}

}  // namespace
}  // namespace assay::conformance
