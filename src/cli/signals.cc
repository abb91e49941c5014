#include "cli/signals.h"

#include "base/error.h"
#include "base/time.h"
#include "cli/terminal.h"

#include <unistd.h>

#include <csignal>
#include <ctime>

namespace assay::cli {
namespace {

constexpr Nanos kSameRequest = std::chrono::milliseconds(200);

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

SignalWatch::SignalWatch(std::string_view kept) : kept_(kept), scope_(stop_.get_token()) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  over_ = true;
  thread_.join();
}

void SignalWatch::watch() {
  const sigset_t set = watched();
  TimePoint asked{};
  while (!over_) {
    const timespec tick{.tv_sec = 0, .tv_nsec = 50'000'000};
    if (sigtimedwait(&set, nullptr, &tick) < 0) continue;
    if (stop_.stop_requested()) {
      // One request may come as two signals: `timeout` sends one to its child and one to the group.
      if (real_clock().now() - asked < kSameRequest) continue;
      say("\nassay: ended at once; nothing more is saved\n");
      _exit(static_cast<int>(ExitCode::interrupted));
    }
    say("\nassay: stopping; {}. Once more to end at once\n", kept_);
    asked = real_clock().now();
    stop_.request_stop();
  }
}

}  // namespace assay::cli
