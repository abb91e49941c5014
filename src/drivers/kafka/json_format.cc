// A row as a JSON object: a member for each column, in the order of the table.
#include "base/error.h"
#include "drivers/kafka/format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace assay::kafka {
namespace {

using Document = nlohmann::json;

/// The cell of a member; nullopt: it is of another kind.
std::optional<Value> cell_of(const Column& column, const Document& member, RowBatch& batch) {
  const std::string* text = member.is_string() ? &member.get_ref<const std::string&>() : nullptr;
  const auto of = [](const auto& found) { return found ? std::optional<Value>(Value(*found)) : std::nullopt; };
  if (member.is_null() && column.type != ColumnType::json) return Value(kNull);
  switch (column.type) {
    case ColumnType::boolean:
      return member.is_boolean() ? std::optional<Value>(member.get<bool>()) : std::nullopt;
    case ColumnType::integer:
    case ColumnType::bigint:
      if (!member.is_number_integer()) return std::nullopt;
      if (member.is_number_unsigned() && member.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
        return std::nullopt;
      return member.get<std::int64_t>();
    case ColumnType::real:
      if (member.is_number()) return member.get<double>();
      if (text == nullptr) return std::nullopt;
      if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
      if (*text == "Infinity") return std::numeric_limits<double>::infinity();
      if (*text == "-Infinity") return -std::numeric_limits<double>::infinity();
      return std::nullopt;
    case ColumnType::json:
    case ColumnType::array:
      if (member.is_null() && column.nullable) return Value(kNull);
      return Json{batch.keep(member.dump())};
    default:
      break;
  }
  if (text == nullptr) return std::nullopt;
  switch (column.type) {
    case ColumnType::decimal:
      return of(decimal_of(*text));
    case ColumnType::bytes: {
      const std::optional<std::string> bytes = bytes_of(*text);
      return bytes ? std::optional<Value>(Bytes{batch.keep(*bytes)}) : std::nullopt;
    }
    case ColumnType::uuid:
      return of(uuid_of(*text));
    case ColumnType::date:
      return of(date_of(*text));
    case ColumnType::time:
      return of(time_of(*text));
    case ColumnType::timestamp:
      return of(instant_of(*text));
    default:
      return Value(batch.keep(*text));
  }
}

class JsonFormat final : public RowFormat {
 public:
  explicit JsonFormat(const Table& table) : columns_(table.columns) {
    for (std::size_t c = 0; c < columns_.size(); c++) {
      std::string& name = names_.emplace_back(c == 0 ? "{" : ",");
      append_quoted(columns_[c].name, name);
      name += ':';
    }
  }

  void encode(const Value* row, std::string& out) override {
    out.clear();
    for (std::size_t c = 0; c < names_.size(); c++) {
      out += names_[c];
      append_value(row[c], out);
    }
    out += '}';
  }

  Result<> decode(std::string_view message, RowBatch& batch) override {
    const Document document = Document::parse(message, nullptr, false);
    if (!document.is_object()) return fail(FailureKind::wrong_answer, "the message is no JSON object");
    for (const Column& column : columns_) {
      const auto member = document.find(column.name);
      if (member == document.end())
        return fail(FailureKind::wrong_answer, fmt::format("the message has no member '{}'", column.name));
      const std::optional<Value> cell = cell_of(column, *member, batch);
      if (!cell)
        return fail(FailureKind::wrong_answer,
                    fmt::format("the member '{}' is {}, which the column's type does not take", column.name,
                                member->dump(-1, ' ', false, Document::error_handler_t::replace).substr(0, 60)));
      batch.add(*cell);
    }
    if (document.size() != columns_.size())
      return fail(FailureKind::wrong_answer, fmt::format("the message has {} members; expected {}, one a column",
                                                         document.size(), columns_.size()));
    return {};
  }

 private:
  const std::vector<Column> columns_;
  std::vector<std::string> names_;  // with what stands before and behind them
};

}  // namespace

std::unique_ptr<RowFormat> json_format(const Table& table) { return std::make_unique<JsonFormat>(table); }

}  // namespace assay::kafka
