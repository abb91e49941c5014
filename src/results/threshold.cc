#include "results/threshold.h"

#include "base/error.h"
#include "base/units.h"
#include "stats/facts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay {

struct Threshold::Node {
  enum class Kind { any, all, negation, comparison, present };
  Kind kind = Kind::present;
  std::vector<Node> parts;  // of any, all, negation
  ThresholdValue value;
  std::string compare;
  double literal = 0;
};

namespace {

using Node = Threshold::Node;
using Truth = Threshold::Truth;

bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool of_word(char c) noexcept { return letter(c) || digit(c) || c == '.' || c == '/' || c == '-' || c == '*'; }

/// Where the next character of UTF-8 begins.
std::size_t after_character(std::string_view text, std::size_t at) noexcept {
  do at++;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  return at;
}

struct Form {
  Quantity quantity;
  std::size_t least = 0, most = 0;  // arguments
};

/// "p99", "p99.9", "mean", …, with a histogram's name before them or without.
bool is_latency(std::string_view name) noexcept {
  for (const std::string_view part : {"response.", "service.", "wait.", "lag."})
    if (name.starts_with(part)) {
      name.remove_prefix(part.size());
      break;
    }
  if (name == "mean" || name == "min" || name == "max") return true;
  if (name.size() < 2 || name[0] != 'p') return false;
  name.remove_prefix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), percent, std::chars_format::fixed);
  return error == std::errc() && end == name.data() + name.size() && percent >= 0 && percent <= 100 && digit(name[0]);
}

std::optional<Form> form_of(std::string_view name) noexcept {
  if (is_latency(name)) return Form{Quantity::duration, 0, 1};
  if (name == "rate") return Form{Quantity::rate, 0, 1};
  if (name == "errors") return Form{Quantity::count, 0, 2};
  if (name == "count" || name == "retries" || name == "in_doubt" || name == "abandoned")
    return Form{Quantity::count, 0, 1};
  if (name == "figure") return Form{Quantity::number, 1, 1};
  if (name == "failed") return Form{Quantity::count, 0, 1};
  if (name == "event") return Form{Quantity::count, 1, 1};
  if (name == "event_time") return Form{Quantity::duration, 1, 1};
  if (name == "cpu") return Form{Quantity::duration, 0, 0};
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Node whole() {
    Node root = condition();
    skip();
    if (at_ < text_.size())
      expected(fmt::format("{} comes after the condition; expected 'and', 'or' or its end", found()));
    return root;
  }

  std::vector<ThresholdValue> values() {
    std::vector<ThresholdValue> values;
    do {
      skip();
      if (at_ >= text_.size() && !values.empty()) return values;  // the last ';' separates nothing
      values.push_back(value());
    } while (take(";"));
    if (at_ < text_.size()) expected(fmt::format("found {}; expected ';' and another value, or the end", found()));
    return values;
  }

 private:
  [[noreturn]] void expected(const std::string& what) const { expected(what, at_); }
  [[noreturn]] void expected(const std::string& what, std::size_t at) const {
    std::string lead;  // as wide as what stands before the place
    for (std::size_t i = 0; i < at; i = after_character(text_, i)) lead += text_[i] == '\t' ? '\t' : ' ';
    // On lines of their own: whoever tells the message puts a name before its first line.
    throw Error(fmt::format("this is not understood:\n{}\n{}^ {}", text_, lead, what));
  }
  std::string found() const {
    if (at_ >= text_.size()) return "the end";
    std::size_t end = at_;
    while (end < text_.size() && of_word(text_[end])) end++;
    if (end == at_) end = after_character(text_, at_);
    return fmt::format("'{}'", text_.substr(at_, end - at_));
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) at_++;
  }
  bool take(std::string_view symbol) {
    skip();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip();
    if (text_.substr(at_, word.size()) != word) return false;
    if (at_ + word.size() < text_.size() && of_word(text_[at_ + word.size()])) return false;
    at_ += word.size();
    return true;
  }

  Node joined(Node::Kind kind, std::string_view word, Node (Parser::*part)()) {
    Node first = (this->*part)();
    if (!take_word(word)) return first;
    Node node;
    node.kind = kind;
    node.parts.push_back(std::move(first));
    do node.parts.push_back((this->*part)());
    while (take_word(word));
    return node;
  }
  Node condition() { return joined(Node::Kind::any, "or", &Parser::all); }
  Node all() { return joined(Node::Kind::all, "and", &Parser::one); }

  Node one() {
    if (++depth_ > 100) expected("brackets are nested more than 100 deep");
    Node node;
    if (take_word("not")) {
      node.kind = Node::Kind::negation;
      node.parts.push_back(one());
    } else if (take("(")) {
      node = condition();
      if (!take(")")) expected(fmt::format("found {}; expected ')'", found()));
    } else {
      node = comparison();
    }
    depth_--;
    return node;
  }

  Node comparison() {
    Node node;
    node.value = value();
    skip();
    for (const std::string_view sign : {">=", "<=", "==", "!=", ">", "<"})
      if (take(sign)) {
        node.kind = Node::Kind::comparison;
        node.compare = sign;
        node.literal = literal(node.value);
        return node;
      }
    if (at_ < text_.size() && text_[at_] == '=') expected("found '='; expected '==' or another comparison");
    if (node.value.quantity == Quantity::duration || node.value.quantity == Quantity::rate)
      expected(fmt::format("found {}; expected a comparison ('>' '>=' '<' '<=' '==' '!=') of {}", found(),
                           node.value.text()));
    return node;
  }

  ThresholdValue value() {
    skip();
    const std::size_t begin = at_;
    if (at_ >= text_.size() || !letter(text_[at_]))
      expected(fmt::format("found {}; expected a value such as p99(OPERATION), rate, errors", found()));
    while (at_ < text_.size() && of_word(text_[at_])) at_++;
    ThresholdValue value;
    value.name = text_.substr(begin, at_ - begin);
    const std::optional<Form> form = form_of(value.name);
    if (!form) {
      std::vector<std::string_view> names;
      for (const ThresholdName& known : threshold_names()) names.push_back(known.form);
      expected(fmt::format("'{}' is no value; expected one of {}", value.name, fmt::join(names, ", ")), begin);
    }
    value.quantity = form->quantity;
    if (take("(") && !take(")")) {
      do value.arguments.push_back(argument());
      while (take(","));
      if (!take(")")) expected(fmt::format("found {}; expected ',' or ')'", found()));
    }
    if (value.arguments.size() < form->least || value.arguments.size() > form->most)
      expected(fmt::format("{} has {} arguments; expected {}", value.name, value.arguments.size(),
                           form->most == 0             ? "none"
                           : form->least == form->most ? fmt::format("{}", form->most)
                                                       : fmt::format("{} to {}", form->least, form->most)),
               begin);
    if (value.name.starts_with("event") &&
        std::find(kEventKinds.begin(), kEventKinds.end(), value.arguments[0]) == kEventKinds.end())
      expected(
          fmt::format("'{}' is no kind of event; expected one of {}", value.arguments[0], fmt::join(kEventKinds, ", ")),
          begin);
    return value;
  }

  std::string argument() {
    skip();
    if (take("\"")) {
      const std::size_t end = text_.find('"', at_);
      if (end == std::string_view::npos) expected("the '\"' before is not closed");
      std::string quoted(text_.substr(at_, end - at_));
      at_ = end + 1;
      return quoted;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && of_word(text_[at_])) at_++;
    if (begin == at_) expected(fmt::format("found {}; expected a name", found()));
    return std::string(text_.substr(begin, at_ - begin));
  }

  double literal(ThresholdValue& value) {
    skip();
    const std::size_t begin = at_;
    double number = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number)) expected(fmt::format("found {}; expected a number", found()));
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && text_[at_] == ' ' && at_ + 1 < text_.size() &&
        (letter(text_[at_ + 1]) || text_[at_ + 1] == '%') && !text_.substr(at_ + 1).starts_with("and") &&
        !text_.substr(at_ + 1).starts_with("or"))
      at_++;  // "50 ms"
    const std::size_t unit_at = at_;
    if (at_ < text_.size() && text_[at_] == '%') at_++;
    while (at_ < text_.size() && (letter(text_[at_]) || text_[at_] == '/')) at_++;
    return scaled(value, number, text_.substr(unit_at, at_ - unit_at), begin, unit_at);
  }

  double scaled(ThresholdValue& value, double number, std::string_view unit, std::size_t begin,
                std::size_t unit_at) const {
    const auto factor = [&](std::initializer_list<std::pair<std::string_view, double>> units) -> std::optional<double> {
      for (const auto& [name, times] : units)
        if (unit == name) return number * times;
      return std::nullopt;
    };
    std::optional<double> result;
    std::string_view units;
    switch (value.quantity) {
      case Quantity::duration:
        if (unit.empty() && number == 0) return 0;
        result = factor({{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}});
        units = "a unit of time: ns, us, ms, s, m, h";
        break;
      case Quantity::rate:
        result = factor({{"", 1},
                         {"/s", 1},
                         {"k", 1e3},
                         {"k/s", 1e3},
                         {"M", 1e6},
                         {"M/s", 1e6},
                         {"/m", 1 / 60.0},
                         {"/h", 1 / 3600.0}});
        units = "nothing, k, M, or per what: /s, /m, /h";
        break;
      case Quantity::count:
        if (value.name == "errors" && unit == "%") {
          value.quantity = Quantity::share;
          return number / 100;
        }
        result = factor({{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}});
        units = value.name == "errors" ? "nothing, k, M, G or %" : "nothing, k, M or G";
        break;
      case Quantity::share:
      case Quantity::number:
        result = factor({{"", 1}, {"%", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}});
        units = "nothing, %, k, M or G: it is compared in the figure's own unit";
        break;
    }
    if (!result)
      expected(unit.empty() ? fmt::format("{} has no unit; expected {}", text_.substr(begin, unit_at - begin), units)
                            : fmt::format("'{}' is no unit of {}; expected {}", unit, value.name, units),
               unit_at);
    return *result;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

void refuse_control_characters(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
      throw Error("a condition has a control character or a line break in it");
}

Truth of(bool b) noexcept { return b ? Truth::yes : Truth::no; }

bool compared(double actual, std::string_view sign, double limit) noexcept {
  const std::partial_ordering order = compare_numbers(actual, limit);
  if (sign == ">") return order > 0;
  if (sign == ">=") return order >= 0;
  if (sign == "<") return order < 0;
  if (sign == "<=") return order <= 0;
  if (sign == "==") return order == 0;
  return order != 0;
}

Truth evaluate_node(const Node& node, const ThresholdLookup& lookup, std::vector<std::string>& seen) {
  switch (node.kind) {
    case Node::Kind::any:
    case Node::Kind::all: {
      const Truth decides = of(node.kind == Node::Kind::any);
      Truth result = of(node.kind == Node::Kind::all);
      for (const Node& part : node.parts) {  // each, so that the outcome tells all of them
        const Truth truth = evaluate_node(part, lookup, seen);
        if (truth == decides || result == decides)
          result = decides;
        else if (truth == Truth::unknown)
          result = Truth::unknown;
      }
      return result;
    }
    case Node::Kind::negation: {
      const Truth truth = evaluate_node(node.parts[0], lookup, seen);
      return truth == Truth::unknown ? truth : of(truth == Truth::no);
    }
    case Node::Kind::comparison:
    case Node::Kind::present:
      break;
  }
  const std::optional<double> actual = lookup(node.value);
  const double limit = node.kind == Node::Kind::present ? 0 : node.literal;
  seen.push_back(
      fmt::format("{} = {}", node.value.text(), actual ? format_value(*actual, node.value.quantity, {limit}) : "n/a"));
  if (!actual || std::isnan(*actual)) return Truth::unknown;
  return of(node.kind == Node::Kind::present ? *actual != 0 : compared(*actual, node.compare, node.literal));
}

void collect(const Node& node, std::vector<ThresholdValue>& values) {
  if (node.kind == Node::Kind::comparison || node.kind == Node::Kind::present) values.push_back(node.value);
  for (const Node& part : node.parts) collect(part, values);
}

}  // namespace

std::string ThresholdValue::text() const {
  if (arguments.empty()) return name;
  std::vector<std::string> shown;
  for (const std::string& argument : arguments)
    shown.push_back(!argument.empty() && std::all_of(argument.begin(), argument.end(), of_word)
                        ? argument
                        : fmt::format("\"{}\"", argument));
  return fmt::format("{}({})", name, fmt::join(shown, ", "));
}

Threshold Threshold::parse(std::string_view text) {
  refuse_control_characters(text);
  return {std::string(text), std::make_shared<const Node>(Parser(text).whole())};
}

std::vector<ThresholdValue> parse_threshold_values(std::string_view text) {
  refuse_control_characters(text);
  return Parser(text).values();
}

std::vector<ThresholdValue> Threshold::values() const {
  std::vector<ThresholdValue> values;
  collect(*root_, values);
  return values;
}

Threshold::Outcome Threshold::evaluate(const ThresholdLookup& lookup) const {
  std::vector<std::string> seen;
  Outcome outcome;
  outcome.truth = evaluate_node(*root_, lookup, seen);
  outcome.actual = fmt::format("{}", fmt::join(seen, ", "));
  return outcome;
}

const std::vector<ThresholdName>& threshold_names() {
  static const std::vector<ThresholdName> names = {
      {"p99(OPERATION)",
       "a percentile of the response time, any: p50, p99.9; of another time: service.p99, wait.p99, lag.p99"},
      {"mean(OPERATION)", "likewise min and max"},
      {"rate(OPERATION)", "completed per second"},
      {"count(OPERATION)", "succeeded"},
      {"errors(OPERATION, KIND)", "failed, as a number or in % of all; of one kind: timeout, conflict, …"},
      {"retries(OPERATION)", "tries beyond the first"},
      {"in_doubt(OPERATION)", "commits whose outcome nobody knows"},
      {"abandoned(GROUP)", "due, and never begun"},
      {"figure(NAME)", "a figure of the workload, in its own unit"},
      {"failed(REQUIREMENT)", "requirements that are not met; 1 or 0 for one of them"},
      {"event(KIND)", "how many events: outage, stalled, …"},
      {"event_time(KIND)", "how long they were together"},
      {"cpu", "assay's own CPU time for each operation"},
  };
  return names;
}

std::string format_value(double value, Quantity quantity, Limits beside) {
  switch (quantity) {
    case Quantity::duration:
      return format_latency(value, beside);
    case Quantity::rate:
      return fmt::format("{} /s", format_quantity(value, beside));
    case Quantity::share:
      return format_percent(value, 3, beside);
    case Quantity::count:
    case Quantity::number:
      break;
  }
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                              : format_significant(value, 6, beside);
}

}  // namespace assay
