// What a person sees while assay works: progress with rate and time left, the live panel of a run. On a terminal it is
// redrawn in place; elsewhere plain lines every few seconds; nothing with --quiet. All on stderr; stdout is for results.
// That stderr can be written to no more, be it full, closed, or of a terminal that hung up, ends nothing.
#pragma once

#include "core/run.h"
#include "core/workload.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace assay::cli {

bool is_terminal(int fd);
/// Colour: a terminal, and NO_COLOR not set.
bool wants_color(int fd);
/// In columns; 120 when it is no terminal.
int terminal_width(int fd);

/// To stderr, or to nobody.
void say(const std::string& text) noexcept;
template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  say(fmt::format(format, std::forward<Arguments>(arguments)...));
}

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
  std::size_t lines_ = 0;  // of the panel now on the screen
  TimePoint shown_{};
  Phase phase_ = Phase::drain;
  struct Untold {
    std::uint64_t errors = 0, retries = 0;
  };
  std::map<std::string, Untold> untold_;  // by group, since its last plain line
};

}  // namespace assay::cli
