#include "deploy/databases.h"

#include "base/error.h"

#include <gmock/gmock.h>

namespace assay::deploy {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr std::uint64_t kGibi = 1ull << 30;

Database made(Source source, std::uint64_t memory, std::optional<std::uint64_t> tmpfs = {}) {
  return database_of(source, {1, memory}, tmpfs, "correct-horse", {});
}

TEST(DeployDatabases, memory_is_scaled_to_the_limit_and_what_is_in_a_tmpfs_is_not_counted_twice) {
  EXPECT_THAT(made(Source::mysql, 4 * kGibi).arguments, Contains("--innodb-buffer-pool-size=2048M"));
  EXPECT_THAT(made(Source::mysql, 4 * kGibi, 2 * kGibi).arguments, Contains("--innodb-buffer-pool-size=1024M"));
  EXPECT_THAT(made(Source::postgresql, 4 * kGibi).arguments, Contains("shared_buffers=1024MB"));
  EXPECT_THAT(made(Source::mongodb, 5 * kGibi).arguments, Contains("2.00"));
  EXPECT_THAT(made(Source::mongodb, kGibi).arguments, Contains("0.25"));
}

TEST(DeployDatabases, the_documented_settings_are_there) {
  for (const Source source : {Source::mysql, Source::mariadb}) {
    EXPECT_THAT(made(source, kGibi).arguments, Contains("--max-connections=200"));
    EXPECT_THAT(made(source, kGibi).arguments, Contains("--skip-log-bin"));
  }
  for (const char* setting :
       {"max_connections=200", "wal_level=minimal", "max_wal_senders=0", "synchronous_commit=off"})
    EXPECT_THAT(made(Source::postgresql, kGibi).arguments, Contains(setting));
  EXPECT_THAT(made(Source::mongodb, kGibi).arguments, Contains("--replSet"));
}

TEST(DeployDatabases, too_little_memory_is_refused_with_what_is_expected) {
  try {
    made(Source::mysql, kGibi, kGibi * 3 / 4);
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("256Mi of memory beside its tmpfs; expected 512Mi or more (--database-memory-limit)"));
  }
}

TEST(DeployDatabases, workers_reach_it_under_the_name_of_its_service) {
  for (const Source source :
       {Source::mysql, Source::mariadb, Source::postgresql, Source::mongodb, Source::neo4j, Source::kafka}) {
    const Database database = made(source, 2 * kGibi);
    const std::string where = connection_of(source, "correct-horse").at(0).value;
    EXPECT_THAT(where, HasSubstr(fmt::format("{}:{}", database.name, database.port)));
    bool named = false;
    for (const std::string& word : database.reachable) named = named || word.find(database.name) != std::string::npos;
    EXPECT_TRUE(named) << database.name;
  }
}

TEST(DeployDatabases, take_the_sessions_of_all_workers) {
  for (const auto& [source, form] : {std::pair{Source::mariadb, "--max-connections={}"},
                                     {Source::mysql, "--max-connections={}"},
                                     {Source::postgresql, "max_connections={}"}})
    for (const auto& [sessions, connections] : {std::pair{64, 200}, {180, 200}, {181, 201}, {2000, 2020}})
      EXPECT_THAT(
          database_of(source, {1, kGibi}, {}, "correct-horse", {}, static_cast<std::uint64_t>(sessions)).arguments,
          Contains(fmt::format(fmt::runtime(form), connections)));
}

}  // namespace
}  // namespace assay::deploy
