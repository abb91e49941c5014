// Rows as documents, and back: what docs/populate-mongodb.md says of each type of column.
//
// A primary key of one column is the document's _id and stands nowhere else; of several columns, _id is a document of them in the
// order of the key, and they stand beside it as well. NULL is a field that is not there. What is read is of the kind of its
// BSON type where the document holds something else than its column would, so that whoever compares sees it.
#pragma once

#include "base/result.h"
#include "core/table.h"
#include "drivers/mongodb/address.h"
#include "drivers/mongodb/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace assay::mongodb {

class RowCodec {
 public:
  /// The table must outlive it. Throws Error for a table that cannot be a collection.
  RowCodec(const Table&, Decimals);

  bool keyed() const noexcept { return !table_.primary_key.empty(); }
  /// The name of a column's field.
  std::string field(std::string_view column) const;

  /// The document of a row. A table without a key: its _id, or nullptr when somebody else gives it one.
  Result<std::string> document(const Value* row, const ObjectId* id = nullptr) const;
  /// {_id: …} of a row, and of the columns of the key in its order.
  Result<std::string> filter_of_row(const Value* row) const;
  Result<std::string> filter_of_key(const Value* key) const;
  /// Adds the row that a document is. Texts are copied into the batch.
  void read(std::string_view document, RowBatch&) const;

 private:
  std::size_t column(std::string_view name) const;
  Result<> append(DocumentWriter&, std::string_view name, const Value&, const Column&) const;
  Result<> append_id(DocumentWriter&, const Value* key, bool is_row) const;

  const Table& table_;
  const Decimals decimals_;
  std::vector<std::size_t> key_;  // columns, in the order of the key
};

// What it is made of, for tests.

/// A decimal as the two halves of IEEE 754-2008's decimal128, in the encoding BSON uses (binary integer); exact, with its scale.
inline constexpr int kDecimalBias = 6176;  // of its exponent
struct Decimal128 {
  std::uint64_t high = 0, low = 0;
};
Decimal128 to_decimal128(Decimal) noexcept;
/// False when it is none of at most 19 digits that fit: infinite, not a number, too large or too fine.
bool from_decimal128(Decimal128, Decimal&) noexcept;

/// A JSON text as an element. Its numbers are int32, int64 or double where these hold them exactly, else decimal128 (or double,
/// where there is none). A Failure says what is wrong with the text.
Result<> append_json(DocumentWriter&, std::string_view name, std::string_view text, Decimals);
/// Strings of JSON, with quotes.
void append_json_string(std::string_view text, std::string& out);

}  // namespace assay::mongodb
