#include "drivers/template/template.h"

#include "base/error.h"

#include <map>
#include <mutex>

namespace assay {
namespace {

/// What stands for the data system. Real drivers have their client library here, and its header in this file only.
struct Store {
  using Collection = std::map<std::string, std::string, std::less<>>;
  std::mutex mutex;  // never held while waiting
  std::map<std::string, Collection, std::less<>> collections;
};

// Required for the facets that DriverInfo lists: each call, as core/facets.h describes it. What the target cannot do is
// a Failure of kind `rejected`, or an Error where the call answers no Result.
class TemplateKv final : public KvFacet {
 public:
  explicit TemplateKv(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  void create(std::string_view collection) override { locked()->collections.try_emplace(std::string(collection)); }
  bool exists(std::string_view collection) override { return locked()->collections.contains(collection); }
  void drop(std::string_view collection) override { locked()->collections.erase(std::string(collection)); }
  void use(std::string_view collection) override { used_ = collection; }

  Result<bool> get(std::string_view key, std::string& value) override {
    return with_collection<bool>([&](Store::Collection& in) {
      const auto found = in.find(key);
      if (found != in.end()) value = found->second;
      return found != in.end();
    });
  }
  Result<> put(std::string_view key, std::string_view value) override {
    const KvPair pair[] = {{key, value}};
    return put_batch(pair);
  }
  Result<bool> update(std::string_view key, std::string_view value) override {
    return with_collection<bool>([&](Store::Collection& in) {
      const auto found = in.find(key);
      if (found != in.end()) found->second = value;
      return found != in.end();
    });
  }
  Result<bool> remove(std::string_view key) override {
    return with_collection<bool>([&](Store::Collection& in) { return in.erase(std::string(key)) > 0; });
  }
  Result<> scan(std::string_view first, std::size_t limit,
                std::vector<std::pair<std::string, std::string>>& out) override {
    return with_collection<void>([&](Store::Collection& in) {
      for (auto at = in.lower_bound(first); at != in.end() && limit > 0; ++at, limit--) out.push_back(*at);
    });
  }
  Result<> get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) override {
    return with_collection<void>([&](Store::Collection& in) {
      values.assign(keys.size(), std::nullopt);
      for (std::size_t i = 0; i < keys.size(); i++)
        if (const auto found = in.find(keys[i]); found != in.end()) values[i] = found->second;
    });
  }
  Result<> put_batch(std::span<const KvPair> pairs) override {
    return with_collection<void>([&](Store::Collection& in) {
      for (const KvPair& pair : pairs) in.insert_or_assign(std::string(pair.key), pair.value);
    });
  }

 private:
  /// The store, held until the end of the caller's statement.
  struct Locked {
    std::unique_lock<std::mutex> lock;
    Store* store;
    Store* operator->() const noexcept { return store; }
  };
  Locked locked() const { return {std::unique_lock(store_->mutex), store_.get()}; }

  // Required: what goes wrong on the measured path is a Result, with one of the kinds of base/result.h. A driver of a
  // real target maps its errors to kinds in one pure function (see drivers/sqlite/failure.h).
  template <class T>
  Result<T> with_collection(auto&& action) {
    const Locked held = locked();
    const auto found = held->collections.find(used_);
    if (found == held->collections.end())
      return fail(FailureKind::rejected, fmt::format("there is no collection '{}'", used_), "NO_COLLECTION");
    if constexpr (std::is_void_v<T>)
      return action(found->second), Result<T>();
    else
      return action(found->second);
  }

  const std::shared_ptr<Store> store_;
  std::string used_;
};

// Required. One conversation with the target: here is the connection, and the facets over it.
class TemplateSession final : public Session {
 public:
  explicit TemplateSession(std::shared_ptr<Store> store) : kv_(std::move(store)) {}
  KvFacet* kv() noexcept override { return &kv_; }  // Required for Facet::kv; likewise query() and rows()
  // Optional: depth() when several operations may be under way at once; reset() when something can be left open, such
  // as a transaction; round_trips() when there is a network between.

 private:
  TemplateKv kv_;
};

// Required. What the URL names; used by many threads at once.
class TemplateTarget final : public Target {
 public:
  Result<std::unique_ptr<Session>> connect() override { return std::make_unique<TemplateSession>(store_); }
  Result<ServerFacts> facts() override {
    return ServerFacts{.server = "memory of this process", .version = "1", .settings = {}};
  }
  // Optional: dialect(), with Facet::query; sampler(), when the target has figures of its own.

 private:
  const std::shared_ptr<Store> store_ = std::make_shared<Store>();
};

// Required, stateless.
class TemplateDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo info{.name = "template",
                                 .summary = "byte strings in memory; to be copied when a driver is written",
                                 .schemes = {"template"},
                                 .example = "template:anything",
                                 .facets = {Facet::kv},
                                 .waiting = Waiting::thread,  // fiber: when it waits through runtime/wait.h only
                                 .options = {}};              // Optional: a static table of OptionSpec
    return info;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override {  // checks; does not talk to the target
    if (!spec.url.starts_with("template:"))
      throw Error(fmt::format("'{}' is no URL of the template; expected for example {}", spec.url, info().example));
    return std::make_unique<TemplateTarget>();
  }
};

}  // namespace

const Driver& template_driver() {
  static const TemplateDriver driver;
  return driver;
}

}  // namespace assay
