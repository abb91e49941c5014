// A session that was cut off behind its back.
#include "drivers/conformance/conformance.h"

namespace assay::conformance {
namespace {

constexpr StatementId kInsert{0};
const StatementTable kStatements = {{.name = "insert", .text = "insert into conf_pairs (id) values ($1)"}};

using LostSession = Conformance;

TEST_F(LostSession, says_disconnected_and_a_new_one_prepares_anew) {
  create_pairs();
  query().declare(kStatements);
  const Value one[] = {std::int64_t(1)}, two[] = {std::int64_t(2)};
  must(query().execute(kInsert, one));
  subject().cut_off(*target_, *session_);
  EXPECT_EQ(outcome(query().execute(kInsert, two)), "disconnected");
  EXPECT_EQ(outcome(session_->reset()), "disconnected") << "what is lost does not come back by itself";
  session_ = connect();
  query().declare(kStatements);
  must(query().execute(kInsert, two));
  EXPECT_EQ(count("conf_pairs"), 2);
}

TEST_F(LostSession, loses_its_open_transaction) {
  create_pairs();
  query().declare(kStatements);
  const Value one[] = {std::int64_t(1)};
  must(query().begin({}));
  must(query().execute(kInsert, one));
  subject().cut_off(*target_, *session_);
  const Result<> committed = query().commit();
  ASSERT_EQ(outcome(committed), "disconnected");
  session_ = connect();
  EXPECT_EQ(count("conf_pairs"), 0);
}

TEST_F(LostSession, answers_the_batch_that_it_was_lost_in) {
  create_pairs();
  query().declare(kStatements);
  const Value one[] = {std::int64_t(1)};
  query().enqueue_begin({});
  query().enqueue(kInsert, one);
  subject().cut_off(*target_, *session_);
  query().enqueue_commit();
  EXPECT_EQ(outcome(query().flush()), "disconnected");
  session_ = connect();
  EXPECT_EQ(count("conf_pairs"), 0);
}

}  // namespace
}  // namespace assay::conformance
