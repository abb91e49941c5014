// Conditions on the figures of a run: "p99(new_order) > 50ms or errors > 0.1%".
//
// What --fail-if, --abort-if and --find-max take; docs/thresholds.md is the reference for users. The grammar:
//
//   condition  = all { "or" all }                      all  = one { "and" one }
//   one        = "not" one | "(" condition ")" | value compare literal | value
//   compare    = ">" | ">=" | "<" | "<=" | "==" | "!="
//   value      = name [ "(" [ argument { "," argument } ] ")" ]
//   argument   = word | '"' any characters '"'
//   literal    = number [ unit ]                       unit = ns us ms s m h, %, /s /m /h, k M G
//
// A value alone holds when it is not zero. Parsing knows every name and its kind, so that a duration is never compared with
// a count; which operations, groups and figures there are is known only to who looks values up. Immutable; thread-safe.
#pragma once

#include "base/units.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// What a value is measured in. A share is of the operations that were due (0.01 is 1 %).
enum class Quantity { duration, rate, count, share, number };

/// A value that a condition names: `p99(new_order)` is {"p99", {"new_order"}}.
struct ThresholdValue {
  std::string name;
  std::vector<std::string> arguments;
  Quantity quantity = Quantity::count;  // what the condition compares it as: errors may be a count or a share
  std::string text() const;             // as in the condition
};

/// Looks a value up: nanoseconds, per second, or plain. nullopt: there is none (nothing was measured). Throws Error when it
/// names something that does not exist.
using ThresholdLookup = std::function<std::optional<double>(const ThresholdValue&)>;

class Threshold {
 public:
  /// Throws Error with the text and a mark under the character that is not understood, and what is expected there.
  static Threshold parse(std::string_view text);

  const std::string& text() const noexcept { return text_; }
  /// All values it names, in their order, for a check before anything is run.
  std::vector<ThresholdValue> values() const;

  enum class Truth { no, yes, unknown };
  struct Outcome {
    Truth truth = Truth::unknown;
    std::string actual;  // "p99(new_order) = 63.2 ms, errors = 0.02 %": those that were looked at
  };
  /// `unknown` when it depends on a value that there is none of.
  Outcome evaluate(const ThresholdLookup&) const;

  struct Node;  // of the parsed condition

 private:
  Threshold(std::string text, std::shared_ptr<const Node> root) : text_(std::move(text)), root_(std::move(root)) {}
  std::string text_;
  std::shared_ptr<const Node> root_;
};

/// Values without a comparison, separated by ';': "p99(new_order); rate". Throws Error as Threshold::parse does.
std::vector<ThresholdValue> parse_threshold_values(std::string_view text);

/// The names that a condition may have, for --help and docs: "p99(OPERATION)" and what it is.
struct ThresholdName {
  std::string_view form, summary;
};
const std::vector<ThresholdName>& threshold_names();

/// As people read it: "63.2 ms", "1,234 /s", "0.02 %"; with more digits where `beside` asks for them (base/units.h).
std::string format_value(double, Quantity, Limits beside = {});

}  // namespace assay
