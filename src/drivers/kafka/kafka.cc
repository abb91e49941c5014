#include "drivers/kafka/kafka.h"

#include "base/error.h"
#include "drivers/kafka/conversation.h"
#include "drivers/kafka/kv.h"
#include "drivers/kafka/rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace kafka {
namespace {

/// Of the broker's configuration, what matters for speed, and for whether what is written stays.
constexpr const char* kShown[] = {
    "auto.create.topics.enable",   "compression.type",           "default.replication.factor",
    "log.flush.interval.messages", "log.flush.interval.ms",      "log.segment.bytes",
    "message.max.bytes",           "min.insync.replicas",        "num.io.threads",
    "num.network.threads",         "num.replica.fetchers",       "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",    "transaction.max.timeout.ms", "unclean.leader.election.enable"};

class KafkaSession final : public Session {
 public:
  explicit KafkaSession(std::unique_ptr<Conversation> conversation)
      : conversation_(std::move(conversation)), rows_(*conversation_), kv_(*conversation_) {}

  RowsFacet* rows() noexcept override { return &rows_; }
  KvFacet* kv() noexcept override { return &kv_; }
  void interrupt() noexcept override { conversation_->interrupt(); }
  void set_patient(bool on) noexcept override { conversation_->set_patient(on); }
  std::uint64_t round_trips() const noexcept override { return conversation_->round_trips(); }

 private:
  std::unique_ptr<Conversation> conversation_;
  KafkaRows rows_;
  KafkaKv kv_;
};

class KafkaTarget final : public Target {
 public:
  explicit KafkaTarget(Settings settings) : settings_(std::move(settings)) {}

  Result<std::unique_ptr<Session>> connect() override {
    Result<std::unique_ptr<Conversation>> conversation = Conversation::open(settings_);
    if (!conversation) return tl::unexpected(std::move(conversation.error()));
    return std::make_unique<KafkaSession>(std::move(*conversation));
  }

  Result<ServerFacts> facts() override {
    Result<std::unique_ptr<Conversation>> conversation = Conversation::open(settings_);
    if (!conversation) return tl::unexpected(std::move(conversation.error()));
    const Call call = (*conversation)->call();
    Topics topics = (*conversation)->topics();
    const Result<int> brokers = topics.brokers(call);
    if (!brokers) return tl::unexpected(brokers.error());
    // The protocol has no version of the server; its configuration has, up to Kafka 3.9.
    ServerFacts facts{
        .server = "Apache Kafka", .version = "unknown", .settings = {{"brokers", std::to_string(*brokers)}}};
    const auto configuration = topics.broker_configuration(call);
    if (!configuration) {
      if (configuration.error().kind == FailureKind::rejected) return facts;  // there is no right to see it
      return tl::unexpected(configuration.error());
    }
    for (const char* name : kShown)
      if (const auto found = configuration->find(name); found != configuration->end()) facts.settings.insert(*found);
    if (const auto found = configuration->find("inter.broker.protocol.version"); found != configuration->end())
      facts.version = found->second.substr(0, found->second.find('-'));
    facts.settings["tls"] = settings_.properties.at("security.protocol").ends_with("ssl") ? "on" : "off";
    return facts;
  }

 private:
  const Settings settings_;
};

class KafkaDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo kInfo{.name = "kafka",
                                  .summary = "Apache Kafka, by librdkafka: a topic for each table, in transactions",
                                  .schemes = {"kafka"},
                                  .example = "kafka://host:9092",
                                  .facets = {Facet::rows},
                                  .waiting = Waiting::thread,
                                  .options = kOptions};
    return kInfo;
  }
  std::vector<TextFile> schema_files(const Table& table) const override {
    return {{fmt::format("{}.proto", table.name), proto_file(table)}};
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override {
    Settings settings = parse_settings(spec);
    Client::check(settings);
    return std::make_unique<KafkaTarget>(std::move(settings));
  }
};

}  // namespace
}  // namespace kafka

const Driver& kafka_driver() {
  static const kafka::KafkaDriver kDriver;
  return kDriver;
}

}  // namespace assay
