#include "dataset/constant.h"

#include "base/error.h"
#include "base/units.h"
#include "dataset/json_text.h"
#include "dataset/schema_record.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay::dataset {

using input::Node;
using input::NodePtr;

std::optional<Limits> integer_limits(Kind kind) {
  switch (kind) {
    case Kind::tiny_int:
      return Limits{-128, 127};
    case Kind::small_int:
      return Limits{-32'768, 32'767};
    case Kind::integer:
      return Limits{-2'147'483'648, 2'147'483'647};
    case Kind::big_int:
      return Limits{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    default:
      return std::nullopt;
  }
}

bool is_text(Kind kind) noexcept { return kind == Kind::character || kind == Kind::varchar || kind == Kind::text; }
bool is_document(Kind kind) noexcept { return kind == Kind::json || kind == Kind::jsonb || kind == Kind::object; }
bool is_instant(Kind kind) noexcept {
  return kind == Kind::date_time || kind == Kind::date_time_nano || kind == Kind::timestamp_tz;
}

std::size_t characters_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string duration_text(std::int64_t seconds) { return fmt::format("PT{}S", seconds); }

std::string uuid_text(const Uuid& uuid) { return to_text(Value(uuid)); }

std::string time_text(TimeOfDay t) {
  std::string text = to_text(Value(t));
  if (text.ends_with("000")) text.resize(text.size() - 3);
  return text;
}

std::string instant_text(Timestamp t) {
  std::string text = format_timestamp(t);
  text[text.find(' ')] = 'T';
  if (text.ends_with("000")) text.resize(text.size() - 3);
  return text + "Z";
}

bool is_time(Kind kind) noexcept {
  return is_instant(kind) || kind == Kind::date || kind == Kind::time || kind == Kind::time_tz;
}

namespace {

Error unlike(const Node& node, std::string_view expected) {
  return Error(fmt::format("{} is no value of the column; expected {}", input::describe(node), expected));
}

const std::string& scalar(const Node& node, std::string_view expected) {
  if (node.kind != Node::Kind::scalar) throw unlike(node, expected);
  return node.text;
}

std::int64_t whole(const Node& node, const Type& type) {
  const Limits limits = *integer_limits(type.kind);
  const std::string expected = fmt::format("a whole number from {} to {}", limits.low, limits.high);
  std::int64_t value = 0;
  try {
    value = parse_integer(scalar(node, expected));
  } catch (const Error&) {
    throw unlike(node, expected);
  }
  if (value < limits.low || value > limits.high) throw unlike(node, expected);
  return value;
}

/// Digits that do not count among the 18 that a Decimal has.
std::string without_leading_zeros(const std::string& text) {
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  std::size_t first = sign;
  while (first + 1 < text.size() && text[first] == '0') first++;
  return text.substr(0, sign) + text.substr(first);
}

Decimal decimal(const Node& node, const Type& type) {
  const std::string expected =
      fmt::format("a number of {} digits, {} of them behind the point", type.precision, type.scale);
  try {
    Decimal value = parse_decimal(without_leading_zeros(scalar(node, expected)));
    while (value.scale > type.scale && value.unscaled % 10 == 0) {
      value.unscaled /= 10;
      value.scale--;
    }
    const std::int64_t most = static_cast<std::int64_t>(std::pow(10.0, value_digits(type))) - 1;
    for (; value.scale < type.scale; value.scale++)
      if (__builtin_mul_overflow(value.unscaled, 10, &value.unscaled)) throw unlike(node, expected);
    if (value.scale == type.scale && value.unscaled <= most && value.unscaled >= -most) return value;
  } catch (const Error&) {
  }
  throw unlike(node, expected);
}

int nibble(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string from_hex(std::string_view digits, const Node& node, std::string_view expected) {
  std::string out;
  if (digits.size() % 2 != 0) throw unlike(node, expected);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = nibble(digits[i]), low = nibble(digits[i + 1]);
    if (high < 0 || low < 0) throw unlike(node, expected);
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

Uuid uuid(const Node& node) {
  constexpr std::string_view kExpected = "a UUID: 8-4-4-4-12 hexadecimal digits";
  std::string text = scalar(node, kExpected);
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    throw unlike(node, kExpected);
  text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
  const std::string octets = from_hex(text, node, kExpected);
  Uuid out;
  if (octets.size() != out.octets.size()) throw unlike(node, kExpected);
  std::copy(octets.begin(), octets.end(), out.octets.begin());
  return out;
}

TimeOfDay time_of_day(const Node& node) {
  constexpr std::string_view kExpected = "a time: HH:MM:SS[.ffffff]";
  std::string text = scalar(node, kExpected);
  if (text.ends_with('Z')) text.pop_back();
  try {
    const std::int64_t micros = parse_timestamp("1970-01-01 " + text).microseconds;
    if (micros >= 0 && micros < 86'400'000'000) return {micros};
  } catch (const Error&) {
  }
  throw unlike(node, kExpected);
}

std::int64_t seconds(const Node& node) {
  constexpr std::string_view kExpected = "a duration of whole seconds: 90s, 1h30m or PT90S";
  const std::string& text = scalar(node, kExpected);
  try {
    if (text.starts_with("PT") && text.ends_with('S')) return parse_integer(text.substr(2, text.size() - 3));
    const Nanos length = parse_duration(text);
    if (length % std::chrono::seconds(1) == Nanos(0)) return length / std::chrono::seconds(1);
  } catch (const Error&) {
  }
  throw unlike(node, kExpected);
}

std::string_view words(const Node& node, const Type& type, RowBatch& store) {
  const std::string expected =
      type.kind == Kind::text ? "text" : fmt::format("text of at most {} characters", type.length);
  const std::string& text = scalar(node, expected);
  if (type.kind != Kind::text && characters_of(text) > static_cast<std::size_t>(type.length))
    throw unlike(node, expected);
  return store.keep(text);
}

Value list(const Node& node, const Type& type, RowBatch& store) {
  const bool set = type.kind == Kind::set;
  const std::string expected = set ? fmt::format("a list of some of {}", fmt::join(type.values, ", ")) : "a list";
  if (node.kind != Node::Kind::list) throw unlike(node, expected);
  Value* const cells = store.elements(node.items.size());
  if (!set) {
    for (std::size_t i = 0; i < node.items.size(); i++) cells[i] = constant_of(*node.items[i], *type.element, store);
    return Array{cells, node.items.size()};
  }
  std::size_t count = 0;
  for (const std::string& value : type.values)
    for (const NodePtr& item : node.items)
      if (item->kind == Node::Kind::scalar && item->text == value && count < node.items.size())
        cells[count++] = std::string_view(store.keep(value));
  if (count != node.items.size()) throw unlike(node, expected);
  return Array{cells, count};
}

std::string_view one_of_values(const Node& node, const Type& type, RowBatch& store) {
  const std::string expected = fmt::format("one of {}", fmt::join(type.values, ", "));
  const std::string& text = scalar(node, expected);
  if (std::find(type.values.begin(), type.values.end(), text) == type.values.end()) throw unlike(node, expected);
  return store.keep(text);
}

std::string_view ulid(const Node& node, RowBatch& store) {
  constexpr std::string_view kExpected = "a ULID: 26 characters of 0-9A-Z without I, L, O, U, the first at most 7";
  const std::string& text = scalar(node, kExpected);
  const bool good = text.size() == 26 && text[0] <= '7' &&
                    text.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos;
  if (!good) throw unlike(node, kExpected);
  return store.keep(text);
}

double real(const Node& node, const Type& type) {
  constexpr std::string_view kExpected = "a number";
  try {
    const double value = parse_real(scalar(node, kExpected));
    if (type.kind == Kind::real || std::abs(value) <= std::numeric_limits<float>::max())
      return type.kind == Kind::single ? static_cast<double>(static_cast<float>(value)) : value;
  } catch (const Error&) {
  }
  throw unlike(node, kExpected);
}

bool truth(const Node& node) {
  constexpr std::string_view kExpected = "true or false";
  try {
    return parse_bool(scalar(node, kExpected));
  } catch (const Error&) {
    throw unlike(node, kExpected);
  }
}

std::int64_t instant(const Node& node) {
  constexpr std::string_view kExpected = "a time: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS[.ffffff]Z";
  try {
    return parse_instant(scalar(node, kExpected));
  } catch (const Error&) {
    throw unlike(node, kExpected);
  }
}

}  // namespace

Value constant_of(const Node& node, const Type& type, RowBatch& store) {
  switch (type.kind) {
    case Kind::boolean:
      return truth(node);
    case Kind::tiny_int:
    case Kind::small_int:
    case Kind::integer:
    case Kind::big_int:
      return whole(node, type);
    case Kind::single:
    case Kind::real:
      return real(node, type);
    case Kind::decimal:
      return decimal(node, type);
    case Kind::character:
    case Kind::varchar:
    case Kind::text:
      return words(node, type, store);
    case Kind::blob:
    case Kind::bytes: {
      constexpr std::string_view kExpected = "text, or 0x and hexadecimal digits";
      const std::string& text = scalar(node, kExpected);
      return Bytes{
          store.keep(text.starts_with("0x") ? from_hex(std::string_view(text).substr(2), node, kExpected) : text)};
    }
    case Kind::date: {
      const std::int64_t micros = instant(node);
      if (micros % 86'400'000'000 != 0) throw unlike(node, "a date: YYYY-MM-DD");
      return Date{static_cast<std::int32_t>(micros / 86'400'000'000)};
    }
    case Kind::time:
    case Kind::time_tz:
      return time_of_day(node);
    case Kind::date_time:
    case Kind::date_time_nano:
    case Kind::timestamp_tz:
      return Timestamp{instant(node)};
    case Kind::uuid:
      return uuid(node);
    case Kind::ulid:
      return ulid(node, store);
    case Kind::json:
    case Kind::jsonb:
    case Kind::object:
    case Kind::geometry: {
      if (type.kind != Kind::json && type.kind != Kind::jsonb && node.kind != Node::Kind::map)
        throw unlike(node, "a map");
      std::string text;
      append_json(node, text);
      return Json{store.keep(text)};
    }
    case Kind::duration:
      return store.keep(duration_text(seconds(node)));
    case Kind::thing: {
      constexpr std::string_view kExpected = "TABLE:KEY";
      const std::string& text = scalar(node, kExpected);
      if (const std::size_t colon = text.find(':');
          colon == 0 || colon == std::string::npos || colon + 1 == text.size())
        throw unlike(node, kExpected);
      return store.keep(text);
    }
    case Kind::array:
    case Kind::set:
      return list(node, type, store);
    case Kind::enumeration:
      return one_of_values(node, type, store);
  }
  throw unlike(node, "another type");
}

namespace {

NodePtr text_node(std::string text, bool quoted = false) { return input::scalar_node(std::move(text), quoted); }

/// JSON that this program wrote is YAML.
NodePtr json_node(std::string_view text) {
  return input::parse_yaml(text, 0, kSubject, [](input::Mark, const std::string& what) { throw Error(what); });
}

struct Shown {
  const Type& type;
  NodePtr operator()(std::monostate) const { return std::make_shared<const Node>(); }
  NodePtr operator()(bool v) const { return text_node(v ? "true" : "false"); }
  NodePtr operator()(std::int64_t v) const { return text_node(std::to_string(v)); }
  NodePtr operator()(double v) const { return text_node(fmt::format("{}", v)); }
  NodePtr operator()(Decimal v) const { return text_node(format_decimal(v)); }
  NodePtr operator()(std::string_view v) const { return text_node(std::string(v), input::looks_like_another_type(v)); }
  NodePtr operator()(Bytes v) const { return text_node(to_text(Value(v)), true); }
  NodePtr operator()(Json v) const {
    // A document of nothing but null, which is no text of YAML.
    return v.text == "null" ? (*this)(std::monostate()) : json_node(v.text);
  }
  NodePtr operator()(const Uuid& v) const { return text_node(uuid_text(v)); }
  NodePtr operator()(Date v) const { return text_node(format_date(v)); }
  NodePtr operator()(TimeOfDay v) const { return text_node(time_text(v)); }
  NodePtr operator()(Timestamp v) const { return text_node(instant_text(v)); }
  NodePtr operator()(Array v) const {
    Node node;
    node.kind = Node::Kind::list;
    for (std::size_t i = 0; i < v.size; i++)
      node.items.push_back(node_of(v.data[i], type.element == nullptr ? Type{} : *type.element));
    return std::make_shared<const Node>(std::move(node));
  }
};

}  // namespace

NodePtr node_of(const Value& value, const Type& type) { return std::visit(Shown{type}, value); }

}  // namespace assay::dataset
