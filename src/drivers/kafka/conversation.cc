#include "drivers/kafka/conversation.h"

#include <fmt/format.h>

#include <random>

namespace assay::kafka {
namespace {

constexpr Nanos kGiveUpIn = std::chrono::seconds(3);

/// Of a writer that takes over from nobody.
std::string own_id(const Settings& settings) {
  std::random_device device;
  return fmt::format("{}assay.session.{:08x}{:08x}", settings.prefix, device(), device());
}

}  // namespace

Result<std::unique_ptr<Conversation>> Conversation::open(const Settings& settings) {
  std::unique_ptr<Conversation> out(new Conversation(settings));
  Result<std::unique_ptr<Client>> client = Client::make(settings, Role::asks);
  if (!client) return tl::unexpected(client.error());
  out->asks_ = std::move(*client);
  const Call call(real_clock().now() + settings.connect_timeout, out->interrupted_);
  if (const Result<> reached = out->topics().reach(call); !reached) return tl::unexpected(reached.error());
  return out;
}

Call Conversation::call() {
  round_trips_++;
  asks_->begin_call();
  if (reads_ != nullptr) reads_->begin_call();
  return {patient_ ? TimePoint::max() : real_clock().now() + settings_.operation_timeout, interrupted_};
}

Result<Client*> Conversation::reads() {
  if (reads_ == nullptr) {
    Result<std::unique_ptr<Client>> client = Client::make(settings_, Role::reads);
    if (!client) return tl::unexpected(client.error());
    reads_ = std::move(*client);
  }
  return reads_.get();
}

Result<const Record::Entries*> Conversation::record(const std::string& topic, bool anew, const Call& call) {
  const Result<Client*> client = reads();
  if (!client) return tl::unexpected(client.error());
  if (record_ == nullptr) record_ = std::make_unique<Record>(*asks_, **client);
  return record_->entries(topic, anew, call);
}

Result<> Conversation::require(const std::string& topic, const Call& call) {
  if (known_.contains(topic)) return {};
  const Result<int> partitions = topics().partitions(topic, call);
  if (!partitions) return tl::unexpected(partitions.error());
  if (*partitions == 0)
    return fail(FailureKind::rejected,
                fmt::format("there is no topic {} at {}; prepare makes it", topic, settings_.place),
                "UNKNOWN_TOPIC_OR_PART");
  known_.insert(topic);
  return {};
}

void Conversation::give_up(Writer& writer) {
  const std::atomic<bool> nobody{false};  // also after an interruption: what is open holds up those who read
  writer.abandon({real_clock().now() + kGiveUpIn, nobody});
  known_.clear();
}

Result<> Conversation::write_by(std::unique_ptr<Writer>& writer, bool transactions, const Call& call,
                                const std::function<Result<>(Writer&)>& work) {
  if (writer == nullptr) {
    auto started = Writer::start(settings_, transactions ? own_id(settings_) : "", call);
    if (!started) return tl::unexpected(started.error());
    writer = std::move(*started);
  }
  Result<> done = writer->begin(call);
  if (done) done = work(*writer);
  if (done) done = writer->commit(call);
  if (!done) {
    give_up(*writer);
    writer.reset();
  }
  return done;
}

Result<> Conversation::write(const Call& call, const std::function<Result<>(Writer&)>& work) {
  return write_by(writer_, settings_.transactions, call, work);
}

Result<> Conversation::put(const std::string& topic, std::string_view key, std::optional<std::string_view> value,
                           const Call& call) {
  return write_by(single_, false, call, [&](Writer& writer) { return writer.send(topic, key, value, call); });
}

Result<> Conversation::write_fenced(const std::string& id, const Call& call,
                                    const std::function<Result<bool>(Writer&)>& work) {
  auto started = Writer::start(settings_, id, call);
  if (!started) return tl::unexpected(started.error());
  Writer& writer = **started;
  if (Result<> begun = writer.begin(call); !begun) return begun;
  const Result<bool> worked = work(writer);
  Result<> done = worked ? Result<>() : tl::unexpected(worked.error());
  if (worked && *worked) done = writer.commit(call);
  if (!done || !*worked) give_up(writer);
  return done;
}

void Conversation::topics_changed() noexcept {
  known_.clear();
  writer_.reset();  // they count what they wrote to partitions that are no more
  single_.reset();
  if (record_ != nullptr) record_->forget();
}

}  // namespace assay::kafka
