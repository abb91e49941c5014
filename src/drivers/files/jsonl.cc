#include "drivers/files/cell.h"
#include "drivers/files/format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace assay::files {
namespace {

void append_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

/// Passes over the parts of a text that is known to be JSON.
class Parts {
 public:
  explicit Parts(std::string_view json) noexcept : text_(json) {}

  /// Behind white space.
  char here() noexcept {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void pass() noexcept { at_++; }
  /// A value as it stands.
  std::string_view value() noexcept {
    const char first = here();
    const std::size_t begin = at_;
    if (first == '"')
      pass_string();
    else if (first == '{' || first == '[')
      pass_nested();
    else
      at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
    return text_.substr(begin, at_ - begin);
  }

 private:
  void pass_string() noexcept {
    for (at_++; text_[at_] != '"'; at_++)
      if (text_[at_] == '\\') at_++;
    at_++;
  }
  void pass_nested() noexcept {
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        pass_string();
        continue;
      }
      if (c == '{' || c == '[') depth++;
      if (c == '}' || c == ']') depth--;
      at_++;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// What a string of JSON stands for; `store` keeps it where that is not as it is written.
std::string_view string_of(std::string_view quoted, std::string& store) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == inside.npos) return inside;
  store = nlohmann::json::parse(quoted).get<std::string>();
  return store;
}

Value cell_in(const Column& column, std::string_view json, RowBatch& batch, std::string& store) {
  if (is_json(column.type)) return Json{batch.keep(json)};  // its null too: a member that is NULL is not there
  if (json == "null") return kNull;
  const bool string = json.starts_with('"');
  const auto value = value_of(column, string ? string_of(json, store) : json, batch);
  // Of reals those are strings that are no numbers of JSON.
  const double* const real = value ? std::get_if<double>(&*value) : nullptr;
  const bool bare = is_bare(column.type) && (real == nullptr || std::isfinite(*real));
  return value && string != bare ? *value : Value(Json{batch.keep(json)});
}

/// The column of this name; where columns are in their order, as we write them, it is the one tried first.
std::size_t column_of(const Table& table, std::string_view name, std::size_t tried) {
  if (tried < table.columns.size() && table.columns[tried].name == name) return tried;
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return static_cast<std::size_t>(found - table.columns.begin());
}

class Jsonl final : public Format {
 public:
  std::string_view name() const noexcept override { return "jsonl"; }
  bool quotes_line_ends() const noexcept override { return false; }
  std::string header(const Table&) const override { return ""; }

  Result<> append_row(const Table& table, const Value* row, std::string& out) const override {
    std::string scratch;
    bool begun = false;
    for (std::size_t c = 0; c < table.columns.size(); c++) {
      const Result<Cell> cell = cell_of(table.columns[c], row[c], scratch);
      if (!cell) return tl::unexpected(cell.error());
      if (cell->kind == Cell::Kind::null && is_json(table.columns[c].type)) continue;
      out += begun ? ',' : '{';
      begun = true;
      append_string(table.columns[c].name, out);
      out += ':';
      switch (cell->kind) {
        case Cell::Kind::null:
          out += "null";
          break;
        case Cell::Kind::bare:
          out += cell->text;
          break;
        case Cell::Kind::text:
          append_string(cell->text, out);
          break;
        case Cell::Kind::json:
          if (!nlohmann::json::accept(cell->text))
            return fail(FailureKind::rejected, fmt::format("the column {} is JSON; found {}, which is none",
                                                           table.columns[c].name, cell->text.substr(0, 80)));
          out += cell->text;
          break;
      }
    }
    out += begun ? "}\n" : "{}\n";
    return {};
  }

  Result<> read_row(const Table& table, std::string_view record, RowBatch& batch) const override {
    if (!nlohmann::json::accept(record)) return fail(FailureKind::wrong_answer, "no JSON; expected an object");
    Parts parts(record);
    if (parts.here() != '{') return fail(FailureKind::wrong_answer, "JSON that is no object");
    Value* const cells = batch.add_rows(1);
    std::vector<bool> seen(table.columns.size());
    std::string store;
    parts.pass();
    for (std::size_t member = 0; parts.here() != '}'; member++) {
      if (member > 0) parts.pass();  // a comma
      const std::string_view quoted = parts.value();
      const std::string_view name = string_of(quoted, store);
      const std::size_t c = column_of(table, name, member);
      if (c == table.columns.size())
        return fail(FailureKind::wrong_answer,
                    fmt::format("a member {}, which is no column of {}", quoted, table.name));
      if (seen[c]) return fail(FailureKind::wrong_answer, fmt::format("two members {}", quoted));
      seen[c] = true;
      parts.here();
      parts.pass();  // the colon
      cells[c] = cell_in(table.columns[c], parts.value(), batch, store);
    }
    for (std::size_t c = 0; c < seen.size(); c++)  // of JSON, one that is not there is NULL
      if (!seen[c] && !is_json(table.columns[c].type))
        return fail(
            FailureKind::wrong_answer,
            fmt::format("no member for the column {}; expected one, and null where it is NULL", table.columns[c].name));
    return {};
  }
};

}  // namespace

const Format& jsonl_format() {
  static const Jsonl format;
  return format;
}

}  // namespace assay::files
