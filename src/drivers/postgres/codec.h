// Values in PostgreSQL's wire forms: binary where both ends of a type are known, text where the server converts.
//
// Pure; knows nothing of libpq. Binary forms are those of the server's *send and *recv functions
// (src/backend/utils/adt); numeric is base 10000: int16 count of digits, weight of the first, sign, display scale, then
// the digits.
#pragma once

#include "core/facets.h"
#include "core/value.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::postgres {

using Oid = unsigned;

namespace oid {
inline constexpr Oid kBool = 16, kBytea = 17, kChar = 18, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25,
                     kOid = 26, kJson = 114, kFloat4 = 700, kFloat8 = 701, kUnknown = 705, kBpchar = 1042,
                     kVarchar = 1043, kDate = 1082, kTime = 1083, kTimestamp = 1114, kTimestampTz = 1184,
                     kNumeric = 1700, kVoid = 2278, kUuid = 2950, kJsonb = 3802, kTextArray = 1009;
}  // namespace oid

enum class Wire { null, binary, text };

/// The value's own bytes, when they are its binary form for a parameter of the type; else nullptr.
inline const std::string_view* verbatim(const Value& value, Oid type) noexcept {
  const auto* const text = std::get_if<std::string_view>(&value);
  if (text != nullptr) {
    const bool takes_text = type == oid::kText || type == oid::kVarchar || type == oid::kBpchar || type == oid::kName ||
                            type == oid::kUnknown || type == oid::kBytea || type == oid::kJson;
    return takes_text ? text : nullptr;
  }
  const auto* const bytes = std::get_if<Bytes>(&value);
  return bytes != nullptr && type == oid::kBytea ? &bytes->data : nullptr;
}

/// Appends the value to `out` for a parameter of the type. Binary where that is exact; text otherwise, for the server
/// to convert or refuse. nullopt: the value does not fit the type, `out` is as before.
std::optional<Wire> encode(const Value&, Oid type, std::string& out);
/// The same, binary or not at all: for COPY BINARY.
bool encode_binary(const Value&, Oid type, std::string& out);
/// Appends the value as the server's input functions read it. Not for NULL.
void encode_text(const Value&, std::string& out);

/// The bytes of a cell of a bytea column, or of text; of all else none.
inline std::string_view bytes_of(const Value& value) noexcept {
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
  const auto* text = std::get_if<std::string_view>(&value);
  return text != nullptr ? *text : std::string_view();
}

/// The arrays that cells of a result point to. Addresses are stable until clear().
class ArrayMemory {
 public:
  std::vector<Value>& add() {
    if (used_ == arrays_.size()) arrays_.emplace_back();
    arrays_[used_].clear();
    return arrays_[used_++];
  }
  void clear() noexcept { used_ = 0; }

 private:
  std::deque<std::vector<Value>> arrays_;
  std::size_t used_ = 0;
};

/// A cell in binary form. Text, bytes and json point into `data`. A numeric that no Decimal holds exactly (over 18
/// digits, NaN) becomes a double. nullopt: the driver does not read the type.
std::optional<Value> decode(Oid type, std::string_view data, ArrayMemory&);

}  // namespace assay::postgres
