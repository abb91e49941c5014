#include "drivers/files/reader.h"

#include "drivers/files/failure.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace assay::files {
namespace {

constexpr std::size_t kPiece = 1 << 20;  // bytes read at once

struct Stretch {
  std::uint64_t begin = 0, end = 0, line = 0;
};

std::string to_text(const Stretch& stretch) {
  return fmt::format("{}-{}@{}", stretch.begin, stretch.end, stretch.line);
}

std::optional<Stretch> parse_stretch(std::string_view text) {
  Stretch out;
  const char *at = text.data(), *const end = at + text.size();
  for (const auto& [number, behind] : {std::pair{&out.begin, '-'}, {&out.end, '@'}, {&out.line, '\0'}}) {
    const auto [next, error] = std::from_chars(at, end, *number);
    if (error != std::errc{} || (behind == '\0' ? next != end : next == end || *next != behind)) return std::nullopt;
    at = next + 1;
  }
  return out;
}

Result<File> open_to_read(const Tables& tables, const Table& table) {
  const std::string path = tables.file_of(table.name);
  Result<File> file = File::open(path, O_RDONLY);
  if (!file && file.error().native_code == "ENOENT")
    return fail(FailureKind::rejected, fmt::format("there is no table {}: {} is not there", table.name, path),
                "ENOENT");
  if (!file) return file;
  if (Result<> same = tables.require_header(table, *file); !same) return tl::unexpected(std::move(same.error()));
  return file;
}

class FileReader final : public RowReader {
 public:
  FileReader(File file, const Format& format, const Table& table, Stretch stretch)
      : file_(std::move(file)), format_(format), table_(table), stretch_(stretch) {}

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    std::size_t added = 0;
    while (added < most) {
      const Result<std::size_t> end = record_end();
      if (!end) return tl::unexpected(end.error());
      if (*end == at_) break;
      std::string_view record = std::string_view(buffer_).substr(at_, *end - at_);
      const auto lines = static_cast<std::uint64_t>(std::count(record.begin(), record.end(), '\n'));
      if (record.ends_with('\n')) record.remove_suffix(1);
      if (record.ends_with('\r')) record.remove_suffix(1);
      const std::size_t rows = batch.size();
      if (const Result<> row = format_.read_row(table_, record, batch); row) {
        added++;
      } else {
        batch.shrink(rows);
        strangers_.push_back(fmt::format("{}:{}: found {}", file_.path(), stretch_.line, row.error().message));
      }
      stretch_.line += lines;
      at_ = *end;
    }
    return added;
  }

 private:
  /// Behind the record that begins at at_, line end included; at_ itself when there is none left.
  Result<std::size_t> record_end() {
    RecordScanner scanner(format_);
    for (std::size_t looked_at = at_;;) {
      std::size_t end = 0;
      // Line by line, so that no more is looked at than the record.
      while (looked_at < buffer_.size() && end == 0) {
        const std::size_t line_end = std::min(buffer_.find('\n', looked_at), buffer_.size() - 1) + 1;
        scanner.scan(std::string_view(buffer_).substr(looked_at, line_end - looked_at),
                     [&](std::size_t) { end = line_end; });
        looked_at = line_end;
      }
      if (end != 0) return end;
      if (stretch_.begin == stretch_.end) return buffer_.size();  // the last record may lack its line end
      const std::size_t kept = buffer_.size() - at_;
      buffer_.erase(0, at_);
      at_ = 0;
      looked_at = kept;
      std::string piece;
      const std::size_t most = std::min<std::uint64_t>(kPiece, stretch_.end - stretch_.begin);
      if (Result<> read = file_.read_at(stretch_.begin, most, piece); !read)
        return tl::unexpected(std::move(read.error()));
      if (piece.empty())
        return fail(FailureKind::wrong_answer, fmt::format("{} became shorter while it was read", file_.path()));
      stretch_.begin += piece.size();
      buffer_ += piece;
    }
  }

  const File file_;
  const Format& format_;
  const Table& table_;
  Stretch stretch_;  // begin: what is not in the buffer yet; line: of what is at at_
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<std::string>> split_table(const Tables& tables, const Table& table, std::uint64_t rows) {
  const Result<File> file = open_to_read(tables, table);
  if (!file) return tl::unexpected(file.error());
  const Format& format = *tables.settings().format;
  std::vector<std::string> out;
  RecordScanner scanner(format);
  bool header = !format.header(table).empty();
  Stretch stretch{.line = 1};
  std::uint64_t position = 0, line = 1, records = 0;
  std::string piece;
  for (;;) {
    if (Result<> read = file->read_at(position, kPiece, piece); !read) return tl::unexpected(std::move(read.error()));
    if (piece.empty()) break;
    std::size_t counted = 0;  // up to where lines of the piece are
    scanner.scan(piece, [&](std::size_t end) {
      records++;
      if (!header && records < std::max<std::uint64_t>(rows, 1)) return;
      line += static_cast<std::uint64_t>(std::count(piece.data() + counted, piece.data() + end, '\n'));
      counted = end;
      stretch.end = position + end;
      if (!header) out.push_back(to_text(stretch));
      header = false;
      records = 0;
      stretch = {.begin = position + end, .line = line};
    });
    line +=
        static_cast<std::uint64_t>(std::count(piece.begin() + static_cast<std::ptrdiff_t>(counted), piece.end(), '\n'));
    position += piece.size();
  }
  stretch.end = position;
  if (stretch.begin < stretch.end && !header) out.push_back(to_text(stretch));
  return out;
}

Result<std::unique_ptr<RowReader>> read_stretch(const Tables& tables, const Table& table, const std::string& stretch) {
  const std::optional<Stretch> parsed = parse_stretch(stretch);
  if (!parsed || parsed->begin > parsed->end)
    return fail(FailureKind::rejected, fmt::format("'{}' is no stretch of {}", stretch, table.name));
  Result<File> file = open_to_read(tables, table);
  if (!file) return tl::unexpected(std::move(file.error()));
  return std::make_unique<FileReader>(std::move(*file), *tables.settings().format, table, *parsed);
}

}  // namespace assay::files
