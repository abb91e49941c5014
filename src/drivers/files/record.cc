#include "drivers/files/record.h"

#include "core/url.h"
#include "drivers/files/failure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>

namespace assay::files {
namespace {

constexpr std::size_t kSum = 16;  // hexadecimal digits

/// FNV-1a of 64 bits.
std::uint64_t sum_of(std::string_view text) noexcept {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

/// What the kind of line has behind its name, and does.
struct Kind {
  std::string_view name;
  std::size_t fields;
  bool (*apply)(std::span<const std::string>, RecordState&);
};

bool set_length(const std::string& table, const std::string& digits, RecordState& state) {
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  if (error != std::errc{} || end != digits.data() + digits.size()) return false;
  state.lengths[table] = bytes;
  return true;
}

using Strings = std::span<const std::string>;

bool make(Strings f, RecordState& state) {
  state.collections.try_emplace(f[0]);
  return true;
}
bool drop(Strings f, RecordState& state) {
  state.collections.erase(f[0]);
  return true;
}
bool put(Strings f, RecordState& state) {
  state.collections[f[0]].insert_or_assign(f[1], f[2]);
  return true;
}
bool remove_entry(Strings f, RecordState& state) {
  state.collections[f[0]].erase(f[1]);
  return true;
}
bool length(Strings f, RecordState& state) { return set_length(f[0], f[1], state); }
bool gone(Strings f, RecordState& state) {
  state.lengths.erase(f[0]);
  return true;
}
bool noted(Strings f, RecordState& state) { return length(f.first(2), state) && put(f.subspan(2), state); }

constexpr std::array<Kind, 7> kKinds = {{{"make", 1, make},
                                         {"drop", 1, drop},
                                         {"put", 3, put},
                                         {"remove", 2, remove_entry},
                                         {"length", 2, length},
                                         {"gone", 1, gone},
                                         {"noted", 5, noted}}};

}  // namespace

RecordLine::RecordLine(std::string_view what, std::initializer_list<std::string_view> fields) {
  std::string line(what);
  for (const std::string_view field : fields) line += "\t" + percent_encoded(field);
  text_ = fmt::format("{:016x} {}\n", sum_of(line), line);
}

bool apply_line(std::string_view line, RecordState& state) {
  if (line.size() <= kSum + 1 || line[kSum] != ' ') return false;
  if (line.substr(0, kSum) != fmt::format("{:016x}", sum_of(line.substr(kSum + 1)))) return false;
  line.remove_prefix(kSum + 1);
  const std::size_t name = std::min(line.find('\t'), line.size());
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == line.substr(0, name); });
  if (kind == kKinds.end()) return false;
  std::vector<std::string> fields;
  for (std::size_t at = name; at < line.size();) {
    const std::size_t end = std::min(line.find('\t', at + 1), line.size());
    fields.push_back(percent_decoded(line.substr(at + 1, end - at - 1)));
    at = end;
  }
  return fields.size() == kind->fields && kind->apply(fields, state);
}

Result<> Record::read(const std::function<void(const RecordState&)>& look) {
  const std::lock_guard lock(mutex_);
  if (Result<> fresh = refresh(); !fresh) return fresh;
  look(state_);
  return {};
}

Result<> Record::refresh() {
  const Result<std::optional<struct stat>> there = status_of(path_);
  if (!there) return tl::unexpected(there.error());
  if (!*there) {
    file_ = File();
    known_ = 0;
    state_ = {};
    return {};
  }
  bool same = file_.is_open();
  if (same) {
    const Result<struct stat> ours = file_.status();
    if (!ours) return tl::unexpected(ours.error());
    same = ours->st_ino == (*there)->st_ino && ours->st_dev == (*there)->st_dev &&
           static_cast<std::uint64_t>((*there)->st_size) >= known_;
  }
  if (!same) {
    Result<File> opened = File::open(path_, O_RDONLY);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    file_ = std::move(*opened);
    known_ = 0;
    state_ = {};
  }
  return follow(static_cast<std::uint64_t>((*there)->st_size));
}

Result<> Record::follow(std::uint64_t size) {
  if (size <= known_) return {};
  std::string text;
  if (Result<> read = file_.read_at(known_, size - known_, text); !read) return read;
  const auto damaged = [&] {
    return fail(
        FailureKind::rejected,
        fmt::format("{} is damaged at byte {}: found {}. It tells which rows are there; without it, remove it and "
                    "the tables, and begin anew",
                    path_, known_, known_ == 0 ? "no whole line at its begin" : "a line whose sum is another"),
        "DAMAGED");
  };
  // A first line is written as one, before anything else is.
  if (known_ == 0 && !text.empty() && text.find('\n') == text.npos) return damaged();
  for (std::size_t at = 0, end = text.find('\n'); end != text.npos; end = text.find('\n', at)) {
    if (!apply_line(std::string_view(text).substr(at, end - at), state_)) {
      // The last line may be of a write that never came to its end; what follows a whole one was written after it.
      RecordState unused;
      for (std::size_t next = end + 1, stop = text.find('\n', next); stop != text.npos; stop = text.find('\n', next)) {
        if (apply_line(std::string_view(text).substr(next, stop - next), unused)) return damaged();
        next = stop + 1;
      }
      return known_ == 0 ? Result<>(damaged()) : Result<>();
    }
    known_ += end + 1 - at;
    at = end + 1;
  }
  return {};
}

Result<> Record::change(const Waits& waits, const std::function<std::vector<RecordLine>(const RecordState&)>& decide) {
  Result<File> file = File::open_locked(path_, O_RDWR | O_CREAT, waits);
  if (!file) return tl::unexpected(std::move(file.error()));
  std::string text;
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(mutex_);
    if (Result<> fresh = refresh(); !fresh) return fresh;
    for (const RecordLine& line : decide(state_)) text += line.text();
    end = known_;
  }
  if (!text.empty()) {
    Result<> done = file->truncate(end);
    if (done) done = file->write_at(end, text);
    if (!done) {
      static_cast<void>(file->truncate(end));  // what is left of it is no whole line, and counts for nothing
      return done;
    }
    if (sync_) {
      done = file->sync();
      if (done && end == 0) done = sync_directory(directory_);
    }
    if (!done) {
      done.error().in_doubt = true;
      return done;
    }
  }
  const std::lock_guard lock(mutex_);
  if (Result<> fresh = refresh(); !fresh) return fresh;
  if (state_.empty() && ::unlink(path_.c_str()) != 0 && errno != ENOENT) return io_failure("removing", path_, errno);
  return {};
}

}  // namespace assay::files
