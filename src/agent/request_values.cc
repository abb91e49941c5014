#include "agent/request_values.h"

#include "agent/task_record.h"
#include "base/random.h"
#include "base/units.h"
#include "core/url.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace assay::agent {
namespace {

using net::HttpError;
using net::Request;
using nlohmann::json;

constexpr Nanos kLongestWait = std::chrono::minutes(10);
constexpr Nanos kLongestAgo = std::chrono::hours(1), kLongestAhead = std::chrono::hours(24 * 366);

/// All text of it without passwords; of the options of drivers, each of which may be a secret, the names.
json without_secrets_in(json value) {
  if (value.is_string()) return without_possible_secrets(value.get<std::string>());
  if (value.is_object() && value.contains("driver_options"))
    for (json& option : value["driver_options"]) option = nullptr;
  for (json& part : value)
    if (part.is_structured() || part.is_string()) part = without_secrets_in(std::move(part));
  return value;
}

std::uint64_t hash_of_text(std::string_view text) {
  std::uint64_t hash = hash_of(text.size());
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(8, text.size()))) {
    std::uint64_t word = 0;
    for (const char c : text.substr(0, 8)) word = word << 8 | static_cast<unsigned char>(c);
    hash = hash_of(hash, word);
  }
  return hash;
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

json body_of(const Request& request) {
  if (request.body.empty()) return json::object();
  if (request.media_type() != "application/json")
    throw HttpError{415, fmt::format("the body is '{}'; expected application/json", request.media_type())};
  return json_of(request, "body");
}

json json_of(const Request& request, std::string_view what) {
  json body;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  std::string twice;
  const auto look = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  };
  try {
    body = json::parse(request.body, look);
  } catch (const json::exception& error) {
    throw HttpError{400, fmt::format("the {} is no JSON: {}", what, error.what())};
  }
  if (body.is_null() && what == "config") body = json::object();  // as pgdistbench takes it
  if (!body.is_object()) throw HttpError{400, fmt::format("the {} is no JSON object", what)};
  if (!twice.empty()) throw HttpError{400, fmt::format("the {} has the name '{}' twice in one object", what, twice)};
  return body;
}

std::string Members::take_text(const char* name, std::string_view expected) {
  const bool given = body_.contains(name);
  const std::size_t before = mistakes_.size();
  std::string text = take<std::string>(name, "", expected);
  if (given && text.empty() && mistakes_.size() == before) wrong(name, "", expected);
  return text;
}

json Members::take_raw(const char* name) {
  json value = body_.contains(name) ? body_[name] : json();
  body_.erase(name);
  return value;
}

void Members::wrong(const char* name, const json& value, std::string_view expected) {
  mistakes_.push_back(fmt::format("{} is {}; expected {}", name, text_of(value), expected));
}

std::vector<std::string> Members::mistakes() const {
  std::vector<std::string> all = mistakes_;
  for (const auto& [name, value] : body_.items()) all.push_back(fmt::format("there is no member {}", name));
  return all;
}

bool is_near(WallTime at, WallTime now) noexcept { return at >= now - kLongestAgo && at <= now + kLongestAhead; }

WallTime instant_of(const std::string& text, std::string_view name) {
  const std::optional<std::int64_t> ns = integer_of(text);
  if (!ns) throw Error(fmt::format("{} is '{}'; expected nanoseconds since 1970 as text", name, text));
  const WallTime now = real_clock().wall(), at{Nanos(*ns)};
  if (!is_near(at, now))
    throw Error(
        fmt::format("{} is '{}', which is {}; expected nanoseconds since 1970 of an instant in the past hour or the "
                    "year to come, such as '{}'",
                    name, text, format_wall(at), now.time_since_epoch().count()));
  return at;
}

void require_query(const Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw HttpError{400, fmt::format("there is no '{}' in the query; expected {}", name,
                                       known.size() == 0 ? "none" : fmt::format("{}", fmt::join(known, " or ")))};
}

std::optional<Nanos> wait_of(const Request& request) {
  require_query(request, {"wait"});
  if (!request.query.contains("wait")) return std::nullopt;
  try {
    return std::min(parse_duration(request.in_query("wait")), kLongestWait);
  } catch (const Error& error) {
    throw HttpError{400, fmt::format("wait: {}", error.what())};
  }
}

std::uint64_t whole_number(std::string_view text, std::string_view name) {
  const std::optional<std::int64_t> value = integer_of(text);
  if (!value || *value < 0) throw HttpError{400, fmt::format("{} is '{}'; expected a whole number from 0", name, text)};
  return static_cast<std::uint64_t>(*value);
}

bool flag_in_query(const Request& request, const std::string& name) {
  if (!request.query.contains(name)) return false;
  const std::string_view text = request.in_query(name);
  if (text != "true" && text != "false")
    throw HttpError{400, fmt::format("{} is '{}'; expected true or false", name, text)};
  return text == "true";
}

IdempotencyKey key_of(const Request& request, std::string_view asked, const json& body) {
  std::string key(request.header("idempotency-key"));
  if (key.empty()) return {};
  const std::string whole = fmt::format("{}\n{}", asked, text_of(without_secrets_in(body)));
  return {std::move(key), fmt::format("{:016x}", hash_of_text(whole))};
}

void require_same(const IdempotencyKey& given, std::string_view fingerprint_before) {
  if (fingerprint_before.empty() || given.fingerprint == fingerprint_before) return;
  throw HttpError{422, fmt::format("the Idempotency-Key '{}' came with another request before; expected the same "
                                   "one again, or a new key",
                                   given.key)};
}

}  // namespace assay::agent
