#include "drivers/kafka/kv.h"

#include "base/error.h"
#include "core/parallel.h"

#include <fmt/format.h>

namespace assay::kafka {

void KafkaKv::create(std::string_view collection) {
  const Settings& settings = conversation_.settings();
  const std::string topic = topic_of(settings, collection);
  const Call call = conversation_.call();
  const std::string doing = fmt::format("making the collection {}", collection);
  if (value_or_throw(conversation_.topics().partitions(topic, call), doing) > 0) return;
  const Result<> made =
      conversation_.topics().create(topic, 1, static_cast<int>(settings.replication), Record::configuration(), call);
  // Another process may have made it between the two.
  if (!made && value_or_throw(conversation_.topics().partitions(topic, call), doing) == 0)
    throw_failure(made.error(), doing);
  conversation_.topics_changed();
}

bool KafkaKv::exists(std::string_view collection) {
  const std::string topic = topic_of(conversation_.settings(), collection);
  return value_or_throw(conversation_.topics().partitions(topic, conversation_.call()), "looking for a collection") > 0;
}

void KafkaKv::drop(std::string_view collection) {
  const std::string topic[] = {topic_of(conversation_.settings(), collection)};
  value_or_throw(conversation_.topics().remove(topic, conversation_.call()), "removing a collection");
  conversation_.topics_changed();
}

void KafkaKv::use(std::string_view collection) { topic_ = topic_of(conversation_.settings(), collection); }

Result<bool> KafkaKv::get(std::string_view key, std::string& value) {
  const auto entries = conversation_.record(topic_, true, conversation_.call());
  if (!entries) return tl::unexpected(entries.error());
  const auto found = (*entries)->find(key);
  if (found == (*entries)->end()) return false;
  value = found->second;
  return true;
}

Result<> KafkaKv::put(std::string_view key, std::string_view value) { return send(key, value, conversation_.call()); }

Result<bool> KafkaKv::update(std::string_view key, std::string_view value) {
  const Call call = conversation_.call();
  const Result<bool> found = there(key, call);
  if (!found || !*found) return found;
  if (const Result<> sent = send(key, value, call); !sent) return tl::unexpected(sent.error());
  return true;
}

Result<bool> KafkaKv::remove(std::string_view key) {
  const Call call = conversation_.call();
  const Result<bool> found = there(key, call);
  if (!found || !*found) return found;
  if (const Result<> sent = send(key, std::nullopt, call); !sent) return tl::unexpected(sent.error());
  return true;
}

Result<> KafkaKv::scan(std::string_view first, std::size_t limit,
                       std::vector<std::pair<std::string, std::string>>& out) {
  const auto entries = conversation_.record(topic_, true, conversation_.call());
  if (!entries) return tl::unexpected(entries.error());
  for (auto at = (*entries)->lower_bound(first); at != (*entries)->end() && limit > 0; ++at, limit--)
    out.emplace_back(*at);
  return {};
}

Result<> KafkaKv::get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  values.assign(keys.size(), std::nullopt);
  const auto entries = conversation_.record(topic_, true, conversation_.call());
  if (!entries) return tl::unexpected(entries.error());
  for (std::size_t i = 0; i < keys.size(); i++)
    if (const auto found = (*entries)->find(keys[i]); found != (*entries)->end()) values[i] = found->second;
  return {};
}

Result<> KafkaKv::put_batch(std::span<const KvPair> batch) {
  const Call call = conversation_.call();
  if (Result<> there = conversation_.require(topic_, call); !there) return there;
  return conversation_.write(call, [&](Writer& writer) -> Result<> {
    for (const KvPair& pair : batch)
      if (Result<> sent = writer.send(topic_, pair.key, pair.value, call); !sent) return sent;
    return {};
  });
}

Result<bool> KafkaKv::there(std::string_view key, const Call& call) {
  const auto entries = conversation_.record(topic_, false, call);
  if (!entries) return tl::unexpected(entries.error());
  return (*entries)->contains(key);
}

Result<> KafkaKv::send(std::string_view key, std::optional<std::string_view> value, const Call& call) {
  if (Result<> there = conversation_.require(topic_, call); !there) return there;
  return conversation_.put(topic_, key, value, call);
}

}  // namespace assay::kafka
