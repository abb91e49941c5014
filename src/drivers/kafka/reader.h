// Reads a stretch of a partition, message by message, and only what is committed: it waits for what is under way within the
// stretch until that is decided (the broker ends the transaction of a writer that died, after its time-out).
//
// Belongs to a session, over a client that reads (Role::reads). A client reads one stretch of a partition at a time.
#pragma once

#include "drivers/kafka/client.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct rd_kafka_message_s;

namespace assay::kafka {

/// Valid until the next call.
struct Message {
  std::string_view key;
  std::optional<std::string_view> value;  // nullopt: the key is to be forgotten
  std::int64_t offset = 0;
};

class PartitionReader {
 public:
  /// Offsets [first, end) of the partition; `first` must not have been removed.
  static Result<std::unique_ptr<PartitionReader>> start(Client& reads, const std::string& topic, int partition,
                                                        std::int64_t first, std::int64_t end);
  ~PartitionReader();
  PartitionReader(const PartitionReader&) = delete;
  PartitionReader& operator=(const PartitionReader&) = delete;

  /// The next message; nullopt at the end of the stretch.
  Result<std::optional<Message>> next(const Call&);
  /// "topic x, partition 0"
  std::string where() const;

 private:
  PartitionReader(Client& client, std::string topic, int partition, std::int64_t first, std::int64_t end)
      : client_(client), name_(std::move(topic)), partition_(partition), position_(first), end_(end) {}
  void forget() noexcept;

  Client& client_;
  const std::string name_;
  const int partition_;
  std::int64_t position_;
  const std::int64_t end_;
  rd_kafka_topic_s* topic_ = nullptr;
  rd_kafka_message_s* message_ = nullptr;
};

}  // namespace assay::kafka
