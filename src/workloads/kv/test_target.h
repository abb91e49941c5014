// For the tests of kv only: a real SQLite file in a folder of its own, and what a test needs to drive a workload
// without an engine. `KvOnly` hides the query and rows facets of a target, as a pure key-value store has none.
#pragma once

#include "base/error.h"
#include "core/parallel.h"
#include "workloads/kv/kv.h"
#include "workloads/kv/kv_options.h"

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace assay::kv {

class KvOnly final : public Target {
 public:
  explicit KvOnly(Target& target) : target_(target) {}
  Result<std::unique_ptr<Session>> connect() override {
    Result<std::unique_ptr<Session>> session = target_.connect();
    if (!session) return session;
    return std::make_unique<Only>(std::move(*session));
  }
  Result<ServerFacts> facts() override { return target_.facts(); }

 private:
  class Only final : public Session {
   public:
    explicit Only(std::unique_ptr<Session> session) : session_(std::move(session)) {}
    KvFacet* kv() noexcept override { return session_->kv(); }
    Result<> reset() override { return session_->reset(); }

   private:
    std::unique_ptr<Session> session_;
  };
  Target& target_;
};

/// Counts what is advanced; asks for a stop after `stop_after` units.
class TestProgress final : public Progress {
 public:
  void start(std::string_view, std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t units) override {
    const std::lock_guard lock(mutex_);
    advanced += units;
    if (advanced >= stop_after) stop.request_stop();
  }
  void note(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    notes.emplace_back(line);
  }
  std::uint64_t advanced = 0, stop_after = ~std::uint64_t{0};
  std::vector<std::string> notes;
  std::stop_source stop;

 private:
  std::mutex mutex_;
};

class TestContext final : public Context {
 public:
  explicit TestContext(Session& session) { session_ = &session; }
  void count(CounterId counter, std::uint64_t n) noexcept override { counts[static_cast<std::size_t>(counter)] += n; }
  TimePoint now() const noexcept override { return real_clock().now(); }
  void record(OperationId, TimePoint, TimePoint) noexcept override {}
  void trigger(std::size_t, std::uint64_t) override {}
  std::uint64_t items() const noexcept { return items_; }
  std::array<std::uint64_t, 1> counts{};
};

/// The target of a test: a new file each time, removed at the end. Base of the fixtures.
class TestTarget {
 protected:
  using Values = std::map<std::string, std::string>;

  TestTarget();
  ~TestTarget();

  static std::unique_ptr<Workload> workload(const Values& values) {
    Options options(kv_workload().info().options);
    options.set_all(values);
    return kv_workload().make(options);
  }
  static Job job(Target& target, TestProgress& progress, Shard shard = {}, std::uint64_t seed = 1) {
    return {.target = target,
            .shard = shard,
            .seed = seed,
            .parallel = 2,
            .progress = progress,
            .stop = progress.stop.get_token()};
  }
  void prepare(const Values& values, Shard shard = {}, std::uint64_t seed = 1) {
    TestProgress progress;
    Job prepare_job = job(*target_, progress, shard, seed);
    workload(values)->prepare(prepare_job);
  }
  std::vector<Finding> check(const Values& values = {}) {
    TestProgress progress;
    Job check_job = job(*target_, progress);
    return workload(values)->check(check_job).findings;
  }
  /// All pairs of the collection.
  std::map<std::string, std::string> content(const std::string& collection = "assay_kv") {
    const std::unique_ptr<Session> session = open_session(*target_);
    session->kv()->use(collection);
    std::vector<std::pair<std::string, std::string>> pairs;
    value_or_throw(session->kv()->scan("", 1'000'000, pairs), "reading all");
    return {pairs.begin(), pairs.end()};
  }
  std::unique_ptr<Session> session(const std::string& collection = "assay_kv") {
    std::unique_ptr<Session> opened = open_session(*target_);
    opened->kv()->use(collection);
    return opened;
  }
  static std::string message_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
  std::unique_ptr<Target> target_;
};

}  // namespace assay::kv
