// What a request to an agent says in its body, its query and its Idempotency-Key, taken strictly: what is not understood, or
// nobody takes, is refused with what was found and what is expected. Pure but for the clock that instants are held against.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "core/options.h"
#include "net/http_message.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::agent {

/// The body as an object; an empty one is {}. Throws HttpError.
nlohmann::json body_of(const net::Request&);
/// The same of a body whatever its type is called; "config": null is one of nothing.
nlohmann::json json_of(const net::Request&, std::string_view what);

/// What takes the members of a body one by one, so that none is ignored, and gathers the mistakes in them.
class Members {
 public:
  explicit Members(nlohmann::json body) : body_(std::move(body)) {}
  /// Of a member that is not there, or is none of its type, `otherwise`.
  template <class T>
  T take(const char* name, T otherwise, std::string_view expected) {
    const auto found = body_.find(name);
    if (found == body_.end()) return otherwise;
    const nlohmann::json value = std::move(*found);
    body_.erase(found);
    if (is<T>(value)) return value.get<T>();
    wrong(name, value, expected);
    return otherwise;
  }
  /// Text that says something; "" when it is not there.
  std::string take_text(const char* name, std::string_view expected);
  nlohmann::json take_raw(const char* name);
  void mistake(std::string text) { mistakes_.push_back(std::move(text)); }
  /// Carries out what throws for a mistake.
  template <class Step>
  void gather(Step step) {
    try {
      step();
    } catch (const Error& error) {
      mistakes_.emplace_back(error.what());
    }
  }
  /// All mistakes, the members that nobody took among them.
  std::vector<std::string> mistakes() const;
  void refuse() const { refuse_mistakes(mistakes()); }

 private:
  template <class T>
  static bool is(const nlohmann::json& value) {
    if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
    if constexpr (std::is_same_v<T, std::string>) return value.is_string();
    // No fraction, and nothing that does not fit.
    return std::is_same_v<T, std::int64_t> && value.is_number_integer() &&
           !(value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max());
  }
  void wrong(const char* name, const nlohmann::json& value, std::string_view expected);
  nlohmann::json body_;
  std::vector<std::string> mistakes_;
};

/// Of the past hour or the year to come.
bool is_near(WallTime, WallTime now) noexcept;
/// Nanoseconds since 1970, of an instant that is near: seconds or milliseconds would be long ago. Throws Error.
WallTime instant_of(const std::string& text, std::string_view name);

/// Throws HttpError(400) for a name in the query that is none of these.
void require_query(const net::Request&, std::initializer_list<std::string_view> known);
/// ?wait=30s, at most 10 minutes; nullopt: it is not there. Throws HttpError(400).
std::optional<Nanos> wait_of(const net::Request&);
/// A whole number from 0. Throws HttpError(400) that calls it `name`.
std::uint64_t whole_number(std::string_view text, std::string_view name);
/// "true" or "false"; false when it is not there. Throws HttpError(400).
bool flag_in_query(const net::Request&, const std::string& name);

/// The header Idempotency-Key, with what tells whether a request that bears it again is the same one: a fingerprint of
/// what is asked and of the body, whatever its form, without the secrets in it. Both "" without the header.
struct IdempotencyKey {
  std::string key, fingerprint;
};
IdempotencyKey key_of(const net::Request&, std::string_view asked, const nlohmann::json& body);
/// Throws HttpError(422) when the key came with another request before.
void require_same(const IdempotencyKey&, std::string_view fingerprint_before);

}  // namespace assay::agent
