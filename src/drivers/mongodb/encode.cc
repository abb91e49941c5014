// Rows as documents.
#include "base/error.h"
#include "drivers/mongodb/codec.h"

#include <bson/bson.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace assay::mongodb {
namespace {

constexpr std::uint8_t kBytes = 0x00, kUuid = 0x04;  // subtypes of binary

std::int64_t floor_milliseconds(std::int64_t microseconds) noexcept {
  return microseconds / 1000 - (microseconds % 1000 < 0 ? 1 : 0);
}

/// A value as an element; `column` says more of it where it is one, and not an element of an array.
struct Append {
  DocumentWriter& out;
  std::string_view name;
  const Column* column;
  Decimals decimals;

  Result<> operator()(std::monostate) const { return out.null(name), Result<>(); }
  Result<> operator()(bool v) const { return out.boolean(name, v), Result<>(); }
  Result<> operator()(std::int64_t v) const {
    if (column != nullptr && column->type == ColumnType::decimal) return (*this)(Decimal{v, 0});
    if (column != nullptr && column->type == ColumnType::integer && v >= std::numeric_limits<std::int32_t>::min() &&
        v <= std::numeric_limits<std::int32_t>::max())
      out.int32(name, static_cast<std::int32_t>(v));
    else
      out.int64(name, v);
    return {};
  }
  Result<> operator()(double v) const { return out.real(name, v), Result<>(); }
  Result<> operator()(Decimal v) const {
    if (decimals == Decimals::text) return out.text(name, format_decimal(v)), Result<>();
    const Decimal128 d = to_decimal128(v);
    return out.decimal128(name, d.high, d.low), Result<>();
  }
  Result<> operator()(std::string_view v) const {
    if (!bson_utf8_validate(v.data(), v.size(), true))
      return fail(FailureKind::rejected, fmt::format("{} is no text in UTF-8", to_text(Bytes{v.substr(0, 32)})),
                  "UTF8");
    return out.text(name, v), Result<>();
  }
  Result<> operator()(Bytes v) const { return out.binary(name, kBytes, v.data), Result<>(); }
  Result<> operator()(Json v) const { return append_json(out, name, v.text, decimals); }
  Result<> operator()(const Uuid& v) const {
    return out.binary(name, kUuid, {reinterpret_cast<const char*>(v.octets.data()), v.octets.size()}), Result<>();
  }
  Result<> operator()(Date v) const { return out.instant(name, std::int64_t{v.days} * 86'400'000), Result<>(); }
  Result<> operator()(TimeOfDay v) const { return out.text(name, to_text(v)), Result<>(); }
  Result<> operator()(Timestamp v) const { return out.instant(name, floor_milliseconds(v.microseconds)), Result<>(); }
  Result<> operator()(Array v) const {
    out.begin_array(name);
    for (std::size_t i = 0; i < v.size; i++)
      if (auto done = std::visit(Append{out, {}, nullptr, decimals}, v.data[i]); !done) return done;
    return out.end(), Result<>();
  }
};

}  // namespace

Decimal128 to_decimal128(Decimal d) noexcept {
  const bool negative = d.unscaled < 0;
  const auto size = static_cast<std::uint64_t>(d.unscaled);
  return {.high = (negative ? std::uint64_t{1} << 63 : 0) | (static_cast<std::uint64_t>(kDecimalBias - d.scale) << 49),
          .low = negative ? ~size + 1 : size};
}

RowCodec::RowCodec(const Table& table, Decimals decimals) : table_(table), decimals_(decimals) {
  for (const Column& column : table.columns) {
    const bool whole_key = table.primary_key.size() == 1 && table.primary_key[0] == column.name;
    if (column.name.empty() || column.name.starts_with('$') || column.name.find('.') != std::string::npos ||
        column.name.find('\0') != std::string::npos || (column.name == "_id" && !whole_key))
      throw Error(
          fmt::format("the column '{}' of '{}' cannot be a field of a document in MongoDB: expected is a name "
                      "without '.', that does not begin with '$', and '_id' only as the whole primary key",
                      column.name, table.name));
  }
  for (const std::string& name : table.primary_key) {
    const std::size_t c = column(name);
    if (table.columns[c].type == ColumnType::array)
      throw Error(fmt::format("the column '{}' of '{}' is an array, which MongoDB takes for no key", name, table.name));
    key_.push_back(c);
  }
}

std::size_t RowCodec::column(std::string_view name) const {
  const auto found = std::find_if(table_.columns.begin(), table_.columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  if (found == table_.columns.end()) throw Error(fmt::format("'{}' has no column '{}'", table_.name, name));
  return static_cast<std::size_t>(found - table_.columns.begin());
}

std::string RowCodec::field(std::string_view name) const {
  return key_.size() == 1 && table_.primary_key[0] == name ? "_id" : std::string(name);
}

Result<> RowCodec::append(DocumentWriter& out, std::string_view name, const Value& value, const Column& column) const {
  auto done = std::visit(Append{out, name, &column, decimals_}, value);
  if (!done) done.error().message = fmt::format("{}.{}: {}", table_.name, column.name, done.error().message);
  return done;
}

Result<> RowCodec::append_id(DocumentWriter& out, const Value* values, bool is_row) const {
  const auto value = [&](std::size_t i) -> const Value& { return values[is_row ? key_[i] : i]; };
  if (key_.size() == 1) return append(out, "_id", value(0), table_.columns[key_[0]]);
  out.begin_document("_id");
  for (std::size_t i = 0; i < key_.size(); i++)
    if (auto done = append(out, table_.primary_key[i], value(i), table_.columns[key_[i]]); !done) return done;
  return out.end(), Result<>();
}

Result<std::string> RowCodec::document(const Value* row, const ObjectId* id) const {
  DocumentWriter out;
  if (keyed()) {
    if (auto done = append_id(out, row, true); !done) return tl::unexpected(std::move(done.error()));
  } else if (id != nullptr) {
    out.object_id("_id", *id);
  }
  for (std::size_t c = 0; c < table_.columns.size(); c++) {
    if (is_null(row[c]) || (key_.size() == 1 && key_[0] == c)) continue;
    if (auto done = append(out, table_.columns[c].name, row[c], table_.columns[c]); !done)
      return tl::unexpected(std::move(done.error()));
  }
  return out.take();
}

Result<std::string> RowCodec::filter_of_row(const Value* row) const {
  DocumentWriter out;
  if (auto done = append_id(out, row, true); !done) return tl::unexpected(std::move(done.error()));
  return out.take();
}

Result<std::string> RowCodec::filter_of_key(const Value* key) const {
  DocumentWriter out;
  if (auto done = append_id(out, key, false); !done) return tl::unexpected(std::move(done.error()));
  return out.take();
}

}  // namespace assay::mongodb
