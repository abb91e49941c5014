#include "drivers/postgres/codec.h"

#include "drivers/postgres/numeric.h"
#include "drivers/postgres/wire.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>

namespace assay::postgres {
namespace {

constexpr std::int64_t kEpochMicros = 946'684'800'000'000;  // 2000-01-01, PostgreSQL's epoch, since 1970
constexpr std::int32_t kEpochDays = 10'957;

struct ArrayType {
  Oid array, element;
};
constexpr ArrayType kArrays[] = {{1000, oid::kBool},    {1001, oid::kBytea},       {1005, oid::kInt2},
                                 {1007, oid::kInt4},    {1009, oid::kText},        {1014, oid::kBpchar},
                                 {1015, oid::kVarchar}, {1016, oid::kInt8},        {1021, oid::kFloat4},
                                 {1022, oid::kFloat8},  {1115, oid::kTimestamp},   {1182, oid::kDate},
                                 {1183, oid::kTime},    {1185, oid::kTimestampTz}, {1231, oid::kNumeric},
                                 {2951, oid::kUuid},    {199, oid::kJson},         {3807, oid::kJsonb}};

/// What an attempt at the binary form came to.
enum class Fit { done, other_form, does_not_fit };

template <class Narrow>
Fit narrow(std::int64_t v, std::string& out) {
  if (v < std::numeric_limits<Narrow>::min() || v > std::numeric_limits<Narrow>::max()) return Fit::does_not_fit;
  put(out, static_cast<Narrow>(v));
  return Fit::done;
}

Fit binary(const Value&, Oid type, std::string& out);

struct Encoder {
  Oid type;
  std::string& out;

  Fit text(std::string_view v) const {
    if (type == oid::kJsonb) {
      out += '\1';  // the version of the form
    } else if (verbatim(v, type) == nullptr) {
      return Fit::other_form;
    }
    out.append(v);
    return Fit::done;
  }
  Fit operator()(std::monostate) const { return Fit::other_form; }
  Fit operator()(bool v) const {
    if (type != oid::kBool) return Fit::other_form;
    out += v ? '\1' : '\0';
    return Fit::done;
  }
  Fit operator()(std::int64_t v) const {
    switch (type) {
      case oid::kInt2:
        return narrow<std::int16_t>(v, out);
      case oid::kInt4:
        return narrow<std::int32_t>(v, out);
      case oid::kInt8:
        return narrow<std::int64_t>(v, out);
      case oid::kOid:
        return narrow<std::uint32_t>(v, out);
      case oid::kNumeric:
        encode_numeric(Decimal{v, 0}, out);
        return Fit::done;
      case oid::kFloat4:
      case oid::kFloat8:
        return (*this)(static_cast<double>(v));
      default:
        return Fit::other_form;
    }
  }
  Fit operator()(double v) const {
    if (type == oid::kFloat8) {
      put(out, std::bit_cast<std::int64_t>(v));
    } else if (type == oid::kFloat4) {
      if (std::isfinite(v) && std::abs(v) > std::numeric_limits<float>::max()) return Fit::does_not_fit;
      put(out, std::bit_cast<std::int32_t>(static_cast<float>(v)));
    } else {
      return Fit::other_form;
    }
    return Fit::done;
  }
  Fit operator()(Decimal v) const {
    if (type == oid::kNumeric) {
      encode_numeric(v, out);
      return Fit::done;
    }
    if (type != oid::kInt2 && type != oid::kInt4 && type != oid::kInt8) return Fit::other_form;
    for (; v.scale > 0; v.scale--, v.unscaled /= 10)
      if (v.unscaled % 10 != 0) return Fit::does_not_fit;
    return (*this)(v.unscaled);
  }
  Fit operator()(std::string_view v) const { return text(v); }
  Fit operator()(Bytes v) const {
    if (verbatim(v, type) == nullptr) return Fit::other_form;
    out.append(v.data);
    return Fit::done;
  }
  Fit operator()(Json v) const { return type == oid::kBytea ? Fit::other_form : text(v.text); }
  Fit operator()(const Uuid& v) const {
    if (type != oid::kUuid) return Fit::other_form;
    out.append(reinterpret_cast<const char*>(v.octets.data()), v.octets.size());
    return Fit::done;
  }
  Fit operator()(Date v) const {
    if (type != oid::kDate) return Fit::other_form;
    std::int32_t days = 0;
    if (__builtin_sub_overflow(v.days, kEpochDays, &days)) return Fit::does_not_fit;
    put(out, days);
    return Fit::done;
  }
  Fit operator()(TimeOfDay v) const {
    if (type != oid::kTime) return Fit::other_form;
    put(out, v.microseconds);
    return Fit::done;
  }
  Fit operator()(Timestamp v) const {
    if (type != oid::kTimestamp && type != oid::kTimestampTz) return Fit::other_form;
    std::int64_t micros = 0;
    if (__builtin_sub_overflow(v.microseconds, kEpochMicros, &micros)) return Fit::does_not_fit;
    put(out, micros);
    return Fit::done;
  }
  Fit operator()(Array v) const {
    for (const ArrayType& known : kArrays)
      if (known.array == type) return elements(v, known.element);
    return Fit::other_form;
  }
  Fit elements(Array v, Oid element) const {
    if (v.size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) return Fit::does_not_fit;
    bool nulls = false;
    for (std::size_t i = 0; i < v.size; i++) nulls = nulls || is_null(v.data[i]);
    put<std::int32_t>(out, v.size > 0 ? 1 : 0);  // dimensions
    put<std::int32_t>(out, nulls ? 1 : 0);
    put<std::uint32_t>(out, element);
    if (v.size == 0) return Fit::done;
    put(out, static_cast<std::int32_t>(v.size));
    put<std::int32_t>(out, 1);  // the lower bound
    for (std::size_t i = 0; i < v.size; i++) {
      const std::size_t at = out.size();
      put<std::int32_t>(out, -1);
      if (is_null(v.data[i])) continue;
      if (const Fit fit = binary(v.data[i], element, out); fit != Fit::done) return fit;
      const std::int32_t size = big_endian(static_cast<std::int32_t>(out.size() - at - 4));
      out.replace(at, 4, reinterpret_cast<const char*>(&size), 4);
    }
    return Fit::done;
  }
};

/// `out` is as before unless done.
Fit binary(const Value& value, Oid type, std::string& out) {
  const std::size_t before = out.size();
  const Fit fit = std::visit(Encoder{type, out}, value);
  if (fit != Fit::done) out.resize(before);
  return fit;
}

void encode_array_text(Array array, std::string& out) {
  out += '{';
  std::string element;
  for (std::size_t i = 0; i < array.size; i++) {
    if (i > 0) out += ',';
    if (is_null(array.data[i])) {
      out += "NULL";
      continue;
    }
    element.clear();
    encode_text(array.data[i], element);
    if (std::holds_alternative<Array>(array.data[i])) {
      out += element;
      continue;
    }
    out += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  out += '}';
}

template <class T>
std::optional<T> fixed(std::string_view data) {
  return data.size() == sizeof(T) ? std::optional(get<T>(data)) : std::nullopt;
}

template <class T>
std::optional<Value> whole(std::string_view data) {
  const auto v = fixed<T>(data);
  return v ? std::optional(Value(static_cast<std::int64_t>(*v))) : std::nullopt;
}

std::optional<Value> decode_array(Oid element, std::string_view data, ArrayMemory& memory) {
  if (data.size() < 12) return std::nullopt;
  const auto dimensions = get<std::int32_t>(data);
  if (dimensions == 0) return Value(Array{});
  if (dimensions != 1 || data.size() < 20) return std::nullopt;
  const auto count = get<std::int32_t>(data, 12);
  std::vector<Value>& values = memory.add();
  data.remove_prefix(20);
  for (std::int32_t i = 0; i < count; i++) {
    if (data.size() < 4) return std::nullopt;
    const auto size = get<std::int32_t>(data);
    data.remove_prefix(4);
    if (size < 0) {
      values.push_back(kNull);
      continue;
    }
    if (data.size() < static_cast<std::size_t>(size)) return std::nullopt;
    const auto value = decode(element, data.substr(0, static_cast<std::size_t>(size)), memory);
    if (!value) return std::nullopt;
    values.push_back(*value);
    data.remove_prefix(static_cast<std::size_t>(size));
  }
  return Value(Array{values.data(), values.size()});
}

/// Infinite dates and timestamps keep their extreme value.
template <class T>
T since_1970(T v, T epoch) {
  return v == std::numeric_limits<T>::max() || v == std::numeric_limits<T>::min() ? v : static_cast<T>(v + epoch);
}

std::optional<Value> decode_time(Oid type, std::string_view data) {
  if (type == oid::kDate) {
    const auto days = fixed<std::int32_t>(data);
    return days ? std::optional(Value(Date{since_1970(*days, kEpochDays)})) : std::nullopt;
  }
  const auto micros = fixed<std::int64_t>(data);
  if (!micros) return std::nullopt;
  return type == oid::kTime ? Value(TimeOfDay{*micros}) : Value(Timestamp{since_1970(*micros, kEpochMicros)});
}

}  // namespace

std::optional<Wire> encode(const Value& value, Oid type, std::string& out) {
  if (is_null(value)) return Wire::null;
  switch (binary(value, type, out)) {
    case Fit::done:
      return Wire::binary;
    case Fit::does_not_fit:
      return std::nullopt;
    case Fit::other_form:
      break;
  }
  encode_text(value, out);
  return Wire::text;
}

bool encode_binary(const Value& value, Oid type, std::string& out) { return binary(value, type, out) == Fit::done; }

void encode_text(const Value& value, std::string& out) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    out.append(*text);
  } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
    out += "\\x";
    for (const char c : bytes->data) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  } else if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number))
      out += "NaN";
    else if (std::isinf(*number))
      out += *number > 0 ? "Infinity" : "-Infinity";
    else
      fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* timestamp = std::get_if<Timestamp>(&value)) {
    out += format_timestamp(*timestamp) + "+00";  // ignored by timestamp, needed by timestamptz
  } else if (const auto* array = std::get_if<Array>(&value)) {
    encode_array_text(*array, out);
  } else {
    out += to_text(value);
  }
}

std::optional<Value> decode(Oid type, std::string_view data, ArrayMemory& memory) {
  switch (type) {
    case oid::kInt4:
      return whole<std::int32_t>(data);
    case oid::kInt8:
      return whole<std::int64_t>(data);
    case oid::kInt2:
      return whole<std::int16_t>(data);
    case oid::kOid:
      return whole<std::uint32_t>(data);
    case oid::kNumeric:
      return decode_numeric(data);
    case oid::kText:
    case oid::kVarchar:
    case oid::kBpchar:
    case oid::kName:
    case oid::kChar:
    case oid::kUnknown:
    case oid::kVoid:
      return Value(data);
    case oid::kBytea:
      return Value(Bytes{data});
    case oid::kJson:
      return Value(Json{data});
    case oid::kJsonb:
      if (data.empty() || data[0] != '\1') return std::nullopt;
      return Value(Json{data.substr(1)});
    case oid::kBool:
      return data.size() == 1 ? std::optional(Value(data[0] != '\0')) : std::nullopt;
    case oid::kFloat8: {
      const auto bits = fixed<std::int64_t>(data);
      return bits ? std::optional(Value(std::bit_cast<double>(*bits))) : std::nullopt;
    }
    case oid::kFloat4: {
      const auto bits = fixed<std::int32_t>(data);
      return bits ? std::optional(Value(static_cast<double>(std::bit_cast<float>(*bits)))) : std::nullopt;
    }
    case oid::kDate:
    case oid::kTime:
    case oid::kTimestamp:
    case oid::kTimestampTz:
      return decode_time(type, data);
    case oid::kUuid: {
      Uuid uuid;
      if (data.size() != uuid.octets.size()) return std::nullopt;
      std::memcpy(uuid.octets.data(), data.data(), data.size());
      return Value(uuid);
    }
    default:
      for (const ArrayType& known : kArrays)
        if (known.array == type) return decode_array(known.element, data, memory);
      return std::nullopt;
  }
}

}  // namespace assay::postgres
