// Files and neighbours that are not as they should be.
#include "base/error.h"
#include "core/parallel.h"
#include "drivers/sqlite/sqlite.h"
#include "drivers/sqlite/temp_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace assay::sqlite {
namespace {

using testing::HasSubstr;

std::unique_ptr<Target> target_of(const std::string& path, const std::string& query = "") {
  return sqlite_driver().open({.url = "sqlite:" + path + query, .options = Options(sqlite_driver().info().options)});
}

/// The failure to connect, as "kind: message".
std::string why(const std::string& path, const std::string& query = "") {
  const auto connected = target_of(path, query)->connect();
  return connected ? "connected" : fmt::format("{}: {}", to_string(connected.error().kind), connected.error().message);
}

bool run(Session& session, std::string_view text) { return session.query()->run(text).has_value(); }

std::int64_t integer(Session& session, std::string_view text) {
  const auto answer = session.query()->run(text);
  return answer ? (*answer)->integer(0, 0).value_or(-1) : -1;
}

void make_database(const std::string& path, const std::string& query = "") {
  const auto session = open_session(*target_of(path, query));
  ASSERT_TRUE(run(*session, "create table t (id integer primary key, n integer)"));
  ASSERT_TRUE(run(*session, "insert into t values (1, 0)"));
}

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

/// Another process, which runs `body` and tells through a pipe when it is ready.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<void(const std::function<void()>& ready)>& body) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      try {
        body([&] { static_cast<void>(!write(ends[1], "r", 1)); });
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    close(ends[1]);
    ready_ = ends[0];
  }
  ~OtherProcess() {
    if (pid_ > 0) kill_now();
    close(ready_);
  }
  bool wait_ready() {
    char c = 0;
    return read(ready_, &c, 1) == 1;
  }
  void kill_now() {
    kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  /// True when it ended well.
  bool join() {
    int status = 1;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return status == 0;
  }

 private:
  pid_t pid_ = -1;
  int ready_ = -1;
};

TEST(SqliteFaults, a_read_only_directory_is_named) {
  const TempDirectory directory;
  ASSERT_EQ(chmod(directory.path().c_str(), 0555), 0);
  const AsNobody nobody;
  const std::string failure = why(directory / "new.db");
  EXPECT_THAT(failure, HasSubstr("disconnected: cannot open " + directory / "new.db"));
  EXPECT_THAT(failure, HasSubstr("the directory " + directory.path() + " is read-only to us"));
}

TEST(SqliteFaults, a_database_in_a_read_only_directory_says_so) {
  const TempDirectory directory;
  make_database(directory / "x.db");
  ASSERT_EQ(chmod((directory / "x.db").c_str(), 0666), 0);
  ASSERT_EQ(chmod(directory.path().c_str(), 0555), 0);
  const AsNobody nobody;
  EXPECT_THAT(why(directory / "x.db"), HasSubstr("the directory " + directory.path() + " is read-only to us"));
}

TEST(SqliteFaults, a_file_that_may_only_be_read_is_rejected_by_name) {
  const TempDirectory directory;
  make_database(directory / "x.db", "?journal-mode=delete");
  ASSERT_EQ(chmod((directory / "x.db").c_str(), 0444), 0);
  ASSERT_EQ(chmod(directory.path().c_str(), 0777), 0);
  const AsNobody nobody;
  const std::string failure = why(directory / "x.db", "?journal-mode=delete");
  EXPECT_THAT(failure, HasSubstr("rejected: " + directory / "x.db"));
  EXPECT_THAT(failure, HasSubstr("permissions"));
}

TEST(SqliteFaults, a_missing_directory_is_named_and_not_made) {
  const TempDirectory directory;
  EXPECT_THAT(why(directory / "no/x.db"), HasSubstr("the directory " + directory / "no" + " is not there"));
  EXPECT_FALSE(std::filesystem::exists(directory / "no"));
}

TEST(SqliteFaults, a_file_that_is_no_database_is_left_as_it_was) {
  const TempDirectory directory;
  const std::string path = directory / "notes.txt", text(3'000, 'n');
  std::ofstream(path) << text;
  EXPECT_THAT(why(path), HasSubstr("rejected: " + path + " is not a SQLite database"));
  std::stringstream after;
  after << std::ifstream(path).rdbuf();
  EXPECT_EQ(after.str(), text);
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST(SqliteFaults, a_damaged_database_is_rejected_by_name) {
  const TempDirectory directory;
  const std::string path = directory / "x.db";
  make_database(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4'096);  // the second page: the root of t
    file << std::string(4'096, '\x5a');
  }
  const auto session = open_session(*target_of(path));
  const auto answer = session->query()->run("select count(n) from t");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::rejected);
  EXPECT_EQ(answer.error().native_code, "SQLITE_CORRUPT");
  EXPECT_THAT(answer.error().message, HasSubstr(path));
}

TEST(SqliteFaults, a_file_that_another_process_keeps_for_itself_is_a_conflict_at_connect) {
  const TempDirectory directory;
  const std::string path = directory / "x.db";
  make_database(path, "?journal-mode=delete");
  OtherProcess other([&](const auto& ready) {
    const auto session = open_session(*target_of(path, "?journal-mode=delete"));
    if (run(*session, "pragma locking_mode=exclusive") && run(*session, "update t set n = 1")) ready();
    pause();
  });
  ASSERT_TRUE(other.wait_ready());
  const std::string failure = why(path, "?journal-mode=delete&busy-timeout=100ms");
  EXPECT_THAT(failure, HasSubstr("conflict: " + path + " is locked by another"));
  other.kill_now();
  EXPECT_EQ(why(path, "?journal-mode=delete"), "connected");
}

TEST(SqliteFaults, two_processes_take_turns_on_one_file) {
  constexpr int kEach = 200;
  const TempDirectory directory;
  const std::string path = directory / "x.db";
  make_database(path);
  const auto add = [&] {
    const auto session = open_session(*target_of(path, "?synchronous=off&busy-timeout=20s"));
    for (int i = 0; i < kEach; i++) {
      QueryFacet& query = *session->query();
      if (!query.begin({}) || !run(*session, "update t set n = n + 1") || !query.commit()) throw Error("cannot add");
    }
  };
  OtherProcess other([&](const auto& ready) {
    ready();
    add();
  });
  ASSERT_TRUE(other.wait_ready());
  add();
  EXPECT_TRUE(other.join());
  EXPECT_EQ(integer(*open_session(*target_of(path)), "select n from t"), 2 * kEach);
}

TEST(SqliteFaults, a_second_process_gets_a_conflict_when_the_first_does_not_end_its_transaction) {
  const TempDirectory directory;
  const std::string path = directory / "x.db";
  make_database(path);
  OtherProcess other([&](const auto& ready) {
    const auto session = open_session(*target_of(path));
    if (session->query()->begin({}) && run(*session, "update t set n = 1")) ready();
    pause();
  });
  ASSERT_TRUE(other.wait_ready());
  const auto session = open_session(*target_of(path, "?busy-timeout=50ms"));
  const auto begun = session->query()->begin({});
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().kind, FailureKind::conflict);
  EXPECT_EQ(integer(*session, "select n from t"), 0) << "it can be read meanwhile";
  other.kill_now();
  ASSERT_TRUE(session->query()->begin({})) << "a killed process holds no lock";
  EXPECT_EQ(integer(*session, "select n from t"), 0) << "and leaves nothing half done";
}

TEST(SqliteFaults, what_a_process_committed_before_it_was_killed_is_there) {
  const TempDirectory directory;
  const std::string path = directory / "x.db";
  make_database(path);
  OtherProcess other([&](const auto& ready) {
    const auto session = open_session(*target_of(path));
    if (!run(*session, "update t set n = 5") || !session->query()->begin({})) return;
    if (run(*session, "update t set n = 6")) ready();
    pause();
  });
  ASSERT_TRUE(other.wait_ready());
  other.kill_now();
  EXPECT_EQ(integer(*open_session(*target_of(path)), "select n from t"), 5);
}

TEST(SqliteFaults, a_call_that_waits_for_a_lock_ends_as_cancelled_when_it_is_interrupted) {
  const TempDirectory directory;
  const std::string path = directory / "x.db";
  make_database(path);
  const auto holder = open_session(*target_of(path)), waiter = open_session(*target_of(path, "?busy-timeout=1h"));
  ASSERT_TRUE(run(*holder, "begin immediate"));
  std::jthread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // so that it most likely waits already
    waiter->interrupt();
  });
  const auto answer = waiter->query()->run("update t set n = 1");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::cancelled);
}

}  // namespace
}  // namespace assay::sqlite
