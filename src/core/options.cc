#include "core/options.h"

#include "base/error.h"
#include "base/units.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {
namespace {

/// Levenshtein's distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); j++) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); i++) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); j++) {
      const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

void check_range(const OptionSpec& spec, std::string_view text, double value) {
  if (value >= spec.min && value <= spec.max) return;
  const bool low = spec.min > -std::numeric_limits<double>::infinity(),
             high = spec.max < std::numeric_limits<double>::infinity();
  const char* unit = spec.type == OptionType::duration ? " s" : "";
  throw Error(low && high ? fmt::format("--{} is {}; expected {} to {}{}", spec.name, text, spec.min, spec.max, unit)
              : low       ? fmt::format("--{} is {}; expected at least {}{}", spec.name, text, spec.min, unit)
                          : fmt::format("--{} is {}; expected at most {}{}", spec.name, text, spec.max, unit));
}

/// Throws Error when `text` is no value of the option.
void check(const OptionSpec& spec, std::string_view text) {
  try {
    switch (spec.type) {
      case OptionType::text:
        return;
      case OptionType::flag:
        return void(parse_bool(text));
      case OptionType::count:
        return check_range(spec, text, static_cast<double>(parse_count(text)));
      case OptionType::whole:
        return void(parse_whole(text));
      case OptionType::number:
        return check_range(spec, text, parse_number(text));
      case OptionType::rate:
        return check_range(spec, text, parse_rate(text));
      case OptionType::duration:
        return check_range(spec, text, to_seconds(parse_duration(text)));
      case OptionType::bytes:
        return check_range(spec, text, static_cast<double>(parse_bytes(text)));
      case OptionType::choice:
        if (std::find(spec.choices.begin(), spec.choices.end(), text) == spec.choices.end())
          throw Error(fmt::format("'{}' is none of {}", text, fmt::join(spec.choices, ", ")));
    }
  } catch (const Error& error) {
    const std::string_view what = error.what();
    throw Error(what.starts_with("--") ? std::string(what) : fmt::format("--{}: {}", spec.name, what));
  }
}

}  // namespace

std::string placeholder(const OptionSpec& spec) {
  switch (spec.type) {
    case OptionType::text:
      return "TEXT";
    case OptionType::flag:
      return "true|false";
    case OptionType::count:
    case OptionType::whole:
      return "N";
    case OptionType::number:
      return "NUMBER";
    case OptionType::duration:
      return "DURATION";
    case OptionType::rate:
      return "RATE";
    case OptionType::bytes:
      return "BYTES";
    case OptionType::choice:
      return fmt::format("{}", fmt::join(spec.choices, "|"));
  }
  return "";
}

void refuse_mistakes(std::span<const std::string> mistakes) {
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
}

std::string_view nearest_name(std::span<const std::string_view> names, std::string_view text) {
  std::string_view nearest;
  std::size_t least = 4;
  for (const std::string_view name : names) {
    if (std::max(name.size(), text.size()) - std::min(name.size(), text.size()) >= least) continue;
    const std::size_t d = distance(name, text);
    if (d < least && d < std::max(name.size(), text.size())) {  // not a word without one letter in common
      least = d;
      nearest = name;
    }
  }
  return nearest;
}

void Options::set(std::string_view name, std::string_view text) {
  const auto found = std::find_if(table_.begin(), table_.end(), [&](const OptionSpec& s) { return s.name == name; });
  if (found == table_.end()) {
    std::vector<std::string_view> names;
    for (const OptionSpec& s : table_) names.push_back(s.name);
    if (names.empty()) throw Error(fmt::format("unknown option '{}'; there are no options here", name));
    const std::string_view nearest = nearest_name(names, name);
    throw Error(nearest.empty() ? fmt::format("unknown option '{}'; known are {}", name, fmt::join(names, ", "))
                                : fmt::format("unknown option '{}'; did you mean '{}'?", name, nearest));
  }
  check(*found, text);
  values_.insert_or_assign(std::string(name), std::string(text));
}

void Options::set_all(const std::map<std::string, std::string>& values) {
  std::vector<std::string> mistakes;
  for (const auto& [name, text] : values) try {
      set(name, text);
    } catch (const Error& error) {
      mistakes.push_back(error.what());
    }
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
}

const OptionSpec* Options::find(std::string_view name) const noexcept {
  const auto found = std::find_if(table_.begin(), table_.end(), [&](const OptionSpec& s) { return s.name == name; });
  return found == table_.end() ? nullptr : &*found;
}

bool Options::given(std::string_view name) const { return values_.find(name) != values_.end(); }

std::string Options::text(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  const OptionSpec* spec = find(name);
  ASSAY_ASSERT(spec != nullptr);
  return std::string(spec->default_value);
}

bool Options::flag(std::string_view name) const { return parse_bool(text(name)); }
std::int64_t Options::count(std::string_view name) const { return parse_count(text(name)); }
std::uint64_t Options::whole(std::string_view name) const { return parse_whole(text(name)); }
double Options::number(std::string_view name) const { return parse_number(text(name)); }
double Options::rate(std::string_view name) const { return parse_rate(text(name)); }
Nanos Options::duration(std::string_view name) const { return parse_duration(text(name)); }
std::uint64_t Options::bytes(std::string_view name) const { return parse_bytes(text(name)); }

std::map<std::string, std::string> Options::all() const {
  std::map<std::string, std::string> out;
  for (const OptionSpec& s : table_) out.emplace(s.name, text(s.name));
  return out;
}

}  // namespace assay
