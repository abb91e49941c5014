// Ctrl-C and SIGTERM: the first ends what is under way and keeps what was done, the second ends the process at once.
#pragma once

#include "runtime/wait.h"

#include <atomic>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace assay::cli {

/// To be made before any other thread, so that all inherit the blocked signals. Lives as long as the command works. As long
/// as it does, waits of the thread that made it end at the first signal (runtime::StopScope).
class SignalWatch {
 public:
  /// `kept` says what becomes of what was done until then: "what was measured is saved".
  explicit SignalWatch(std::string_view kept);
  ~SignalWatch();
  std::stop_token token() const { return stop_.get_token(); }
  bool stopped() const { return stop_.stop_requested(); }

 private:
  void watch();
  const std::string kept_;
  std::stop_source stop_;
  runtime::StopScope scope_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace assay::cli
