// What a person sees while assay works: progress with rate and time left, the live panel of a run. On a terminal it is
// redrawn in place; elsewhere plain lines every few seconds; nothing with --quiet. All on stderr; stdout is for results.
#pragma once

#include "core/run.h"
#include "core/workload.h"

#include <mutex>
#include <string>

namespace assay::cli {

bool is_terminal(int fd);
/// Colour: a terminal, and NO_COLOR not set.
bool wants_color(int fd);
int terminal_width();

class TerminalProgress final : public Progress {
 public:
  explicit TerminalProgress(bool quiet);
  ~TerminalProgress() override;
  void start(std::string_view what, std::string_view unit, std::uint64_t total) override;
  void advance(std::uint64_t units) override;
  void note(std::string_view line) override;
  /// Ends the line of the stretch under way, with how long it took.
  void finish();

 private:
  void show(bool last);
  const bool quiet_, terminal_;
  std::mutex mutex_;
  std::string what_, unit_;
  std::uint64_t total_ = 0, done_ = 0;
  TimePoint begin_{}, shown_{};
  bool open_ = false;
};

class LivePanel final : public RunObserver {
 public:
  LivePanel(bool quiet, std::string title);
  ~LivePanel() override;
  void live(const Live&) override;
  void event(const Event&) override;

 private:
  void clear();
  const bool quiet_, terminal_;
  const std::string title_;
  int lines_ = 0;  // of the panel now on the screen
  TimePoint shown_{};
  Phase phase_ = Phase::drain;
};

}  // namespace assay::cli
