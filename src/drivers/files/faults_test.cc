// Directories that are not as they should be, processes that are killed, and disks that are full.
#include "core/meta.h"
#include "drivers/files/file.h"
#include "drivers/files/files_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <numeric>
#include <thread>

namespace assay::files {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::string_view kWorkload = "w";

/// Permissions do not bind root: as long as this lives we act as nobody.
class AsNobody {
 public:
  AsNobody() {
    if (geteuid() == 0 && seteuid(65534) == 0) was_root_ = true;
  }
  ~AsNobody() {
    if (was_root_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_ = false;
};

class FilesFaults : public testing::TestWithParam<const Driver*> {
 protected:
  std::unique_ptr<Target> target(const std::string& directory) const { return target_of(*GetParam(), directory); }
  std::unique_ptr<Session> connect() const { return open_session(*target(directory_.path())); }
  std::string file() const { return directory_ / ("users." + std::string(GetParam()->info().name)); }
  std::string record() const { return directory_ / (".assay_meta_" + std::string(GetParam()->info().name)); }

  /// Writes the chunks that are not noted yet, of so many rows each, as a resumed prepare does.
  static Result<> load(Session& session, std::int64_t chunks, std::int64_t rows) {
    Meta meta(session, kWorkload);
    const auto done = meta.all("chunk/");
    for (std::int64_t chunk = 0; chunk < chunks; chunk++) {
      const std::string name = fmt::format("chunk/{:04}", chunk);
      if (done.contains(name)) continue;
      const RowsNote note{kWorkload, name, "done"};
      if (Result<> written = session.rows()->write_noted(users(), users_from(chunk * rows, rows), note, true); !written)
        return written;
    }
    return {};
  }
  /// All ids of [0, count), each once.
  static void expect_all(Session& session, std::int64_t count) {
    std::vector<std::int64_t> ids = ids_in(session), expected(static_cast<std::size_t>(count));
    std::sort(ids.begin(), ids.end());
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(ids, expected);
  }

  const TempDirectory directory_;
};
INSTANTIATE_TEST_SUITE_P(, FilesFaults, testing::Values(&csv_driver(), &jsonl_driver()),
                         [](const auto& format) { return std::string(format.param->info().name); });

TEST_P(FilesFaults, a_directory_that_may_not_be_used_is_named_and_says_why) {
  EXPECT_THAT(
      outcome(target(directory_ / "no")->connect()),
      AllOf(HasSubstr("disconnected: the directory " + directory_ / "no" + " is not there"), HasSubstr("mkdir -p")));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "no"));
  set_text(directory_ / "file", "");
  EXPECT_THAT(outcome(target(directory_ / "file")->connect()), HasSubstr(directory_ / "file" + " is no directory"));
  EXPECT_THAT(outcome(target(directory_ / "file/below")->connect()),
              HasSubstr(directory_ / "file/below" + ": Not a directory"));
  std::filesystem::create_directory(directory_ / "closed");
  ASSERT_EQ(chmod((directory_ / "closed").c_str(), 0700), 0);
  std::filesystem::create_directory(directory_ / "shown");
  ASSERT_EQ(chmod((directory_ / "shown").c_str(), 0555), 0);
  ASSERT_EQ(chmod(directory_.path().c_str(), 0755), 0);
  const AsNobody nobody;
  EXPECT_THAT(outcome(target(directory_ / "closed")->connect()), HasSubstr("may not be read by us"));
  EXPECT_THAT(outcome(target(directory_ / "shown")->connect()), HasSubstr("may not be written by us"));
}

TEST_P(FilesFaults, who_only_reads_needs_no_right_to_write) {
  connect()->rows()->create(users());
  ASSERT_EQ(outcome(connect()->rows()->write(users(), users_from(0, 3))), "ok");
  for (const std::string& path : {file(), record()}) ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(chmod(directory_.path().c_str(), 0555), 0);
  const AsNobody nobody;
  const auto reader = GetParam()->open({.url = std::string(GetParam()->info().name) + ":" + directory_.path(),
                                        .options = Options(GetParam()->info().options),
                                        .may_create = false});
  const auto session = open_session(*reader);
  expect_all(*session, 3);
  EXPECT_FALSE(Meta(*session, kWorkload).exists());
  EXPECT_THAT(outcome(session->rows()->write(users(), users_from(3, 1))),
              AllOf(HasSubstr("rejected: opening " + file()), HasSubstr("Permission denied")));
}

TEST_P(FilesFaults, a_writer_that_is_killed_at_any_time_leaves_what_a_second_one_completes) {
  constexpr std::int64_t kChunks = 40, kRows = 25;
  for (int round = 0; round < 8; round++) {
    {
      const auto session = connect();
      Meta(*session, kWorkload).create();
      session->rows()->create(users());
    }
    OtherProcess writer([&] { static_cast<void>(load(*connect(), kChunks, kRows)); });
    // At another place each time: when so many of its chunks are noted.
    const auto watcher = connect();
    while (Meta(*watcher, kWorkload).all("chunk/").size() < static_cast<std::size_t>(round * 4))
      std::this_thread::sleep_for(std::chrono::microseconds(200));  // polling another process
    writer.kill_now();
    const auto session = connect();
    ASSERT_EQ(outcome(load(*session, kChunks, kRows)), "ok");
    expect_all(*session, kChunks * kRows);
    session->rows()->drop("users");
    Meta(*session, kWorkload).remove();
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  }
}

TEST_P(FilesFaults, what_was_left_at_every_byte_of_a_write_is_completed) {
  const auto session = connect();
  Meta(*session, kWorkload).create();
  session->rows()->create(users());
  ASSERT_EQ(outcome(load(*session, 1, 2)), "ok");
  const std::string rows_before = text_of(file()), record_before = text_of(record());
  ASSERT_EQ(outcome(load(*session, 2, 2)), "ok");
  const std::string rows_after = text_of(file()), record_after = text_of(record());
  // Killed while it wrote the rows, or behind them while it wrote its line of the record.
  for (std::size_t rows = rows_before.size(); rows <= rows_after.size(); rows++) {
    set_text(file(), rows_after.substr(0, rows));
    set_text(record(), record_before);
    const auto other = connect();
    ASSERT_EQ(outcome(load(*other, 2, 2)), "ok");
    EXPECT_EQ(text_of(file()), rows_after);
    EXPECT_EQ(text_of(record()), record_after);
  }
  for (std::size_t line = record_before.size(); line <= record_after.size(); line++) {
    set_text(file(), rows_after);
    set_text(record(), record_after.substr(0, line));
    const auto other = connect();
    ASSERT_EQ(outcome(load(*other, 2, 2)), "ok");
    EXPECT_EQ(text_of(file()), rows_after);
    EXPECT_EQ(text_of(record()), record_after);
  }
}

TEST_P(FilesFaults, processes_share_a_directory_and_each_row_is_there_once) {
  constexpr std::int64_t kChunks = 30, kRows = 20;
  {
    const auto session = connect();
    Meta(*session, kWorkload).create();
    session->rows()->create(users());
  }
  const auto part = [&](std::int64_t shard) {
    const auto session = connect();
    for (std::int64_t chunk = shard; chunk < kChunks; chunk += 3) {
      const std::string name = fmt::format("chunk/{:04}", chunk);
      const Result<> written =
          session->rows()->write_noted(users(), users_from(chunk * kRows, kRows), {kWorkload, name, "done"}, false);
      if (!written) throw Error(written.error().message);
    }
  };
  OtherProcess one([&] { part(0); }), two([&] { part(1); });
  part(2);
  EXPECT_EQ(one.join(), 0);
  EXPECT_EQ(two.join(), 0);
  const auto session = connect();
  expect_all(*session, kChunks * kRows);
  EXPECT_EQ(Meta(*session, kWorkload).all("chunk/").size(), static_cast<std::size_t>(kChunks));
}

TEST_P(FilesFaults, a_disk_that_is_full_is_told_counts_nothing_half_and_the_load_goes_on_when_there_is_room) {
  {
    const auto session = connect();
    Meta(*session, kWorkload).create();
    session->rows()->create(users());
  }
  // The limit of a file's size stands for the disk: a write ends in the middle of a row.
  OtherProcess writer([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{2'500, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &most) != 0) _exit(9);
    const std::string end = outcome(load(*connect(), 20, 20));
    _exit(end.starts_with("rejected: writing ") && end.ends_with(": File too large") ? 7 : 8);
  });
  ASSERT_EQ(writer.join(), 7);
  const auto session = connect();
  const std::size_t noted = Meta(*session, kWorkload).all("chunk/").size();
  EXPECT_GT(noted, 0u);
  EXPECT_LT(noted, 20u);
  expect_all(*session, static_cast<std::int64_t>(noted) * 20);
  ASSERT_EQ(outcome(load(*session, 20, 20)), "ok");
  expect_all(*session, 400);
}

TEST_P(FilesFaults, a_table_that_is_locked_is_a_conflict_after_the_operation_timeout_and_is_not_when_interrupted) {
  connect()->rows()->create(users());
  const Result<File> holder = File::open_locked(file(), O_RDWR, {.timeout = std::chrono::seconds(1)});
  ASSERT_TRUE(holder);
  const auto impatient = GetParam()->open({.url = std::string(GetParam()->info().name) + ":" + directory_.path(),
                                           .options = Options(GetParam()->info().options),
                                           .operation_timeout = std::chrono::milliseconds(50)});
  EXPECT_THAT(outcome(open_session(*impatient)->rows()->write(users(), users_from(0, 1))),
              HasSubstr("conflict: " + file() + " is locked"));
  const auto session = connect();
  session->interrupt();
  EXPECT_EQ(outcome(session->rows()->write(users(), users_from(0, 1))), "cancelled: cancelled");
}

}  // namespace
}  // namespace assay::files
