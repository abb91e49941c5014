#include "drivers/kafka/topics.h"

#include "base/error.h"
#include "runtime/wait.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace assay::kafka {
namespace {

struct FreeQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct FreeEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct FreeOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct FreeTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Event = std::unique_ptr<rd_kafka_event_t, FreeEvent>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, FreeOptions>;

constexpr int kFirstSliceMs = 250, kMostSliceMs = 4'000;

/// One request of the admin API: `send` gets options and a queue to which the answer comes.
template <class Send>
Result<Event> ask(Client& client, const Call& call, rd_kafka_admin_op_t what, const std::string& doing,
                  const Send& send) {
  const std::unique_ptr<rd_kafka_queue_t, FreeQueue> queue(rd_kafka_queue_new(client.handle()));
  const AdminOptions options(rd_kafka_AdminOptions_new(client.handle(), what));
  char text[256];
  const int timeout = std::max(1, call.slice(3'600'000));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, text, sizeof text);
  if (what != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout, text, sizeof text);
  send(options.get(), queue.get());
  Event event;
  const Result<> waited = client.wait(call, doing, [&](int ms) -> Result<bool> {
    event.reset(rd_kafka_queue_poll(queue.get(), ms));
    return event != nullptr;
  });
  if (!waited) return tl::unexpected(waited.error());
  if (const rd_kafka_resp_err_t err = rd_kafka_event_error(event.get()); err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(client.failure(err, doing, rd_kafka_event_error_string(event.get())));
  return event;
}

/// A request that blocks in the library: tried with more and more time, so that nobody who wants an end waits long where
/// answers come soon.
template <class Request>
Result<> insist(Client& client, const Call& call, const std::string& doing, const Request& request, Nanos grace) {
  int ms = kFirstSliceMs;
  return client.wait(
      call, doing,
      [&](int) -> Result<bool> {
        const rd_kafka_resp_err_t err = request(std::max(1, call.slice(ms)));
        ms = std::min(2 * ms, kMostSliceMs);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
        if (err == RD_KAFKA_RESP_ERR__TIMED_OUT || err == RD_KAFKA_RESP_ERR__TRANSPORT ||
            err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || err == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
          return false;
        return tl::unexpected(client.failure(err, doing));
      },
      0, grace);
}

constexpr Nanos kGrace = std::chrono::seconds(1);

}  // namespace

Result<> Topics::reach(const Call& call) {
  return insist(
      client_, call, "connecting",
      [&](int ms) {
        const rd_kafka_metadata_t* answer = nullptr;
        const auto err = rd_kafka_metadata(client_.handle(), 0, nullptr, &answer, ms);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(answer);
        return err;
      },
      Nanos(0));
}

Result<Topics::Seen> Topics::look(const std::string& topic, const std::string& doing, const Call& call) {
  const std::unique_ptr<rd_kafka_topic_t, FreeTopic> one(rd_kafka_topic_new(client_.handle(), topic.c_str(), nullptr));
  if (one == nullptr) return tl::unexpected(client_.failure(rd_kafka_last_error(), doing));
  Seen seen;
  rd_kafka_resp_err_t of_topic = RD_KAFKA_RESP_ERR_NO_ERROR;
  const Result<> asked = insist(
      client_, call, doing,
      [&](int ms) {
        const rd_kafka_metadata_t* answer = nullptr;
        const auto err = rd_kafka_metadata(client_.handle(), 0, one.get(), &answer, ms);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return err;
        seen = {};
        if (answer->topic_cnt == 1) {
          const rd_kafka_metadata_topic_t& found = answer->topics[0];
          of_topic = found.err;
          seen.there = found.err == RD_KAFKA_RESP_ERR_NO_ERROR || found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
          seen.partitions = found.partition_cnt;
          for (int p = 0; p < found.partition_cnt; p++) seen.leaderless += found.partitions[p].leader < 0 ? 1 : 0;
        }
        rd_kafka_metadata_destroy(answer);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
      },
      kGrace);
  if (!asked) return tl::unexpected(asked.error());
  if (!seen.there && of_topic != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
      of_topic != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    return tl::unexpected(client_.failure(of_topic, doing));
  return seen;
}

Result<int> Topics::partitions(const std::string& topic, const Call& call) {
  const Result<Seen> seen = look(topic, fmt::format("looking for the topic {}", topic), call);
  if (!seen) return tl::unexpected(seen.error());
  return seen->there ? std::max(seen->partitions, 1) : 0;
}

Result<> Topics::create(const std::string& topic, int partitions, int replication,
                        const std::map<std::string, std::string>& configuration, const Call& call) {
  const std::string doing = fmt::format("creating the topic {}", topic);
  char text[512];
  const std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, replication == 0 ? -1 : replication, text, sizeof text),
      &rd_kafka_NewTopic_destroy);
  if (wanted == nullptr) return fail(FailureKind::rejected, fmt::format("{}: {}", doing, text));
  for (const auto& [name, value] : configuration)
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  const Result<Event> event = ask(client_, call, RD_KAFKA_ADMIN_OP_CREATETOPICS, doing,
                                  [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                                    rd_kafka_NewTopic_t* one[] = {wanted.get()};
                                    rd_kafka_CreateTopics(client_.handle(), one, 1, options, queue);
                                  });
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; i++)
    if (const auto err = rd_kafka_topic_result_error(results[i]); err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return tl::unexpected(client_.failure(err, doing, detail == nullptr ? "" : detail));
    }
  return client_.wait(
      call, doing,
      [&](int) -> Result<bool> {
        const Result<Seen> seen = look(topic, doing, call);
        if (!seen) return tl::unexpected(seen.error());
        if (seen->there && seen->partitions == partitions && seen->leaderless == 0) return true;
        runtime::sleep_until(real_clock().now() + std::chrono::milliseconds(10));  // polling another process
        return false;
      },
      0);
}

Result<> Topics::remove(std::span<const std::string> topics, const Call& call) {
  std::vector<std::string> there;
  for (const std::string& topic : topics) {
    const Result<int> found = partitions(topic, call);
    if (!found) return tl::unexpected(found.error());
    if (*found > 0) there.push_back(topic);
  }
  if (there.empty()) return {};
  const std::string doing = fmt::format("deleting the topics {}", fmt::join(there, ", "));
  std::vector<rd_kafka_DeleteTopic_t*> wanted;
  wanted.reserve(there.size());
  for (const std::string& topic : there) wanted.push_back(rd_kafka_DeleteTopic_new(topic.c_str()));
  const Result<Event> event =
      ask(client_, call, RD_KAFKA_ADMIN_OP_DELETETOPICS, doing,
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_DeleteTopics(client_.handle(), wanted.data(), wanted.size(), options, queue);
          });
  rd_kafka_DeleteTopic_destroy_array(wanted.data(), wanted.size());
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; i++)
    if (const auto err = rd_kafka_topic_result_error(results[i]);
        err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return tl::unexpected(client_.failure(err, doing, detail == nullptr ? "" : detail));
    }
  return client_.wait(
      call, doing,
      [&](int) -> Result<bool> {
        for (const std::string& topic : there) {
          const Result<int> left = partitions(topic, call);
          if (!left) return tl::unexpected(left.error());
          if (*left == 0) continue;
          runtime::sleep_until(real_clock().now() + std::chrono::milliseconds(10));  // polling another process
          return false;
        }
        return true;
      },
      0);
}

Result<> Topics::truncate(std::span<const std::string> topics, const Call& call) {
  if (topics.empty()) return {};
  const std::string doing = fmt::format("emptying the topics {}", fmt::join(topics, ", "));
  const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> all(
      rd_kafka_topic_partition_list_new(8), &rd_kafka_topic_partition_list_destroy);
  for (const std::string& topic : topics) {
    const Result<int> count = partitions(topic, call);
    if (!count) return tl::unexpected(count.error());
    if (*count == 0)
      return tl::unexpected(
          client_.failure(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing, "there is no topic " + topic));
    for (int p = 0; p < *count; p++)
      rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), p)->offset = RD_KAFKA_OFFSET_END;
  }
  const std::unique_ptr<rd_kafka_DeleteRecords_t, decltype(&rd_kafka_DeleteRecords_destroy)> wanted(
      rd_kafka_DeleteRecords_new(all.get()), &rd_kafka_DeleteRecords_destroy);
  const Result<Event> event = ask(client_, call, RD_KAFKA_ADMIN_OP_DELETERECORDS, doing,
                                  [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                                    rd_kafka_DeleteRecords_t* one[] = {wanted.get()};
                                    rd_kafka_DeleteRecords(client_.handle(), one, 1, options, queue);
                                  });
  if (!event) return tl::unexpected(event.error());
  const rd_kafka_topic_partition_list_t* done =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  for (int i = 0; i < done->cnt; i++)
    if (done->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::unexpected(client_.failure(done->elems[i].err, doing,
                                            fmt::format("partition {} of {}: {}", done->elems[i].partition,
                                                        done->elems[i].topic, rd_kafka_err2str(done->elems[i].err))));
  return {};
}

Result<std::vector<Extent>> Topics::extents(const std::string& topic, const Call& call) {
  const std::string doing = fmt::format("asking for the offsets of the topic {}", topic);
  const Result<int> count = partitions(topic, call);
  if (!count) return tl::unexpected(count.error());
  if (*count == 0)
    return tl::unexpected(client_.failure(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing, "there is no such topic"));
  std::vector<Extent> out(static_cast<std::size_t>(*count));
  for (int p = 0; p < *count; p++) {
    Extent& extent = out[static_cast<std::size_t>(p)];
    const Result<> asked = insist(
        client_, call, doing,
        [&](int ms) {
          return rd_kafka_query_watermark_offsets(client_.handle(), topic.c_str(), p, &extent.first, &extent.end, ms);
        },
        kGrace);
    if (!asked) return tl::unexpected(asked.error());
  }
  return out;
}

Result<int> Topics::brokers(const Call& call) {
  int count = 0;
  const Result<> asked = insist(
      client_, call, "asking for the brokers",
      [&](int ms) {
        const rd_kafka_metadata_t* answer = nullptr;
        const auto err = rd_kafka_metadata(client_.handle(), 0, nullptr, &answer, ms);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return err;
        count = answer->broker_cnt;
        rd_kafka_metadata_destroy(answer);
        return err;
      },
      kGrace);
  if (!asked) return tl::unexpected(asked.error());
  return count;
}

Result<std::map<std::string, std::string>> Topics::broker_configuration(const Call& call) {
  const std::string doing = "asking for the broker's configuration";
  const int broker = rd_kafka_controllerid(client_.handle(), std::max(1, call.slice(kMostSliceMs)));
  if (broker < 0) return tl::unexpected(client_.failure(RD_KAFKA_RESP_ERR__TIMED_OUT, doing));
  const std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)> wanted(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, std::to_string(broker).c_str()),
      &rd_kafka_ConfigResource_destroy);
  const Result<Event> event = ask(client_, call, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, doing,
                                  [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                                    rd_kafka_ConfigResource_t* one[] = {wanted.get()};
                                    rd_kafka_DescribeConfigs(client_.handle(), one, 1, options, queue);
                                  });
  if (!event) return tl::unexpected(event.error());
  std::map<std::string, std::string> out;
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  for (std::size_t i = 0; i < count; i++) {
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t e = 0; e < entries; e++)
      if (const char* value = rd_kafka_ConfigEntry_value(all[e]); value != nullptr)
        out.emplace(rd_kafka_ConfigEntry_name(all[e]), value);
  }
  return out;
}

}  // namespace assay::kafka
