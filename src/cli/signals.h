// Ctrl-C and SIGTERM: the first ends the phase and saves what was measured, the second ends the process at once.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace assay::cli {

/// To be made before any other thread, so that all inherit the blocked signals. Lives as long as the command works.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  std::stop_token token() const { return stop_.get_token(); }
  bool stopped() const { return stop_.stop_requested(); }

 private:
  void watch();
  std::stop_source stop_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace assay::cli
