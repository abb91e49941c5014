#include "cli/terminal.h"

#include "base/printable.h"
#include "base/units.h"
#include "results/text_forms.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

constexpr Nanos kRedraw = std::chrono::milliseconds(150), kPlainLine = std::chrono::seconds(5);

/// What is redrawn must not be broken by the terminal: a line that wraps is two.
std::string cut(const std::string& line) {
  const auto width = static_cast<std::size_t>(std::max(2, terminal_width(STDERR_FILENO) - 1));
  std::size_t columns = 0, bytes = 0;
  while (bytes < line.size()) {
    std::size_t next = bytes + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xc0U) == 0x80U) next++;  // UTF-8
    if (++columns > width) return line.substr(0, bytes);
    bytes = next;
  }
  return line;
}

std::string whole_seconds(Nanos t) { return format_duration(Nanos(std::chrono::round<std::chrono::seconds>(t))); }

}  // namespace

bool is_terminal(int fd) { return isatty(fd) != 0; }

bool wants_color(int fd) {
  const char* no = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return is_terminal(fd) && (no == nullptr || *no == '\0') && (term == nullptr || std::string_view(term) != "dumb");
}

int terminal_width(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 120;
}

void say(const std::string& text) noexcept { std::fputs(text.c_str(), stderr); }

TerminalProgress::TerminalProgress(bool quiet) : quiet_(quiet), terminal_(is_terminal(STDERR_FILENO)) {}

TerminalProgress::~TerminalProgress() { finish(); }

void TerminalProgress::start(std::string_view what, std::string_view unit, std::uint64_t total) {
  finish();
  const std::lock_guard lock(mutex_);
  what_ = what;
  unit_ = unit;
  total_ = total;
  done_ = 0;
  begin_ = shown_ = real_clock().now();
  open_ = true;
}

void TerminalProgress::advance(std::uint64_t units) {
  const std::lock_guard lock(mutex_);
  done_ += units;
  const TimePoint now = real_clock().now();
  if (quiet_ || !open_ || now - shown_ < (terminal_ ? kRedraw : kPlainLine)) return;
  shown_ = now;
  show(false);
}

void TerminalProgress::show(bool last) {
  const Nanos spent = real_clock().now() - begin_;
  const double rate = static_cast<double>(done_) / std::max(1e-9, to_seconds(spent));
  std::string line = fmt::format("{}: {}", what_, format_quantity(static_cast<double>(done_)));
  if (total_ > 0)
    line += fmt::format(" of {} {} ({:.0f} %)", format_quantity(static_cast<double>(total_)), unit_,
                        100.0 * static_cast<double>(done_) / static_cast<double>(total_));
  line += fmt::format(", {} {}/s", format_quantity(rate), unit_);
  if (last)
    line += fmt::format(", took {:.1f} s", to_seconds(spent));
  else if (total_ > done_ && done_ > 0)
    line += fmt::format(", {} left", whole_seconds(from_seconds(static_cast<double>(total_ - done_) / rate)));
  if (terminal_)
    say("\r\x1b[K{}{}", cut(line), last ? "\n" : "");
  else
    say("{}\n", line);
  std::fflush(stderr);
}

void TerminalProgress::note(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!quiet_) say("{}{}\n", terminal_ ? "\r\x1b[K" : "", printable(line));
}

void TerminalProgress::finish() {
  const std::lock_guard lock(mutex_);
  if (open_ && !quiet_ && done_ > 0) show(true);
  open_ = false;
}

LivePanel::LivePanel(bool quiet, std::string title)
    : quiet_(quiet), terminal_(is_terminal(STDERR_FILENO)), title_(std::move(title)) {}

LivePanel::~LivePanel() { clear(); }

void LivePanel::clear() {
  if (lines_ > 0) say("\x1b[{}A\r\x1b[J", lines_);
  lines_ = 0;
  std::fflush(stderr);
}

void LivePanel::live(const Live& live) {
  if (quiet_) return;
  const TimePoint now = real_clock().now();
  const std::string left = live.phase == Phase::drain  ? "waiting for what was due"
                           : live.left == Nanos::max() ? "until stopped"
                                                       : whole_seconds(live.left) + " left";
  if (!terminal_) {
    for (const LiveGroup& group : live.groups) {
      untold_[group.name].errors += group.errors;
      untold_[group.name].retries += group.retries;
    }
    if (live.phase == phase_ && now - shown_ < kPlainLine) return;
    phase_ = live.phase;
    shown_ = now;
    for (const LiveGroup& group : live.groups) {
      const Untold untold = std::exchange(untold_[group.name], {});
      say("{:>5} s  {:<8} {:<12} {:>9}/s  p50 {:>8}  p99 {:>8}  errors {}  retries {}  {}\n",
          static_cast<long>(to_seconds(live.since_start)), to_string(live.phase), group.name,
          format_quantity(group.rate), format_latency(group.p50), format_latency(group.p99), untold.errors,
          untold.retries, left);
    }
    return;
  }
  std::vector<std::string> lines = {title_, fmt::format("{}  {} s, {}  {} operations, {}", to_string(live.phase),
                                                        static_cast<long>(to_seconds(live.since_start)), left,
                                                        format_quantity(static_cast<double>(live.operations)),
                                                        one_or_more(live.errors, "error", "errors"))};
  for (const LiveGroup& group : live.groups)
    lines.push_back(fmt::format("  {:<12} {:>9}/s  p50 {:>8}  p99 {:>8}  max {:>8}  errors {}  retries {}", group.name,
                                format_quantity(group.rate), format_latency(group.p50), format_latency(group.p99),
                                format_latency(group.max), group.errors, group.retries));
  clear();
  for (const std::string& line : lines) say(cut(line) + "\n");
  lines_ = lines.size();
  std::fflush(stderr);
}

void LivePanel::event(const Event& event) {
  if (quiet_) return;
  clear();
  say("{:.1f} s  {}: {}\n", to_seconds(event.at), event.kind, event.text);
}

}  // namespace assay::cli
