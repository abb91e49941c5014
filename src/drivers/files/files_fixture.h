// What the tests of this folder have in common: a directory that is removed with what is in it, its files as texts, a
// small table, and other processes that are killed. For tests only.
#pragma once

#include "base/error.h"
#include "core/parallel.h"
#include "drivers/files/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::files {

class TempDirectory {
 public:
  TempDirectory() : path_((std::filesystem::temp_directory_path() / "assay-files-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw Error("cannot make a temporary directory");
  }
  ~TempDirectory() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string text_of(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}
inline void set_text(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
inline void add_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

inline std::unique_ptr<Target> target_of(const Driver& driver, const std::string& directory,
                                         const std::string& query = "") {
  return driver.open({.url = std::string(driver.info().name) + ":" + directory + query,
                      .options = Options(driver.info().options),
                      .operation_timeout = std::chrono::seconds(20)});
}

/// users(id bigint, name text null)
inline const Table& users() {
  static const Table table{.name = "users",
                           .columns = {{.name = "id"}, {.name = "name", .type = ColumnType::text, .nullable = true}},
                           .primary_key = {"id"},
                           .foreign_keys = {},
                           .indexes = {},
                           .partitioning = {}};
  return table;
}

/// Rows of users with the ids [first, first + count), named "user 1" and so on.
inline RowBatch users_from(std::int64_t first, std::int64_t count) {
  RowBatch batch(2);
  for (std::int64_t id = first; id < first + count; id++) {
    batch.add(id);
    batch.add_copy("user " + std::to_string(id));
  }
  return batch;
}

/// The ids that are read, in the order of the file; or {-1} when something cannot be read.
inline std::vector<std::int64_t> ids_in(Session& session, const Table& table = users()) {
  std::vector<std::int64_t> out;
  for (const std::string& stretch : session.rows()->split(table, 100)) {
    const auto reader = value_or_throw(session.rows()->read(table, stretch), "reading");
    RowBatch batch(table.columns.size());
    while (value_or_throw(reader->next(50, batch), "reading") > 0) {
    }
    for (std::size_t r = 0; r < batch.size(); r++) out.push_back(std::get<std::int64_t>(batch.row(r)[0]));
  }
  return out;
}

/// "ok", or the kind and message of the failure.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : fmt::format("{}: {}", to_string(result.error().kind), result.error().message);
}
/// "ok", or the message of the Error.
inline std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "ok";
}

/// Another process that runs `body`.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<void()>& body) : pid_(fork()) {
    if (pid_ != 0) return;
    try {
      body();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  ~OtherProcess() {
    if (pid_ > 0) kill_now();
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void kill_now() {
    kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  /// Its exit code; -1 when it ended by a signal.
  int join() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_;
};

}  // namespace assay::files
