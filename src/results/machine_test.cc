#include "results/machine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace assay {
namespace {

namespace fs = std::filesystem;

class Machine : public testing::Test {
 protected:
  Machine() {
    std::string name = (fs::temp_directory_path() / "assay-machine-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~Machine() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void put(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  fs::path root_;
};

TEST_F(Machine, IsReadFromProc) {
  put("etc/os-release", "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  put("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
  put("proc/cpuinfo",
      "processor\t: 0\nmodel name\t: Imaginary CPU: the 2nd @ 2.00GHz\n\nprocessor\t: 1\nmodel name\t: Imaginary "
      "CPU\n\n");
  put("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:          123 kB\n");
  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.os, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(facts.kernel, "6.1.0-13-amd64");
  EXPECT_EQ(facts.cpu_model, "Imaginary CPU: the 2nd @ 2.00GHz");
  EXPECT_EQ(facts.cpus, 2u);
  EXPECT_EQ(facts.memory_bytes, 8192000000u);
  EXPECT_EQ(facts.cgroup_version, 0u);
  EXPECT_FALSE(facts.cgroup_cpus.has_value());
}

TEST_F(Machine, HasTheLowestLimitOfItsUnifiedGroupAndThoseAbove) {
  put("proc/self/cgroup", "0::/kubepods/pod1/main\n");
  put("sys/fs/cgroup/kubepods/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/kubepods/memory.max", "4294967296\n");
  put("sys/fs/cgroup/kubepods/pod1/cpu.max", "150000 100000\n");
  put("sys/fs/cgroup/kubepods/pod1/main/cpu.max", "200000 100000\n");
  put("sys/fs/cgroup/kubepods/pod1/main/memory.max", "max\n");
  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.cgroup_version, 2u);
  EXPECT_EQ(facts.cgroup_cpus, 1.5);
  EXPECT_EQ(facts.cgroup_memory_bytes, 4294967296u);
}

TEST_F(Machine, InAContainerHasItsLimitAtTheMount) {
  put("proc/self/cgroup", "0::/../host/name/that/is/not/here\n");
  put("sys/fs/cgroup/cpu.max", "50000 100000\n");
  put("sys/fs/cgroup/memory.max", "1073741824\n");
  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.cgroup_cpus, 0.5);
  EXPECT_EQ(facts.cgroup_memory_bytes, 1073741824u);
}

TEST_F(Machine, HasTheLimitsOfTheOldGroupsOfEachController) {
  put("proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/a\n");
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "536870912\n");
  MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.cgroup_version, 1u);
  EXPECT_EQ(facts.cgroup_cpus, 2.5);
  EXPECT_EQ(facts.cgroup_memory_bytes, 536870912u);
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
  facts = gather_machine_facts(root_);
  EXPECT_FALSE(facts.cgroup_memory_bytes.has_value());  // that number means "none"
}

TEST_F(Machine, FindsAControllerThatIsMountedUnderAnotherNameThanItsGroups) {
  put("proc/self/cgroup", "2:memory:/a/b\n1:cpuacct,cpu:/a/b\n0::/\n");
  put("sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "75000\n");
  put("sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "50000\n");
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "268435456\n");
  put("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "1073741824\n");
  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.cgroup_cpus, 1.5);
  EXPECT_EQ(facts.cgroup_memory_bytes, 268435456u);
}

TEST_F(Machine, ThatShowsNothingHasNoFactsAndNoError) { EXPECT_EQ(gather_machine_facts(root_), MachineFacts{}); }

TEST(ThisMachine, HasProcessorsAndMemory) {
  const MachineFacts facts = gather_machine_facts();
  EXPECT_GE(facts.cpus, 1u);
  EXPECT_GT(facts.memory_bytes, 1u << 20);
  EXPECT_FALSE(facts.kernel.empty());
}

}  // namespace
}  // namespace assay
