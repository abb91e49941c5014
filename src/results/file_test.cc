#include "results/file.h"

#include "base/error.h"
#include "results/sample_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class ResultFile : public testing::Test {
 protected:
  ResultFile() {
    std::string name = (fs::temp_directory_path() / "assay-results-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ResultFile() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  static std::string content(const fs::path& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::recursive_directory_iterator(folder_), fs::recursive_directory_iterator{}));
  }
  fs::path folder_;
};

template <class F>
std::string output_error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::output_failed);
    return e.what();
  }
  return "no error";
}

TEST_F(ResultFile, IsNamedByTimeWorkloadAndDriver) {
  EXPECT_EQ(result_id(WallTime(std::chrono::seconds(1795216053)), "tpcc", "sqlite", 0xa1b2),
            "2026-11-20T230733Z-tpcc-sqlite-a1b2");
  EXPECT_EQ(result_id(WallTime(std::chrono::seconds(0)), "a/../b", "", 1), "1970-01-01T000000Z-a____b-none-0001");
  EXPECT_EQ(default_result_path("x"), fs::path("results/x.json"));
  EXPECT_TRUE(is_result_id(result_id(real_clock().wall(), "kv", "null", unique_part())));
  for (const std::string_view other :
       {"", "package", "2026-11-20", "2026-11-20T230733Z-", "2026-11-20T23:07:33Z-kv-null-1"})
    EXPECT_FALSE(is_result_id(other)) << other;
}

TEST_F(ResultFile, IsWrittenWholeReplacesTheOldOneAndLeavesNothingBeside) {
  const fs::path path = folder_ / "new" / "r.json";
  probe_writable(path);
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(files(), 0u);  // neither a probe nor the folder it needed
  write_atomically(path, "one");
  write_atomically(path, "two and more");
  EXPECT_EQ(content(path), "two and more");
  EXPECT_EQ(files(), 2u);
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(facts.st_mode & 0777, 0666 & ~mask) << "others may read it, as far as the umask allows";
}

TEST_F(ResultFile, WrittenInPiecesIsTheSameText) {
  Document document = large_document(300);  // several pieces
  write_document(folder_ / "r.json", document);
  EXPECT_TRUE(content(folder_ / "r.json") == to_json(document));
  EXPECT_GT(content(folder_ / "r.json").size(), 300'000u);
  write_document("/dev/null", document);
}

TEST_F(ResultFile, BehindALinkIsWrittenWhereTheLinkPoints) {
  write_atomically(folder_ / "real.json", "old");
  fs::create_symlink("real.json", folder_ / "link.json");
  write_atomically(folder_ / "link.json", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.json"));
  EXPECT_EQ(content(folder_ / "real.json"), "new");
}

TEST_F(ResultFile, IsReadBackAndItsMistakesNameTheFile) {
  const fs::path path = folder_ / "r.json";
  write_atomically(path, to_json(small_document()));
  EXPECT_EQ(read_document(path).seed, small_document().seed);
  write_atomically(path, "{");
  try {
    read_document(path);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()), path.string() + ": result: the file is cut off: it ends after 1 bytes");
  }
  // A byte order mark, UTF-16 and a PNG begin with the highest bit set, as OpenPGP does; none of them is encrypted.
  write_atomically(path, "\xef\xbb\xbf" + to_json(small_document()));
  EXPECT_EQ(read_document(path).seed, small_document().seed);
  for (const std::string& other : {std::string("\xef\xbb\xbf{}"), std::string("\xff\xfe{\0", 4),
                                   std::string("\x89PNG\r\n"), std::string("\x85\x01\x0c\x09")}) {
    write_atomically(path, other);
    try {
      read_document(path);
      FAIL();
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), AllOf(HasSubstr("result"), Not(HasSubstr("decrypt")), Not(HasSubstr("gpg")))) << other[0];
    }
  }
  EXPECT_THROW(read_document(folder_), Error);
  try {
    read_document(folder_ / "none.json");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("none.json cannot be read"), HasSubstr("No such file")));
  }
}

TEST_F(ResultFile, BelowAFileOrInPlaceOfAFolderIsRefusedBeforeTheRun) {
  write_atomically(folder_ / "file", "x");
  EXPECT_THAT(output_error_of([&] { probe_writable(folder_ / "file" / "r.json"); }), HasSubstr("Not a directory"));
  EXPECT_THAT(output_error_of([&] { probe_writable(folder_ / "file" / "deep" / "r.json"); }),
              HasSubstr("Not a directory"));
  EXPECT_THAT(output_error_of([&] { probe_writable(folder_); }), HasSubstr("there is a folder of that name"));
  EXPECT_THAT(output_error_of([&] { probe_writable(""); }), HasSubstr("expected the name of a file"));
}

TEST_F(ResultFile, OnADeviceThatIsFullIsAnErrorAndTheDeviceStays) {
  EXPECT_THAT(output_error_of([] { probe_writable("/dev/full"); }), HasSubstr("No space left on device"));
  EXPECT_THAT(output_error_of([] { write_atomically("/dev/full", "text"); }), HasSubstr("No space left on device"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  write_atomically("/dev/null", "text");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(ResultFile, ThatExceedsWhatMayBeWrittenLeavesTheOldOneAsItWas) {
  const fs::path path = folder_ / "r.json";
  write_atomically(path, "old");
  // A limit on the size of files is the one way to make a disk full that needs no rights.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{16 * 1024, 16 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string probe = output_error_of([&] { probe_writable(path); });
    const std::string write = output_error_of([&] { write_atomically(path, std::string(20 * 1024, 'x')); });
    ::_exit(probe.find("File too large") != std::string::npos && write.find("File too large") != std::string::npos ? 0
                                                                                                                   : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(ResultFile, OnAFullDiskIsAnErrorBeforeTheRunAndAfterIt) {
  const fs::path disk = folder_ / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0)
    GTEST_SKIP() << "a disk of our own cannot be mounted here: " << std::strerror(errno);
  const fs::path path = disk / "r.json";
  probe_writable(path);
  write_atomically(path, "old");
  const std::string after = output_error_of([&] { write_atomically(path, std::string(512 * 1024, 'x')); });
  const std::string kept = content(path);
  write_atomically(disk / "filler", std::string(224 * 1024, 'x'));
  const std::string before = output_error_of([&] { probe_writable(path); });
  ::umount2(disk.c_str(), MNT_DETACH);
  EXPECT_THAT(after, AllOf(HasSubstr(path.string()), HasSubstr("No space left on device")));
  EXPECT_EQ(kept, "old");
  EXPECT_THAT(before, AllOf(HasSubstr(path.string()), HasSubstr("No space left on device")));
}

TEST_F(ResultFile, InAFolderThatMayOnlyBeReadIsRefusedBeforeTheRun) {
  const fs::path locked = folder_ / "locked";
  fs::create_directory(locked);
  ::chmod(folder_.c_str(), 0755);
  ::chmod(locked.c_str(), 0555);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    const std::string error = output_error_of([&] { probe_writable(locked / "r.json"); });
    const bool named =
        error.find("Permission denied") != std::string::npos && error.find("locked") != std::string::npos;
    ::_exit(named ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace assay
