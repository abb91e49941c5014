#include "core/sql_reader.h"

#include "base/error.h"
#include "core/sql_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

namespace assay {
namespace {

/// A value as a letter, the size of a text, and the text.
struct Writer {
  std::string& out;

  void put(char kind, std::string_view text) const { out += fmt::format("{}{}:{}", kind, text.size(), text); }
  void operator()(std::monostate) const { put('n', ""); }
  void operator()(bool v) const { put('b', v ? "1" : "0"); }
  void operator()(std::int64_t v) const { put('i', std::to_string(v)); }
  void operator()(double v) const { put('f', std::to_string(std::bit_cast<std::int64_t>(v))); }
  void operator()(Decimal v) const { put('m', fmt::format("{} {}", v.unscaled, v.scale)); }
  void operator()(std::string_view v) const { put('s', v); }
  void operator()(Bytes v) const { put('y', v.data); }
  void operator()(Json v) const { put('j', v.text); }
  void operator()(const Uuid& v) const { put('u', {reinterpret_cast<const char*>(v.octets.data()), v.octets.size()}); }
  void operator()(Date v) const { put('d', std::to_string(v.days)); }
  void operator()(TimeOfDay v) const { put('h', std::to_string(v.microseconds)); }
  void operator()(Timestamp v) const { put('t', std::to_string(v.microseconds)); }
  void operator()(Array) const { put('n', ""); }  // no key has one
};

std::int64_t integer_of(std::string_view text) {
  std::int64_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("'{}' is no whole number of a stretch", text));
  return v;
}

Value value_of(char kind, std::string_view text, RowBatch& store) {
  switch (kind) {
    case 'n':
      return kNull;
    case 'b':
      return text == "1";
    case 'i':
      return integer_of(text);
    case 'f':
      return std::bit_cast<double>(integer_of(text));
    case 'm': {
      const std::size_t blank = std::min(text.find(' '), text.size() - 1);
      return Decimal{integer_of(text.substr(0, blank)), static_cast<std::uint8_t>(integer_of(text.substr(blank + 1)))};
    }
    case 's':
      return store.keep(text);
    case 'y':
      return Bytes{store.keep(text)};
    case 'j':
      return Json{store.keep(text)};
    case 'u': {
      Uuid uuid;
      if (text.size() != uuid.octets.size()) break;
      std::copy(text.begin(), text.end(), reinterpret_cast<char*>(uuid.octets.data()));
      return uuid;
    }
    case 'd':
      return Date{static_cast<std::int32_t>(integer_of(text))};
    case 'h':
      return TimeOfDay{integer_of(text)};
    case 't':
      return Timestamp{integer_of(text)};
    default:
      break;
  }
  throw Error(fmt::format("'{}{}' is no value of a stretch", kind, text));
}

/// A length, a colon, as many bytes; taken off the front.
std::string_view take_text(std::string_view& rest) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) throw Error("a stretch ends in the middle");
  const auto size = static_cast<std::size_t>(integer_of(rest.substr(0, colon)));
  if (size > rest.size() - colon - 1) throw Error("a stretch ends in the middle");
  const std::string_view text = rest.substr(colon + 1, size);
  rest.remove_prefix(colon + 1 + size);
  return text;
}

/// A key, or none.
class Bound {
 public:
  Bound(std::string_view text, std::size_t columns) : values_(columns) {
    if (text.empty()) return;
    for (std::size_t c = 0; c < columns; c++) {
      if (text.empty()) throw Error("a key of a stretch has too few values");
      const char kind = text[0];
      text.remove_prefix(1);
      values_.add(value_of(kind, take_text(text), values_));
    }
  }
  void set(const Value* row, const std::vector<std::size_t>& columns) {
    values_.clear();
    for (const std::size_t c : columns) {
      if (const auto* text = std::get_if<std::string_view>(&row[c]))
        values_.add_copy(*text);
      else if (const auto* bytes = std::get_if<Bytes>(&row[c]))
        values_.add(Bytes{values_.keep(bytes->data)});
      else if (const auto* json = std::get_if<Json>(&row[c]))
        values_.add(Json{values_.keep(json->text)});
      else
        values_.add(row[c]);
    }
  }
  const Value* key() const noexcept { return values_.size() == 0 ? nullptr : values_.row(0); }

 private:
  RowBatch values_;
};

class SqlReader : public RowReader {
 public:
  SqlReader(QueryFacet& query, const Table& table) : query_(query), table_(table) {
    std::vector<std::string> names;
    for (const Column& column : table.columns) names.push_back(column.name);
    select_ =
        fmt::format("select {} from {}", column_list(query.dialect(), names), quoted_name(query.dialect(), table.name));
  }

 protected:
  void add_row(const ResultSet& rows, std::size_t r, RowBatch& batch) {
    for (std::size_t c = 0; c < table_.columns.size(); c++)
      batch.add(value_of_column(rows.at(r, c), table_.columns[c], query_.dialect(), batch));
  }

  QueryFacet& query_;
  const Table table_;
  std::string select_;
};

/// In the order of the key, a page a statement.
class ReaderByKey final : public SqlReader {
 public:
  ReaderByKey(QueryFacet& query, const Table& table, std::string_view after, std::string_view last)
      : SqlReader(query, table),
        columns_(key_columns(table)),
        after_(after, columns_.size()),
        last_(last, columns_.size()) {
    for (const std::string& name : table.primary_key) names_.push_back(quoted_name(query.dialect(), name));
  }

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    if (done_) return std::size_t{0};
    arguments_.clear();
    std::string text = select_;
    const auto condition = [&](const Bound& bound, char how, bool inclusive) {
      if (bound.key() == nullptr) return;
      text += arguments_.empty() ? " where " : " and ";
      compare(bound.key(), how, inclusive, text);
    };
    condition(after_, '>', false);
    condition(last_, '<', true);
    text += fmt::format(" order by {} limit {}", column_list(query_.dialect(), table_.primary_key), most);
    const Result<const ResultSet*> rows = query_.run(text, arguments_);
    if (!rows) return tl::unexpected(rows.error());
    const std::size_t count = (*rows)->size();
    for (std::size_t r = 0; r < count; r++) add_row(**rows, r, batch);
    done_ = count < most;
    if (!done_) after_.set(batch.row(batch.size() - 1), columns_);
    return count;
  }

 private:
  /// Key > bound, or the like; as the target does it by an index.
  void compare(const Value* bound, char how, bool inclusive, std::string& out) {
    const std::size_t first = arguments_.size() + 1;
    for (std::size_t c = 0; c < names_.size(); c++) arguments_.push_back(bound[c]);
    const std::string last_how = inclusive ? std::string{how, '='} : std::string{how};
    if (names_.size() == 1) {
      out += fmt::format("{} {} ${}", names_[0], last_how, first);
    } else if (query_.dialect().rows_by_index) {
      std::string places;
      for (std::size_t c = 0; c < names_.size(); c++) places += fmt::format("{}${}", c > 0 ? ", " : "", first + c);
      out += fmt::format("({}) {} ({})", column_list(query_.dialect(), table_.primary_key), last_how, places);
    } else {
      for (std::size_t c = 0; c + 1 < names_.size(); c++)
        out += fmt::format("({0} {1} ${2} or ({0} = ${2} and ", names_[c], how, first + c);
      out += fmt::format("{} {} ${}", names_.back(), last_how, first + names_.size() - 1);
      out.append(2 * (names_.size() - 1), ')');
    }
  }

  std::vector<std::size_t> columns_;
  std::vector<std::string> names_;  // of the key, quoted
  Bound after_, last_;
  std::vector<Value> arguments_;
  bool done_ = false;
};

/// All rows of a condition at once, handed out in pieces.
class ReaderByCondition final : public SqlReader {
 public:
  ReaderByCondition(QueryFacet& query, const Table& table, std::string_view condition) : SqlReader(query, table) {
    select_ += fmt::format(" where {}", condition);
  }

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    if (rows_ == nullptr) {
      const Result<const ResultSet*> rows = query_.run(select_);
      if (!rows) return tl::unexpected(rows.error());
      rows_ = *rows;
    }
    const std::size_t first = next_;
    for (; next_ < rows_->size() && next_ - first < most; next_++) add_row(*rows_, next_, batch);
    return next_ - first;
  }

 private:
  const ResultSet* rows_ = nullptr;  // good until the session's next call, which is ours
  std::size_t next_ = 0;
};

/// Pages of the order in which the target keeps the rows.
class ReaderByPosition final : public SqlReader {
 public:
  using SqlReader::SqlReader;

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    if (done_) return std::size_t{0};
    const Result<const ResultSet*> rows = query_.run(fmt::format("{} limit {} offset {}", select_, most, next_));
    if (!rows) return tl::unexpected(rows.error());
    const std::size_t count = (*rows)->size();
    for (std::size_t r = 0; r < count; r++) add_row(**rows, r, batch);
    next_ += count;
    done_ = count < most;
    return count;
  }

 private:
  std::uint64_t next_ = 0;
  bool done_ = false;
};

}  // namespace

std::string key_text(const Value* key, std::size_t columns) {
  std::string out;
  for (std::size_t c = 0; c < columns; c++) std::visit(Writer{out}, key[c]);
  return out;
}

std::string stretch_of_keys(std::string_view after, std::string_view last) {
  return fmt::format("K{}:{}{}:{}", after.size(), after, last.size(), last);
}

std::string stretch_of_condition(std::string_view condition) { return fmt::format("W{}", condition); }

std::vector<std::size_t> key_columns(const Table& table) {
  std::vector<std::size_t> out;
  for (const std::string& name : table.primary_key) {
    const auto found =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& c) { return c.name == name; });
    if (found == table.columns.end())
      throw Error(fmt::format("the primary key of table {} names '{}', which is no column of it", table.name, name));
    out.push_back(static_cast<std::size_t>(found - table.columns.begin()));
  }
  return out;
}

std::string column_list(const Dialect& dialect, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quoted_name(dialect, name);
  return out;
}

std::unique_ptr<RowReader> read_stretch(QueryFacet& query, const Table& table, const std::string& stretch) {
  std::string_view rest = stretch;
  if (rest.starts_with('W')) return std::make_unique<ReaderByCondition>(query, table, rest.substr(1));
  if (!rest.starts_with('K')) throw Error(fmt::format("'{}' is no stretch of table {}", stretch, table.name));
  rest.remove_prefix(1);
  const std::string_view after = take_text(rest), last = take_text(rest);
  if (table.primary_key.empty()) return std::make_unique<ReaderByPosition>(query, table);
  return std::make_unique<ReaderByKey>(query, table, after, last);
}

}  // namespace assay
