#include "drivers/null/null.h"

#include "base/error.h"
#include "base/random.h"
#include "base/units.h"
#include "core/url.h"
#include "runtime/wait.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <unordered_map>

namespace assay {
namespace {

const std::vector<OptionSpec>& option_table() {
  static const std::vector<OptionSpec> table = {
      {.name = "latency",
       .default_value = "0",
       .help =
           "time each operation of the load takes; exp:TIME is exponential with that mean. Prepare and check are not "
           "slowed, stalled or failed"},
      {.name = "stall-at",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "when the stall begins, after the first operation"},
      {.name = "stall",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "how long nothing is answered; 0 is no stall"},
      {.name = "fail",
       .type = OptionType::choice,
       .default_value = "conflict",
       .help = "the kind of the scripted failures",
       .choices = {"conflict", "timeout", "overloaded", "disconnected", "rejected", "wrong_answer"}},
      {.name = "fail-every",
       .type = OptionType::count,
       .default_value = "0",
       .help = "every n-th operation of a session fails; 0 is none",
       .min = 0},
      {.name = "refuse-for",
       .type = OptionType::duration,
       .default_value = "0",
       .help = "after a scripted disconnect, how long new sessions are refused"},
      {.name = "memory",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "keep what is put, as long as the process lives: kv needs it, with run --prepare"},
  };
  return table;
}

struct Script {
  Nanos latency{};
  bool exponential = false;
  Nanos stall_at{}, stall{};
  FailureKind fail = FailureKind::conflict;
  std::int64_t fail_every = 0;
  Nanos refuse_for{};
  bool memory = false;
  Nanos operation_timeout = Nanos::max();
  bool idle() const { return latency == Nanos(0) && stall == Nanos(0) && fail_every == 0; }
};

/// What the sessions of one target share. Thread-safe.
struct Shared {
  std::atomic<std::int64_t> first_ns{0};  // when the first operation began
  std::atomic<std::int64_t> refused_until_ns{0};
  std::atomic<bool> under_load{true};  // the script is played
  std::atomic<std::uint64_t> operations{0};
  std::mutex mutex;  // guards collections
  using Pairs = std::map<std::string, std::string, std::less<>>;
  std::map<std::string, Pairs, std::less<>> collections;
};

std::int64_t ns(TimePoint t) { return t.time_since_epoch().count(); }

class NullSession final : public Session, public KvFacet {
 public:
  NullSession(const Script& script, Shared& shared, std::uint64_t seed)
      : script_(script), shared_(shared), random_(seed), idle_(script.idle()) {}
  KvFacet* kv() noexcept override { return this; }
  std::uint64_t round_trips() const noexcept override { return operations_; }

  void create(std::string_view name) override {
    if (!script_.memory)
      throw Error(
          "the null target keeps nothing, so nothing can be prepared in it; give memory=true: null:?memory=true");
    const std::lock_guard lock(shared_.mutex);
    shared_.collections.try_emplace(std::string(name));
  }
  bool exists(std::string_view name) override {
    const std::lock_guard lock(shared_.mutex);
    return shared_.collections.contains(name);
  }
  void drop(std::string_view name) override {
    const std::lock_guard lock(shared_.mutex);
    if (const auto found = shared_.collections.find(name); found != shared_.collections.end())
      shared_.collections.erase(found);
  }
  void use(std::string_view name) override { collection_ = name; }

  Result<bool> get(std::string_view key, std::string& value) override {
    if (Result<> acted = act(); !acted) return tl::unexpected(std::move(acted.error()));
    if (!script_.memory) return false;
    const std::lock_guard lock(shared_.mutex);
    Result<Shared::Pairs*> pairs = used_collection();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    const auto found = (*pairs)->find(key);
    if (found == (*pairs)->end()) return false;
    value = found->second;
    return true;
  }
  Result<> put(std::string_view key, std::string_view value) override {
    if (idle_ && !script_.memory) {
      operations_++;
      return {};
    }
    const KvPair pair{key, value};
    return put_batch({&pair, 1});
  }
  Result<bool> update(std::string_view key, std::string_view value) override {
    if (Result<> acted = act(); !acted) return tl::unexpected(std::move(acted.error()));
    if (!script_.memory) return true;
    const std::lock_guard lock(shared_.mutex);
    Result<Shared::Pairs*> pairs = used_collection();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    const auto found = (*pairs)->find(key);
    if (found == (*pairs)->end()) return false;
    found->second = value;
    return true;
  }
  Result<bool> remove(std::string_view key) override {
    if (Result<> acted = act(); !acted) return tl::unexpected(std::move(acted.error()));
    if (!script_.memory) return true;
    const std::lock_guard lock(shared_.mutex);
    Result<Shared::Pairs*> pairs = used_collection();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    const auto found = (*pairs)->find(key);
    if (found == (*pairs)->end()) return false;
    (*pairs)->erase(found);
    return true;
  }
  Result<> scan(std::string_view first, std::size_t limit,
                std::vector<std::pair<std::string, std::string>>& out) override {
    if (Result<> acted = act(); !acted) return acted;
    if (!script_.memory) return {};
    const std::lock_guard lock(shared_.mutex);
    Result<Shared::Pairs*> pairs = used_collection();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    for (auto at = (*pairs)->lower_bound(first); at != (*pairs)->end() && limit > 0; ++at, limit--)
      out.emplace_back(*at);
    return {};
  }
  Result<> get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) override {
    values.assign(keys.size(), std::nullopt);
    if (Result<> acted = act(); !acted) return acted;
    if (!script_.memory) return {};
    const std::lock_guard lock(shared_.mutex);
    Result<Shared::Pairs*> pairs = used_collection();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    for (std::size_t i = 0; i < keys.size(); i++)
      if (const auto found = (*pairs)->find(keys[i]); found != (*pairs)->end()) values[i] = found->second;
    return {};
  }
  Result<> put_batch(std::span<const KvPair> batch) override {
    if (Result<> acted = act(); !acted) return acted;
    if (!script_.memory) return {};
    const std::lock_guard lock(shared_.mutex);
    Result<Shared::Pairs*> pairs = used_collection();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    for (const KvPair& pair : batch) (*pairs)->insert_or_assign(std::string(pair.key), std::string(pair.value));
    return {};
  }

  void interrupt() noexcept override { interrupted_ = true; }

 private:
  /// False when the run was stopped meanwhile. A thread, which nobody can wake, looks now and then.
  bool sleep_until(TimePoint end) {
    if (runtime::on_fiber()) return runtime::sleep_until(end) != runtime::Ready::cancelled;
    for (TimePoint now = real_clock().now(); now < end; now = real_clock().now()) {
      if (interrupted_) return false;
      runtime::sleep_until(std::min<TimePoint>(end, now + std::chrono::milliseconds(50)));
    }
    return true;
  }

  /// With shared_.mutex held.
  Result<Shared::Pairs*> used_collection() {
    const auto found = shared_.collections.find(collection_);
    if (found != shared_.collections.end()) return &found->second;
    return fail(FailureKind::rejected, fmt::format("there is no collection '{}'", collection_));
  }
  /// Does what the script says for one operation.
  Result<> act() {
    operations_++;
    if (idle_ || !shared_.under_load.load(std::memory_order_relaxed)) return {};
    const TimePoint now = real_clock().now();
    std::int64_t first = 0;
    if (shared_.first_ns.compare_exchange_strong(first, ns(now))) first = ns(now);
    TimePoint end = now;
    if (script_.latency > Nanos(0))
      end += script_.exponential
                 ? Nanos(static_cast<std::int64_t>(random_.exponential(static_cast<double>(script_.latency.count()))))
                 : script_.latency;
    const TimePoint stall_begin = TimePoint(Nanos(first)) + script_.stall_at, stall_end = stall_begin + script_.stall;
    if (end > stall_begin && now < stall_end) end = std::max(end, stall_end);
    const bool late = end - now > script_.operation_timeout;
    if (late) end = now + script_.operation_timeout;
    if (end > now && !sleep_until(end)) return fail(FailureKind::cancelled, "the run was stopped");
    if (late) return fail(FailureKind::timeout, "no answer within the operation timeout", "null");
    if (script_.fail_every == 0 || static_cast<std::int64_t>(operations_) % script_.fail_every != 0) return {};
    if (script_.fail == FailureKind::disconnected && script_.refuse_for > Nanos(0))
      shared_.refused_until_ns = ns(real_clock().now() + script_.refuse_for);
    return fail(script_.fail, "scripted", "null");
  }

  const Script& script_;
  Shared& shared_;
  Random random_;
  const bool idle_;
  std::string collection_ = "default";
  std::uint64_t operations_ = 0;
  std::atomic<bool> interrupted_{false};
};

class NullTarget final : public Target {
 public:
  explicit NullTarget(Script script) : script_(script) {}
  Result<std::unique_ptr<Session>> connect() override {
    if (shared_.under_load && ns(real_clock().now()) < shared_.refused_until_ns)
      return fail(FailureKind::disconnected, "scripted refusal", "null");
    return std::make_unique<NullSession>(script_, shared_, hash_of(1, sessions_++));
  }
  Result<ServerFacts> facts() override { return ServerFacts{"null", "1", {}}; }
  void under_load(bool load) override { shared_.under_load = load; }

 private:
  const Script script_;
  Shared shared_;
  std::atomic<std::uint64_t> sessions_{0};
};

/// Parts of a script that nothing begins.
void refuse_without_effect(const Options& options, const Script& script) {
  std::vector<std::string> mistakes;
  if (options.given("stall-at") && script.stall == Nanos(0))
    mistakes.push_back("stall-at has no effect without stall, the length of the stall");
  if (options.given("fail") && script.fail_every == 0)
    mistakes.push_back("fail has no effect without fail-every, which says how often");
  if (options.given("refuse-for") && (script.fail_every == 0 || options.text("fail") != "disconnected"))
    mistakes.push_back("refuse-for has no effect without fail=disconnected and fail-every");
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
}

class NullDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo info{
        .name = "null",
        .summary = "answers at once, or what its options script: measures and tests assay itself",
        .schemes = {"null"},
        .example = "null:?latency=1ms",
        .facets = {Facet::kv},
        .waiting = Waiting::fiber,
        .in_process = true,
        .options = option_table()};
    return info;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override {
    const Url url = parse_url(spec.url);
    if (!url.rest.empty())
      throw Error(fmt::format("{}: the null target has no address; expected null: or null:?latency=1ms", spec.url));
    Options options = spec.options;
    options.set_all({url.query.begin(), url.query.end()});
    Script script;
    std::string latency = options.text("latency");
    script.exponential = latency.starts_with("exp:");
    script.latency = parse_duration(script.exponential ? latency.substr(4) : latency);
    script.stall_at = options.duration("stall-at");
    script.stall = options.duration("stall");
    script.fail_every = options.count("fail-every");
    script.refuse_for = options.duration("refuse-for");
    script.memory = options.flag("memory");
    script.operation_timeout = spec.operation_timeout;
    refuse_without_effect(options, script);
    for (int kind = 0; kind < kFailureKinds; kind++)
      if (to_string(static_cast<FailureKind>(kind)) == options.text("fail"))
        script.fail = static_cast<FailureKind>(kind);
    return std::make_unique<NullTarget>(script);
  }
};

}  // namespace

const Driver& null_driver() {
  static const NullDriver driver;
  return driver;
}

}  // namespace assay
