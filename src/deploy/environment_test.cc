#include "deploy/environment.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace assay::deploy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EnvironmentOf : public testing::Test {
 protected:
  EnvironmentOf() {
    std::string name = (fs::temp_directory_path() / "assay-environment-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    put("proc/sys/kernel/hostname", "loadtest-worker-1-abc123\n");
    put("proc/self/status", "Name:\tassay\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n");
    put("proc/meminfo", "MemTotal:        2097152 kB\nMemFree:  1 kB\nMemAvailable:    1900544 kB\n");
    put("proc/self/mounts",
        "overlay / overlay rw,relatime 0 0\n"
        "tmpfs /data tmpfs rw,relatime,size=1048576k 0 0\n"
        "/dev/sda1 /results ext4 rw,relatime 0 0\n"
        "tmpfs /with\\040blank tmpfs rw,size=64m 0 0\n");
  }
  ~EnvironmentOf() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void put(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  /// The old hierarchy, of two nested groups.
  void put_version_1() {
    put("proc/self/cgroup", "4:memory:/pods/one\n3:cpu,cpuacct:/pods/one\n1:name=systemd:/pods/one\n0::/\n");
    put("sys/fs/cgroup/cpu,cpuacct/pods/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/pods/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpu,cpuacct/pods/one/cpu.cfs_quota_us", "50000\n");
    put("sys/fs/cgroup/cpu,cpuacct/pods/one/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/memory/pods/memory.limit_in_bytes", "536870912\n");
    put("sys/fs/cgroup/memory/pods/one/memory.limit_in_bytes", "9223372036854771712\n");
  }
  void put_version_2(const std::string& cpu, const std::string& memory) {
    put("proc/self/cgroup", "0::/pods/one\n");
    put("sys/fs/cgroup/pods/one/cpu.max", cpu + "\n");
    put("sys/fs/cgroup/pods/one/memory.max", memory + "\n");
  }
  Environment read() const {
    const std::string folders[] = {"/data", "/results"};
    return read_environment(folders, root_);
  }
  fs::path root_;
};

TEST_F(EnvironmentOf, AContainerIsShownAsDocumented) {
  put_version_2("200000 100000", "2147483648");
  EXPECT_EQ(show_environment(read()),
            "=== Runtime Environment Verification ===\n"
            "CPU cores visible: 2\n"
            "Total memory: 2048 MB\n"
            "Available memory: 1856 MB\n"
            "/data: tmpfs (tmpfs: true)\n"
            "  tmpfs size: 1024 MB\n"
            "/results: ext4 (tmpfs: false)\n"
            "cgroup memory limit: 2147483648\n"
            "cgroup CPU quota: 200000 100000\n"
            "========================================\n");
  EXPECT_EQ(read().hostname, "loadtest-worker-1-abc123");
}

TEST_F(EnvironmentOf, AFolderThatIsNotThereIsShownAsThat) {
  Environment found;
  found.folders = {{.path = "/data", .filesystem = "tmpfs", .tmpfs_bytes = 1024, .missing = true}};
  const std::string shown = show_environment(found);
  EXPECT_THAT(shown, HasSubstr("\n/data: there is no such folder\n"));
  EXPECT_THAT(shown, testing::Not(HasSubstr("tmpfs")));
}

TEST_F(EnvironmentOf, TheOldHierarchyHasTheLowestLimitOfItsGroups) {
  put_version_1();
  const Environment found = read();
  EXPECT_EQ(found.group.version, 1u);
  EXPECT_EQ(found.group.cpu, (ControlGroup::Quota{50000, 100000}));
  EXPECT_EQ(found.cpus(), 0.5);
  EXPECT_EQ(found.group.memory_bytes, 536870912u);
  EXPECT_EQ(found.memory_bytes, 536870912u);
  EXPECT_THAT(show_environment(found), HasSubstr("cgroup memory limit: 536870912\ncgroup CPU quota: 50000 100000\n"));
}

TEST_F(EnvironmentOf, AGroupWithoutLimitsSaysSo) {
  put_version_2("max 100000", "max");
  const Environment found = read();
  EXPECT_EQ(found.group.version, 2u);
  EXPECT_EQ(found.cpus(), 2);
  EXPECT_THAT(show_environment(found), HasSubstr("cgroup memory limit: none\ncgroup CPU quota: none\n"));
}

TEST_F(EnvironmentOf, AMachineWithoutGroupsHasNone) {
  EXPECT_EQ(read().group, ControlGroup{});
  EXPECT_THAT(differences(read(), Expectations::parse("1", "1Gi", "")),
              ElementsAre("processors: 2 visible, no control group to be seen; expected a limit of 1",
                          "memory: no limit in force on 2048 MB; expected a limit of 1024 MB (1073741824 bytes)"));
}

TEST_F(EnvironmentOf, ThatIsWhatWasAskedForHasNoDifferences) {
  put_version_2("50000 100000", "536870912");
  EXPECT_THAT(differences(read(), Expectations::parse("0.5", "512Mi", "/data:1g")), IsEmpty());
  EXPECT_THAT(differences(read(), Expectations::parse("", "", "/data")), IsEmpty());
  put_version_2("max 100000", "536870912");
  EXPECT_THAT(differences(read(), Expectations::parse("2", "512m", "")), IsEmpty());  // all that it may run on
}

TEST_F(EnvironmentOf, NamesEachDifferenceWithWhatWasFound) {
  put_version_2("200000 100000", "1073741824");
  EXPECT_THAT(
      differences(read(), Expectations::parse("0.5", "512Mi", "/data:256Mi,/results,/with blank:64m,/nowhere")),
      ElementsAre(
          "processors: 2 visible, a quota of 2 in force (cgroup version 2); expected a limit of 0.5",
          "memory: a limit of 1073741824 bytes (cgroup version 2); expected a limit of 512 MB (536870912 bytes)",
          "/data: a tmpfs of 1024 MB; expected a tmpfs of 256 MB", "/results: on ext4; expected a tmpfs",
          "/with blank: on an unknown file system; expected a tmpfs of 64 MB",  // it was not looked at
          "/nowhere: on an unknown file system; expected a tmpfs"));
}

TEST_F(EnvironmentOf, ALimitAboveTheProcessorsThatAreVisibleIsADifference) {
  put_version_2("400000 100000", "max");
  EXPECT_THAT(differences(read(), Expectations::parse("4", "", "")),
              ElementsAre("processors: 2 visible, a quota of 4 in force (cgroup version 2); expected a limit of 4"));
}

TEST_F(EnvironmentOf, AFolderIsOnTheMountAboveIt) {
  const std::string folders[] = {"/data/deep/below", "/database", "/with blank/x", "/data/"};
  const Environment found = read_environment(folders, root_);
  EXPECT_EQ(found.folders[0].filesystem, "tmpfs");
  EXPECT_EQ(found.folders[1].filesystem, "overlay");  // a name that merely begins likewise
  EXPECT_EQ(found.folders[2].tmpfs_bytes, 64u << 20);
  EXPECT_EQ(found.folders[3].tmpfs_bytes, 1u << 30);
}

TEST_F(EnvironmentOf, WhatIsMountedLaterCoversWhatWasThere) {
  put("proc/self/mounts", "overlay / overlay rw 0 0\ntmpfs /data tmpfs rw,size=1m 0 0\n/dev/sdb /data xfs rw 0 0\n");
  EXPECT_EQ(read().folders[0].filesystem, "xfs");
}

TEST_F(EnvironmentOf, ProcessorsAreThoseOfTheAffinity) {
  put("proc/self/status", "Cpus_allowed_list:\t0-2,5,8-9\n");
  EXPECT_EQ(read().cpu_cores, 6u);
}

TEST(ThisEnvironment, IsFound) {
  const std::string folders[] = {"/dev/shm"};
  const Environment found = read_environment(folders);
  EXPECT_GE(found.cpu_cores, 1u);
  EXPECT_LE(found.cpu_cores, static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF)));
  EXPECT_GT(found.memory_bytes, 1u << 20);
  EXPECT_GT(found.available_memory_bytes, 0u);
  EXPECT_FALSE(found.hostname.empty());
}

TEST(Sizes, AreReadAsDeploymentsWriteThem) {
  EXPECT_EQ(parse_size("512Mi"), 536870912u);
  EXPECT_EQ(parse_size("512m"), 536870912u);
  EXPECT_EQ(parse_size("2g"), 2147483648u);
  EXPECT_EQ(parse_size("1048576k"), 1073741824u);
  EXPECT_EQ(parse_size("1GB"), 1000000000u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  for (const char* const wrong : {"", "Mi", "5 Mi", "5Xi", "-1Mi", "1Mi2"})
    EXPECT_THROW(parse_size(wrong), Error) << wrong;
}

TEST(WhatIsExpected, IsToldWithAllMistakesAtOnce) {
  try {
    Expectations::parse("none", "5Xi", "data,/data:big,/good:1Mi");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(HasSubstr("--expect-cpus: 'none'"), HasSubstr("--expect-memory: '5Xi' is not a size"),
                               HasSubstr("'data' is no folder"), HasSubstr("'big' is not a size")));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("/good")));
  }
  EXPECT_THROW(Expectations::parse("0", "", ""), Error);
}

}  // namespace
}  // namespace assay::deploy
