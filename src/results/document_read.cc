#include "base/error.h"
#include "results/document_fields.h"
#include "results/json_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>
#include <optional>
#include <set>

namespace assay {
namespace {

template <class T>
void get(const JsonNode& node, T& v);

/// The archive that reads one object (document_fields.h). finish() refuses what no field asked for.
class Reader {
 public:
  explicit Reader(const JsonNode& object, const GroupResult* group = nullptr) : object_(object), group_(group) {
    object.expect_object();
  }

  void header(std::string_view, std::int64_t) { known_.insert(known_.end(), {"format", "version"}); }  // seen to before

  template <class T>
  void field(std::string_view name, T& v) {
    const auto node = find(name);
    if (!node) object_.fail_missing(name);
    read(*node, v);
  }
  void signed_time(std::string_view name, Nanos& v) {
    if (const auto node = find(name))
      v = Nanos(node->whole_or_below());
    else
      object_.fail_missing(name);
  }
  template <class T>
  void optional(std::string_view name, T& v) {
    if (const auto node = find(name)) read(*node, v);
  }
  void identity(std::string_view name, std::uint64_t& v) {
    std::string text;
    field(name, text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size())
      find(name)->fail("a whole number from 0 to 18446744073709551615, as text");
  }
  void encoded_histogram(std::string_view name, std::string& text) {
    const auto node = find(name);
    if (!node) return;
    Histogram ignored;
    get(*node, ignored);  // an unreadable one is found here, where its place can be named
    get(*node, text);
  }
  void failure_counts(std::string_view name, std::array<std::uint64_t, kFailureKinds>& counts);
  void by_phase(std::string_view name, std::array<OperationStats, kPhases>& phases);
  void enter_group(const GroupResult& group);
  void operation(std::string_view name, std::uint16_t& index);
  void series(std::string_view name, Series& series);
  void samples(std::string_view name, std::vector<std::pair<Nanos, double>>& samples);

  void finish() const {
    for (const auto& [name, value] : object_.members())
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) object_.fail_unknown(name, known_);
  }

 private:
  std::optional<JsonNode> find(std::string_view name) {
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.push_back(name);
    return object_.member(name);
  }
  template <class T>
  void read(const JsonNode& node, T& v) {
    get(node, v);
  }
  void read(const JsonNode& node, std::vector<FailureSample>& samples) {
    node.for_each([&](const JsonNode& item) {
      Reader reader(item, group_);
      document::fields(reader, samples.emplace_back());
      reader.finish();
    });
  }

  const JsonNode& object_;
  const GroupResult* group_;
  std::vector<std::string_view> known_;
};

template <class E>
E enum_of(const JsonNode& node, std::initializer_list<E> values) {
  const std::string_view text = node.text();
  std::string names;
  for (const E value : values) {
    if (text == to_string(value)) return value;
    names += fmt::format("{}\"{}\"", names.empty() ? "one of " : ", ", to_string(value));
  }
  node.fail(names);
}

void get_value(const JsonNode& node, Phase& v) {
  v = enum_of(node, {Phase::ramp, Phase::warmup, Phase::measure, Phase::drain});
}
void get_value(const JsonNode& node, Verdict& v) {
  v = enum_of(node, {Verdict::pass, Verdict::fail, Verdict::invalid});
}
void get_value(const JsonNode& node, Requirement::Verdict& v) {
  using V = Requirement::Verdict;
  v = enum_of(node, {V::pass, V::fail, V::not_applicable});
}
void get_value(const JsonNode& node, CheckResult::State& v) {
  using S = CheckResult::State;
  v = enum_of(node, {S::not_run, S::passed, S::failed});
}
FailureKind failure_kind(const JsonNode& node, std::string_view text) {
  for (int kind = 0; kind < kFailureKinds; kind++)
    if (text == to_string(static_cast<FailureKind>(kind))) return static_cast<FailureKind>(kind);
  node.fail("a kind of failure: conflict, timeout, overloaded, disconnected, rejected, wrong_answer or cancelled");
}
void get_value(const JsonNode& node, FailureKind& v) { v = failure_kind(node, node.text()); }
void get_value(const JsonNode& node, bool& v) { v = node.boolean(); }
void get_value(const JsonNode& node, std::uint64_t& v) { v = node.whole(); }
void get_value(const JsonNode& node, std::uint32_t& v) {
  const std::uint64_t wide = node.whole();
  if (wide > std::numeric_limits<std::uint32_t>::max()) node.fail("a whole number below 2^32");
  v = static_cast<std::uint32_t>(wide);
}
void get_value(const JsonNode& node, std::int64_t& v) {
  const std::uint64_t wide = node.whole();
  if (wide > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    node.fail("a whole number below 2^63");
  v = static_cast<std::int64_t>(wide);
}
/// Ten years: longer than any run, and sums of them stay far from what a number holds.
constexpr Nanos kLongest = std::chrono::hours(24 * 3653);
void get_value(const JsonNode& node, Nanos& v) {
  std::int64_t count = 0;
  get_value(node, count);
  v = Nanos(count);
  if (v > kLongest) node.fail("a time of at most ten years, in nanoseconds");
}
void get_value(const JsonNode& node, double& v) {
  v = node.is_null() ? std::numeric_limits<double>::quiet_NaN() : node.number();
}
void get_value(const JsonNode& node, std::string& v) { v = node.text(); }
void get_value(const JsonNode& node, Histogram& v) {
  const std::string_view text = node.text();
  if (text.empty()) return;
  try {
    v = Histogram::decode(text);
  } catch (const Error& e) {
    node.fail(fmt::format("an encoded histogram ({})", e.what()));
  }
}
void get_value(const JsonNode& node, WallTime& v) {
  // "2026-11-20T23:07:33.000000000Z": digits stand where the pattern has a 0.
  static constexpr std::string_view kPattern = "0000-00-00T00:00:00.000000000Z";
  const std::string_view text = node.text();
  bool good = text.size() == kPattern.size();
  for (std::size_t i = 0; good && i < text.size(); i++)
    good = kPattern[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == kPattern[i];
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    for (const char c : text.substr(at, length)) value = value * 10 + (c - '0');
    return value;
  };
  if (good) {
    std::tm parts{};
    parts.tm_year = number(0, 4) - 1900;
    parts.tm_mon = number(5, 2) - 1;
    parts.tm_mday = number(8, 2);
    parts.tm_hour = number(11, 2);
    parts.tm_min = number(14, 2);
    parts.tm_sec = number(17, 2);
    // Nanoseconds since 1970 in 64 bits end in 2262.
    good = parts.tm_year >= 70 && parts.tm_year < 2262 - 1900 && parts.tm_mon >= 0 && parts.tm_mon < 12 &&
           parts.tm_mday >= 1 && parts.tm_mday <= 31 && parts.tm_hour < 24 && parts.tm_min < 60 && parts.tm_sec <= 60;
    if (good) v = std::chrono::system_clock::from_time_t(timegm(&parts)) + Nanos(number(20, 9));
  }
  if (!good) node.fail("a time like \"2026-11-20T23:07:33.000000000Z\"");
}
void get_value(const JsonNode& node, Settings& v) {
  for (const auto& [name, value] : node.members()) v.emplace_back(name, JsonNode(value, &node, name).text());
}
template <class T>
void get_value(const JsonNode& node, std::optional<T>& v) {
  if (!node.is_null()) get_value(node, v.emplace());
}
template <class T>
void get_value(const JsonNode& node, std::vector<T>& values) {
  node.for_each([&](const JsonNode& item) { get(item, values.emplace_back()); });
}

template <class T>
void get(const JsonNode& node, T& v) {
  if constexpr (requires(Reader & reader) { document::fields(reader, v); }) {
    Reader reader(node);
    document::fields(reader, v);
    reader.finish();
  } else {
    get_value(node, v);
  }
}

void Reader::failure_counts(std::string_view name, std::array<std::uint64_t, kFailureKinds>& counts) {
  const auto node = find(name);
  if (!node) object_.fail_missing(name);
  node->expect_object();
  for (const auto& [kind, value] : node->members()) {
    const JsonNode item(value, &*node, kind);
    counts[static_cast<std::size_t>(failure_kind(item, kind))] = item.whole();
  }
}

void Reader::by_phase(std::string_view name, std::array<OperationStats, kPhases>& phases) {
  const auto node = find(name);
  if (!node) object_.fail_missing(name);
  Reader reader(*node);
  for (int phase = 0; phase < kPhases; phase++)
    reader.optional(to_string(static_cast<Phase>(phase)), phases[static_cast<std::size_t>(phase)]);
  reader.finish();
}

void Reader::enter_group(const GroupResult& group) {
  group_ = &group;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < group.operations.size(); i++)
    if (!names.insert(group.operations[i].name).second)
      find("operations")->at(i).fail("an operation with a name of its own");
}

void Reader::operation(std::string_view name, std::uint16_t& index) {
  const auto node = find(name);
  if (!node) object_.fail_missing(name);
  for (std::size_t i = 0; i < group_->operations.size(); i++)
    if (group_->operations[i].name == node->text()) {
      index = static_cast<std::uint16_t>(i);
      return;
    }
  node->fail("the name of one of the group's operations");
}

void Reader::series(std::string_view name, Series& series) {
  const auto node = find(name);
  if (!node) object_.fail_missing(name);
  Reader reader(*node);
  Nanos length{};
  reader.field("interval_ns", length);
  if (length <= Nanos(0)) reader.find("interval_ns")->fail("a length above 0");
  const auto intervals = reader.find("intervals");
  if (!intervals) node->fail_missing("intervals");
  reader.finish();
  const std::size_t operations = group_->operations.size();
  series = Series(length, operations);
  std::int64_t last = -1;
  intervals->for_each([&](const JsonNode& item) {
    SeriesInterval interval;
    get(item, interval);
    if (interval.index >= kLongest / length) item.member("index")->fail("an interval within ten years");
    if (interval.index <= last)
      item.member("index")->fail(fmt::format("an index above {}, that of the interval before", last));
    if (interval.operations.size() != operations)
      item.member("operations")->fail(fmt::format("{} cells, one for each operation of the group", operations));
    last = interval.index;
    series.append(std::move(interval));
  });
}

void Reader::samples(std::string_view name, std::vector<std::pair<Nanos, double>>& samples) {
  const auto node = find(name);
  if (!node) object_.fail_missing(name);
  node->for_each([&](const JsonNode& item) {
    if (item.size() != 2) item.fail("a pair [nanoseconds, value]");
    auto& [at, value] = samples.emplace_back();
    get(item.at(0), at);
    get(item.at(1), value);
  });
}

/// The time line as it is shown, empty intervals too, is of a size that can be shown.
void check_time_line(const JsonNode& root, const Document& document) {
  constexpr std::int64_t kMost = 1'000'000;
  Nanos first = kLongest, last{}, interval{};
  for (const GroupResult& group : document.groups) {
    const auto& all = group.series.intervals();
    if (all.empty()) continue;
    first = std::min(first, group.series.interval() * all.front().index);
    last = std::max(last, group.series.interval() * all.back().index);
    interval = std::max(interval, group.series.interval());
  }
  if (interval > Nanos(0) && (last - first) / interval >= kMost)
    root.member("groups")->fail(fmt::format("intervals of which the last is at most {} after the first", kMost));
}

void check_phases(const JsonNode& root, const Document& document) {
  const JsonNode phases = *root.member("phases");
  Nanos length{};
  for (std::size_t i = 0; i < document.phases.size(); i++) {
    length += document.phases[i].length;
    if (length > kLongest) phases.fail("phases of at most ten years together");
    if (i > 0 && document.phases[i].phase <= document.phases[i - 1].phase) {
      const JsonNode span = phases.at(i);
      span.member("phase")->fail(
          fmt::format("a phase that comes after \"{}\", the one before", to_string(document.phases[i - 1].phase)));
    }
  }
}

/// An operation that succeeded is counted in the phase in which it ended and timed in that in which it was due: in one phase
/// the two differ by what crossed its borders, over the whole run they are the same.
void check_counts(const JsonNode& group_node, const GroupResult& group) {
  const JsonNode operations = *group_node.member("operations");
  for (std::size_t o = 0; o < group.operations.size(); o++) {
    std::uint64_t timed = 0, completed = 0;
    bool countable = true;  // 64 bits hold the sum
    for (const OperationStats& stats : group.operations[o].phases) {
      timed += stats.count();
      countable = countable && stats.completed <= std::numeric_limits<std::uint64_t>::max() - completed;
      completed += stats.completed;
    }
    if (countable && completed == timed) continue;
    const JsonNode operation = operations.at(o);
    const auto phases = operation.member("phases");
    std::string name;  // of the phase whose two numbers are furthest apart: the likeliest to be wrong
    std::uint64_t most = 0;
    for (int p = 0; p < kPhases; p++) {
      const OperationStats& stats = group.operations[o].phases[static_cast<std::size_t>(p)];
      const std::uint64_t apart = std::max(stats.completed, stats.count()) - std::min(stats.completed, stats.count());
      if (apart < most || !phases->member(to_string(static_cast<Phase>(p)))) continue;
      most = apart;
      name = to_string(static_cast<Phase>(p));
    }
    const auto phase = phases->member(name);
    phase->member("completed")
        ->fail(fmt::format("as many over all phases as their response histograms hold: {}, not {}", timed,
                           countable ? fmt::format("{}", completed) : "more than 2^64"));
  }
}

void check_groups(const JsonNode& root, const Document& document) {
  std::set<std::string_view> targets, groups;
  for (const TargetFacts& target : document.targets) targets.insert(target.name);
  const JsonNode nodes = *root.member("groups");
  for (std::size_t i = 0; i < document.groups.size(); i++) {
    const GroupResult& group = document.groups[i];
    const JsonNode node = nodes.at(i);
    if (!groups.insert(group.name).second) node.member("name")->fail("a group with a name of its own");
    if (!group.target.empty() && !targets.contains(group.target))
      node.member("target")->fail("the name of one of the document's targets");
    check_counts(node, group);
  }
}

/// A pass is one of everything that decides.
void check_verdict(const JsonNode& root, const Document& document) {
  if (document.verdict.verdict != Verdict::pass) return;
  const auto contradicted = [&](std::string_view what) {
    const auto verdict = root.member("verdict");
    verdict->member("verdict")->fail(fmt::format("\"fail\" or \"invalid\": {}", what));
  };
  for (std::size_t i = 0; i < document.requirements.size(); i++)
    if (document.requirements[i].decides && document.requirements[i].verdict == Requirement::Verdict::fail)
      contradicted(fmt::format("requirements[{}] decides and failed", i));
  for (std::size_t i = 0; i < document.checks.size(); i++)
    if (document.checks[i].state == CheckResult::State::failed) contradicted(fmt::format("checks[{}] failed", i));
}

void check_cost(const JsonNode& root, const OwnCost& cost) {
  const auto node = root.member("own_cost");
  for (const auto& [name, value] : {std::pair{"cpu_seconds", cost.cpu_seconds},
                                    {"operations", cost.operations},
                                    {"busiest_loop", cost.busiest_loop}})
    if (value < 0) node->member(name)->fail("a number, 0 or more");
  if (cost.io_uring_loops > cost.loops)
    node->member("io_uring_loops")->fail(fmt::format("at most the {} loops", cost.loops));
}

/// What holds between fields. A contradiction is no result: whatever is shown of it would be a guess.
void check_sense(const JsonNode& root, const Document& document) {
  check_phases(root, document);
  check_time_line(root, document);
  check_groups(root, document);
  check_verdict(root, document);
  check_cost(root, document.own_cost);
  // The start is that of the schedule, a moment after the wall clock was read; a clock that was set back makes a run invalid.
  if (document.ended + std::chrono::seconds(1) < document.started && document.verdict.verdict != Verdict::invalid)
    root.member("ended")->fail("a time that is not before \"started\"");
}

}  // namespace

Document from_json(std::string_view text) {
  const JsonTree tree(text);
  const JsonNode root = tree.root();
  root.expect_object();
  const auto format = root.member("format");
  if (!format || !format->is_text() || format->text() != document::kFormat)
    throw Error(
        fmt::format("this is no result of assay: it does not begin with \"format\": \"{}\"", document::kFormat));
  const auto version = root.member("version");
  if (!version) root.fail_missing("version");
  constexpr auto kNewest = static_cast<std::uint64_t>(Document::kVersion),
                 kOldest = static_cast<std::uint64_t>(Document::kOldestVersion);
  if (const std::uint64_t found = version->whole(); found > kNewest || found < kOldest)
    throw Error(fmt::format("result: its format has version {}, and this assay reads version {}{}{}", found,
                            kOldest < kNewest ? fmt::format("{} to ", kOldest) : "", kNewest,
                            found > kNewest ? ": a newer assay wrote it" : ""));
  Document document;
  get(root, document);
  check_sense(root, document);
  return document;
}

}  // namespace assay
