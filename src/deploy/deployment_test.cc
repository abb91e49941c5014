#include "deploy/deployment.h"

#include <gmock/gmock.h>

namespace assay::deploy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Deployment, sizes_are_exact_in_the_largest_unit_that_is) {
  EXPECT_EQ(size_text(512ull << 20), "512Mi");
  EXPECT_EQ(size_text(4ull << 30), "4Gi");
  EXPECT_EQ(size_text((1ull << 30) + (1ull << 20)), "1025Mi");
  EXPECT_EQ(size_text(3 << 10), "3Ki");
  EXPECT_EQ(size_text(1000), "1000");
}

TEST(Deployment, processors_have_no_more_digits_than_they_need) {
  EXPECT_EQ(cpus_text(0.5), "0.5");
  EXPECT_EQ(cpus_text(2), "2.0");
  EXPECT_EQ(cpus_text(0.625), "0.625");
  EXPECT_EQ(cpus_text(10), "10.0");
}

TEST(Deployment, a_worker_is_told_its_share_and_what_to_expect) {
  Deployment deployment;
  deployment.source = Source::mysql;
  deployment.limits = {0.5, 512ull << 20};
  deployment.tmpfs = 256ull << 20;
  deployment.row_count = 10'000;
  deployment.batch_size = 500;
  const Worker worker{.name = "worker-2", .tables = {"users", "orders"}, .part = {1, 4}, .seed = 42};
  EXPECT_THAT(worker_words(deployment, worker),
              ElementsAre("worker", "--worker-id", "worker-2", "--source", "mysql", "--schema", "/config/schema.yaml",
                          "--tables", "users,orders", "--shard", "1/4", "--seed", "42", "--row-count", "10000",
                          "--batch-size", "500", "--parallel", "2", "--metrics-output", "/results/worker-2.json",
                          "--expect-cpus", "0.5", "--expect-memory", "512Mi", "--expect-tmpfs", "/data:256Mi"));
}

TEST(Deployment, the_summary_has_no_secrets) {
  Deployment deployment;
  deployment.connection = {{"MYSQL_CONNECTION_STRING", "mysql://u:hunter2hunter2@h/d"}};
  deployment.database.emplace();
  deployment.database->secrets = {{"MYSQL_PASSWORD", "hunter2hunter2"}};
  deployment.database->environment = {{"MYSQL_USER", "u"}};
  const std::string text = summary(deployment).dump();
  EXPECT_THAT(text, HasSubstr("MYSQL_USER"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace assay::deploy
