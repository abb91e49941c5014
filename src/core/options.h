// Options as tables: a driver or workload owns a table of OptionSpec, and the command line, --help, shell completion,
// plans and the result document are all made from it. Values are checked when they are set; an Error says what was
// found and what is expected. Nothing that is not in the table is accepted.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

enum class Facet : std::uint8_t;  // core/facets.h

/// count is a whole number as people write it (10k), exact to 9·10¹⁵; whole is one of all 64 bits.
enum class OptionType { text, flag, count, whole, number, duration, rate, bytes, choice };

/// The verbs of a workload, as bits: those in which an option has an effect. Given to another, it is refused.
enum Verb : unsigned { kPrepare = 1, kRun = 2, kCheck = 4, kCleanup = 8 };
inline constexpr unsigned kAllVerbs = kPrepare | kRun | kCheck | kCleanup;

/// Whose an option is when several agents carry out a job: each one's, the coordinator's, who looks at the whole, or of the one
/// command line, so that it is nothing to who takes the run up later.
enum class OptionOwner : std::uint8_t { each, whole, command };

struct OptionSpec {
  std::string_view name;  // "think-time": as on the command line without the dashes, and as in a plan
  OptionType type = OptionType::text;
  std::string_view default_value = {};  // in the same form as a person would write it; "" is unset for text
  std::string_view help = {};  // where it says "without it", that is said instead of the default, which may depend
  std::vector<std::string_view> choices = {};             // for choice
  double min = -std::numeric_limits<double>::infinity();  // for count, number, rate, bytes; seconds for duration
  double max = std::numeric_limits<double>::infinity();
  unsigned verbs = kAllVerbs;       // of a workload's or the command line's option
  std::string_view alone = {};      // its value where it stands without one; "": it needs one, unless it is a flag
  std::optional<Facet> facet = {};  // of a driver's option: the only one in which it has an effect
  OptionOwner owner = OptionOwner::each;
};

/// What a value of the type looks like: "DURATION", "N", "true|false", "hash|range".
std::string placeholder(const OptionSpec&);

/// The name that is at most three typing errors away from `text`; "" when there is none. For "did you mean".
std::string_view nearest_name(std::span<const std::string_view> names, std::string_view text);

/// Throws one Error for all of them, a line each; does nothing when there are none.
void refuse_mistakes(std::span<const std::string> mistakes);

/// The values of one table. Copyable; the table must outlive it (tables are static).
class Options {
 public:
  explicit Options(std::span<const OptionSpec> table) : table_(table) {}

  /// Sets one value from text. Throws Error: unknown name (with the nearest known ones), wrong type, out of range.
  void set(std::string_view name, std::string_view text);
  /// Sets many; all mistakes are reported in one Error.
  void set_all(const std::map<std::string, std::string>& values);

  /// nullptr: the table has no such option.
  const OptionSpec* find(std::string_view name) const noexcept;
  bool given(std::string_view name) const;  // set by the user, not by default
  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::int64_t count(std::string_view name) const;
  std::uint64_t whole(std::string_view name) const;
  double number(std::string_view name) const;
  double rate(std::string_view name) const;
  Nanos duration(std::string_view name) const;
  std::uint64_t bytes(std::string_view name) const;

  std::span<const OptionSpec> table() const noexcept { return table_; }
  /// Every option with its value, defaults included: for the result document.
  std::map<std::string, std::string> all() const;

 private:
  std::span<const OptionSpec> table_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace assay
