#include "drivers/files/cell.h"
#include "drivers/files/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::files {
namespace {

/// Quoted when a reader would take it for something else. "\." alone on a line ends the data for PostgreSQL's COPY.
bool needs_quotes(std::string_view text) noexcept {
  return text.empty() || text == "\\." || text.find_first_of(",\"\r\n") != text.npos;
}

void append_field(std::string_view text, std::string& out) {
  if (!needs_quotes(text)) {
    out += text;
    return;
  }
  out += '"';
  for (std::size_t quote = text.find('"'); quote != text.npos; quote = text.find('"')) {
    out.append(text.substr(0, quote + 1)) += '"';
    text.remove_prefix(quote + 1);
  }
  out.append(text) += '"';
}

/// Takes fields of a record, from its left.
class Fields {
 public:
  explicit Fields(std::string_view record) noexcept : rest_(record) {}

  bool more() const noexcept { return more_; }
  bool quoted() const noexcept { return quoted_; }
  /// What stands between the quotes, "" being " if `doubled`.
  Result<std::string_view> next() {
    quoted_ = rest_.starts_with('"');
    return quoted_ ? next_quoted() : next_plain();
  }
  /// Whether there are doubled quotes in the last one.
  bool doubled() const noexcept { return doubled_; }

 private:
  Result<std::string_view> next_plain() {
    const std::string_view field = rest_.substr(0, rest_.find(','));
    if (field.find('"') != field.npos)
      return fail(FailureKind::wrong_answer,
                  fmt::format("a quote inside the field {} that does not begin with one", field));
    doubled_ = false;
    pass(field.size());
    return field;
  }
  Result<std::string_view> next_quoted() {
    doubled_ = false;
    std::size_t end = rest_.find('"', 1);
    while (end != rest_.npos && end + 1 < rest_.size() && rest_[end + 1] == '"') {
      doubled_ = true;
      end = rest_.find('"', end + 2);
    }
    if (end == rest_.npos) return fail(FailureKind::wrong_answer, "a quoted field without its second quote");
    const std::string_view field = rest_.substr(1, end - 1);
    if (end + 1 < rest_.size() && rest_[end + 1] != ',')
      return fail(FailureKind::wrong_answer,
                  fmt::format("'{}' behind a quoted field; expected a comma", rest_[end + 1]));
    pass(end + 1);
    return field;
  }
  /// Behind the field and the comma that may follow.
  void pass(std::size_t size) noexcept {
    more_ = size < rest_.size();
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
  }

  std::string_view rest_;
  bool more_ = true, quoted_ = false, doubled_ = false;
};

std::string_view without_doubled_quotes(std::string_view text, RowBatch& batch) {
  char* const room = batch.room(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    room[size++] = text[i];
    if (text[i] == '"') i++;
  }
  return batch.take(room, size);
}

class Csv final : public Format {
 public:
  std::string_view name() const noexcept override { return "csv"; }
  bool quotes_line_ends() const noexcept override { return true; }

  std::string header(const Table& table) const override {
    std::string out;
    for (const Column& column : table.columns) {
      if (&column != table.columns.data()) out += ',';
      append_field(column.name, out);
    }
    return out += '\n';
  }

  Result<> append_row(const Table& table, const Value* row, std::string& out) const override {
    std::string scratch;
    for (std::size_t c = 0; c < table.columns.size(); c++) {
      const Result<Cell> cell = cell_of(table.columns[c], row[c], scratch);
      if (!cell) return tl::unexpected(cell.error());
      if (c > 0) out += ',';
      if (cell->kind == Cell::Kind::bare)
        out += cell->text;
      else if (cell->kind != Cell::Kind::null)
        append_field(cell->text, out);
    }
    out += '\n';
    return {};
  }

  Result<> read_row(const Table& table, std::string_view record, RowBatch& batch) const override {
    Fields fields(record);
    Value* const cells = batch.add_rows(1);
    std::size_t count = 0;
    for (; fields.more(); count++) {
      Result<std::string_view> text = fields.next();
      if (!text) return tl::unexpected(std::move(text.error()));
      if (count >= table.columns.size() || (text->empty() && !fields.quoted())) continue;  // too many, or NULL
      if (fields.doubled()) *text = without_doubled_quotes(*text, batch);
      const Column& column = table.columns[count];
      if (is_json(column.type)) {
        cells[count] = Json{batch.keep(*text)};
        continue;
      }
      const std::optional<Value> value = value_of(column, *text, batch);
      cells[count] = value ? *value : Value(batch.keep(*text));
    }
    if (count != table.columns.size())
      return fail(FailureKind::wrong_answer,
                  fmt::format("{} fields; expected {}, as the first line has", count, table.columns.size()));
    return {};
  }
};

}  // namespace

const Format& csv_format() {
  static const Csv format;
  return format;
}

bool RecordScanner::odd_quotes(std::string_view line) noexcept {
  return std::count(line.begin(), line.end(), '"') % 2 != 0;
}

}  // namespace assay::files
