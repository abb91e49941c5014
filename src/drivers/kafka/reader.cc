#include "drivers/kafka/reader.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

namespace assay::kafka {

Result<std::unique_ptr<PartitionReader>> PartitionReader::start(Client& reads, const std::string& topic, int partition,
                                                                std::int64_t first, std::int64_t end) {
  std::unique_ptr<PartitionReader> out(new PartitionReader(reads, topic, partition, first, end));
  if (first >= end) return out;
  rd_kafka_topic_t* const made = rd_kafka_topic_new(reads.handle(), topic.c_str(), nullptr);
  const std::string doing = "reading " + out->where();
  if (made == nullptr) return tl::unexpected(reads.failure(rd_kafka_last_error(), doing));
  if (rd_kafka_consume_start(made, partition, first) != 0) {
    const rd_kafka_resp_err_t err = rd_kafka_last_error();
    rd_kafka_topic_destroy(made);
    return tl::unexpected(reads.failure(err, doing));
  }
  out->topic_ = made;
  return out;
}

PartitionReader::~PartitionReader() {
  forget();
  if (topic_ == nullptr) return;
  rd_kafka_consume_stop(topic_, partition_);
  rd_kafka_topic_destroy(topic_);
}

void PartitionReader::forget() noexcept {
  if (message_ != nullptr) rd_kafka_message_destroy(message_);
  message_ = nullptr;
}

std::string PartitionReader::where() const { return fmt::format("topic {}, partition {}", name_, partition_); }

Result<std::optional<Message>> PartitionReader::next(const Call& call) {
  forget();
  if (position_ >= end_) return std::nullopt;
  // What is there already costs no look at clock and brokers.
  message_ = rd_kafka_consume(topic_, partition_, 0);
  const auto take = [&](int ms) -> Result<bool> {
    if (message_ == nullptr && ms >= 0) message_ = rd_kafka_consume(topic_, partition_, ms);
    if (message_ == nullptr) return false;
    if (message_->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      position_ = message_->offset + 1;
      return true;
    }
    const rd_kafka_resp_err_t err = message_->err;
    if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // The end of what is decided: marks of transactions and what was given up are behind us too.
      position_ = std::max(position_, message_->offset);
      forget();
      return position_ >= end_;
    }
    const std::string detail =
        message_->payload == nullptr ? "" : std::string(static_cast<const char*>(message_->payload), message_->len);
    forget();
    if (err == RD_KAFKA_RESP_ERR__TRANSPORT || err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
        err == RD_KAFKA_RESP_ERR__TIMED_OUT)
      return false;  // the library goes on trying, and so do we until the call is over
    return tl::unexpected(client_.failure(err, "reading " + where(), detail));
  };
  if (message_ == nullptr || message_->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (const Result<> waited = client_.wait(call, "reading " + where(), take); !waited)
      return tl::unexpected(waited.error());
  } else {
    position_ = message_->offset + 1;
  }
  if (message_ == nullptr) return std::nullopt;
  if (message_->offset >= end_) {  // the stretch ended with what is no message
    position_ = end_;
    forget();
    return std::nullopt;
  }
  Message out{
      .key = {static_cast<const char*>(message_->key), message_->key_len}, .value = {}, .offset = message_->offset};
  if (message_->payload != nullptr) out.value.emplace(static_cast<const char*>(message_->payload), message_->len);
  return out;
}

}  // namespace assay::kafka
