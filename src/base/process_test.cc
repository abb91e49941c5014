#include "base/process.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay {
namespace {

TEST(Process, IsAFilterForMoreThanAPipeHolds) {
  std::string much;
  for (int i = 0; much.size() < 3'000'000; i++) much += fmt::format("line {}\n", i);
  const ProcessOutcome outcome = run_process({"cat"}, much, "");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.out == much);
}

TEST(Process, TellsItsOutputsApartAndHowItEnded) {
  ProcessOutcome outcome = run_process({"sh", "-c", "read word; echo out $word; echo err >&2; exit 3"}, "x\n", "");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "out x\n");
  EXPECT_EQ(outcome.err, "err\n");
  outcome = run_process({"sh", "-c", "kill -9 $$"}, "", "");
  EXPECT_EQ(outcome.exit_code, 128 + 9);
}

TEST(Process, IsKnownByItsIdAndWhenItBegan) {
  const ProcessIdentity own = ProcessIdentity::of(::getpid());
  EXPECT_TRUE(own.alive());
  EXPECT_FALSE((ProcessIdentity{own.pid, own.began + 1}).alive());  // another one that got its id
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t how{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &how, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(ProcessIdentity::of(child).alive());  // it has ended, and nobody has asked how
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(ProcessIdentity::of(child).alive());
}

TEST(Process, IsKnownToBeGoneByItsNameOnItsOwnMachine) {
  const std::string ours = ProcessIdentity::own_name();
  ASSERT_NE(ours, "");
  EXPECT_EQ(ours.find(' '), std::string::npos);
  EXPECT_FALSE(ProcessIdentity::is_gone(ours));
  EXPECT_TRUE(ProcessIdentity::is_gone(ours + "1"));         // the same id, which began at another time
  EXPECT_FALSE(ProcessIdentity::is_gone("x" + ours + "1"));  // of another boot or machine
  for (const char* no_name : {"", "7", "a,b,c", ","}) EXPECT_FALSE(ProcessIdentity::is_gone(no_name));
  EXPECT_FALSE(ProcessIdentity::is_gone(ours + "x"));
}

TEST(Process, ThatDoesNotReadItsInputDoesNotEndUs) {
  EXPECT_EQ(run_process({"false"}, std::string(10'000'000, 'x'), "").exit_code, 1);
}

TEST(Process, ThatDoesNotEndInItsTimeIsKilled) {
  for (const char* work : {"sleep 5", "exec >&- 2>&-; sleep 5", "sleep 5 & sleep 5"}) try {
      run_process({"sh", "-c", work}, "", "", std::chrono::milliseconds(200));
      FAIL() << work;
    } catch (const Error& e) {
      EXPECT_STREQ(e.what(), "the program sh did not end within 200ms; it was killed");
    }
  EXPECT_EQ(run_process({"echo", "x"}, "", "", std::chrono::hours(1)).out, "x\n");
}

TEST(Process, ThatIsNotInstalledIsNamedWithWhatToInstall) {
  try {
    run_process({"no-such-program-here"}, "", "apt install it");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "the program no-such-program-here is not installed: apt install it");
  }
}

}  // namespace
}  // namespace assay
