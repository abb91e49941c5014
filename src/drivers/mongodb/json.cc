// JSON texts as BSON elements.
#include "drivers/mongodb/codec.h"

#include <bson/bson.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>
#include <limits>

namespace assay::mongodb {
namespace {

constexpr std::size_t kDeepest = 100;  // MongoDB's limit of nested documents

/// The digits of a number that count, so that two texts of one number have the same.
std::string digits_of(std::string_view number) {
  std::string out;
  for (const char c : number.substr(0, number.find_first_of("eE")))
    if (c >= '0' && c <= '9' && (c != '0' || !out.empty())) out += c;
  while (!out.empty() && out.back() == '0') out.pop_back();
  return out;
}

/// What the parser of the library calls, value after value.
class Elements final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Elements(DocumentWriter& out, std::string_view name, Decimals decimals)
      : out_(out), depth_(out.depth()), decimals_(decimals), name_(name) {}

  bool null() override { return out_.null(name_), true; }
  bool boolean(bool value) override { return out_.boolean(name_, value), true; }
  bool number_integer(std::int64_t value) override {
    if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max())
      out_.int32(name_, static_cast<std::int32_t>(value));
    else
      out_.int64(name_, value);
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return number_integer(static_cast<std::int64_t>(value));
    return number_float(static_cast<double>(value), std::to_string(value));
  }
  bool number_float(double value, const std::string& text) override {
    bson_decimal128_t exact{};
    if (decimals_ == Decimals::text || digits_of(fmt::format("{}", value)) == digits_of(text) ||
        !bson_decimal128_from_string(text.c_str(), &exact))
      out_.real(name_, value);
    else
      out_.decimal128(name_, exact.high, exact.low);
    return true;
  }
  bool string(std::string& value) override { return out_.text(name_, value), true; }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // JSON has none
  bool start_object(std::size_t) override { return out_.begin_document(name_), is_not_too_deep(); }
  bool start_array(std::size_t) override { return out_.begin_array(name_), is_not_too_deep(); }
  bool end_object() override { return out_.end(), true; }
  bool end_array() override { return out_.end(), true; }
  bool key(std::string& name) override {
    name_ = name;
    if (name.find('\0') == std::string::npos) return true;
    problem_ = "a name of a member has a zero byte, which BSON has not";
    return false;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    problem_ = error.what();
    return false;
  }

  const std::string& problem() const noexcept { return problem_; }

 private:
  bool is_not_too_deep() {
    if (out_.depth() - depth_ <= kDeepest) return true;
    problem_ = fmt::format("it is nested deeper than {} levels, MongoDB's limit", kDeepest);
    return false;
  }

  DocumentWriter& out_;
  const std::size_t depth_;
  const Decimals decimals_;
  std::string name_, problem_;
};

}  // namespace

Result<> append_json(DocumentWriter& out, std::string_view name, std::string_view text, Decimals decimals) {
  Elements elements(out, name, decimals);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &elements)) return {};
  return fail(FailureKind::rejected, fmt::format("no JSON: {}", elements.problem()), "JSON");
}

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace assay::mongodb
