#include "drivers/kafka/client.h"

#include "base/error.h"
#include "drivers/kafka/classify.h"
#include "runtime/wait.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace assay::kafka {
namespace {

using Properties = std::map<std::string, std::string>;

constexpr std::int64_t kMostTransactionMs = 900'000;  // transaction.max.timeout.ms, unless the broker was told else

std::int64_t operation_ms(const Settings& settings) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(to_millis(settings.operation_timeout)), 1'000,
                                  kMostTransactionMs);
}

/// Less than an operation may take, so that who waits for a transaction that a killed process left sees its end.
std::int64_t transaction_ms(const Settings& settings) {
  return std::max<std::int64_t>(1'000, operation_ms(settings) * 3 / 4);
}

Properties properties_of(const Settings& settings, Role role, const std::string& transactional_id) {
  Properties out = settings.properties;
  out.try_emplace("client.id", "assay");
  out["bootstrap.servers"] = settings.brokers;
  out.try_emplace("reconnect.backoff.ms", "50");
  out.try_emplace("reconnect.backoff.max.ms", "1000");
  if (role == Role::writes) {
    out.insert(settings.producing.begin(), settings.producing.end());
    out["partitioner"] = "murmur2_random";  // that of Kafka's own clients
    out["message.timeout.ms"] = std::to_string(operation_ms(settings));
    out.try_emplace("queue.buffering.max.kbytes", "65536");
    if (transactional_id.empty()) {
      out["enable.idempotence"] =
          settings.transactions ? "true" : "false";  // the library's own retries write nothing twice
      return out;
    }
    out["transactional.id"] = transactional_id;
    out["message.timeout.ms"] = out["transaction.timeout.ms"] = std::to_string(transaction_ms(settings));
    return out;
  }
  out["isolation.level"] = role == Role::reads ? "read_committed" : "read_uncommitted";
  out["allow.auto.create.topics"] = "false";
  out["enable.auto.commit"] = "false";
  out["enable.partition.eof"] = "true";
  out["auto.offset.reset"] = "error";
  // What is fetched beyond the end of a stretch is thrown away.
  out.try_emplace("queued.max.messages.kbytes", "8192");
  out.try_emplace("fetch.wait.max.ms", "20");
  return out;
}

struct FreeConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, FreeConf>;

Conf conf_of(const Properties& properties) {
  Conf conf(rd_kafka_conf_new());
  char text[512];
  for (const auto& [name, value] : properties)
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK)
      throw Error(fmt::format("librdkafka does not take the property {}: {}", name,
                              name.find("password") == std::string::npos ? text : "its value"));
  return conf;
}

bool refuses(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

}  // namespace

int Call::slice(int most_ms) const noexcept {
  if (end_ == TimePoint::max()) return most_ms;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - real_clock().now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, most_ms));
}

bool Call::over() const noexcept { return real_clock().now() >= end_; }

bool Call::cancelled() const {
  return *interrupted_ ||
         runtime::sleep_until(real_clock().now() + std::chrono::microseconds(1)) == runtime::Ready::cancelled;
}

void Client::check(const Settings& settings) {
  for (const Role role : {Role::asks, Role::reads, Role::writes})
    conf_of(properties_of(settings, role, settings.transactions && role == Role::writes ? "check" : ""));
}

Result<std::unique_ptr<Client>> Client::make(const Settings& settings, Role role, const std::string& transactional_id) {
  std::unique_ptr<Client> out(new Client(settings));
  Conf conf = conf_of(properties_of(settings, role, transactional_id));
  rd_kafka_conf_set_opaque(conf.get(), &out->noticed_);
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  // Both are called by rd_kafka_poll and its like, so on the session's thread.
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t* rk, int code, const char* reason, void* opaque) {
    auto& noticed = *static_cast<Noticed*>(opaque);
    auto err = static_cast<rd_kafka_resp_err_t>(code);
    char text[512] = "";
    if (err == RD_KAFKA_RESP_ERR__FATAL) err = rd_kafka_fatal_error(rk, text, sizeof text);
    const std::string said = *text != 0 ? text : reason;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      if (!noticed.all_down) noticed.all_down = real_clock().now();
      return;
    }
    noticed.last = said;
    if ((code == RD_KAFKA_RESP_ERR__FATAL || refuses(err)) && !noticed.refused)
      noticed.refused = Failure{err == RD_KAFKA_RESP_ERR__SSL ? FailureKind::disconnected : classify(err),
                                rd_kafka_err2name(err), said};
  });
  if (role == Role::writes)
    rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
      auto& noticed = *static_cast<Noticed*>(opaque);
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        noticed.delivered++;
        return;
      }
      noticed.lost++;
      if (noticed.lost_code == 0) noticed.lost_code = message->err;
    });
  char text[512];
  out->handle_ =
      rd_kafka_new(role == Role::writes ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf.get(), text, sizeof text);
  if (out->handle_ == nullptr)
    return fail(FailureKind::rejected, fmt::format("librdkafka cannot make a client of {}: {}", settings.place, text));
  (void)conf.release();  // the client's now
  return out;
}

Client::~Client() {
  if (handle_ == nullptr) return;
  if (rd_kafka_type(handle_) == RD_KAFKA_PRODUCER)
    rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(handle_);
}

void Client::begin_call() noexcept {
  serve();  // what happened before
  noticed_.all_down.reset();
}

void Client::serve() { rd_kafka_poll(handle_, 0); }

Result<> Client::wait(const Call& call, const std::string& doing, const std::function<Result<bool>(int)>& step,
                      int slice_ms, Nanos grace) {
  const auto last = [&] { return noticed_.last.empty() ? "" : fmt::format(" (last: {})", noticed_.last); };
  for (;;) {
    const Result<bool> done = step(call.slice(slice_ms));
    if (!done) return tl::unexpected(done.error());
    if (*done) return {};
    serve();
    if (call.cancelled()) return fail(FailureKind::cancelled, fmt::format("{}: ended", doing));
    if (noticed_.refused) {
      Failure failure = *noticed_.refused;
      failure.message = fmt::format("{} at {}: {}", doing, settings_.place, failure.message);
      return tl::unexpected(std::move(failure));
    }
    if (noticed_.all_down && real_clock().now() - *noticed_.all_down >= grace)
      return fail(FailureKind::disconnected,
                  fmt::format("{}: no broker of {} can be reached{}", doing, settings_.place, last()),
                  rd_kafka_err2name(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN));
    if (call.over())
      return fail(FailureKind::timeout, fmt::format("{}: no answer of {} in time{}", doing, settings_.place, last()),
                  rd_kafka_err2name(RD_KAFKA_RESP_ERR__TIMED_OUT));
  }
}

Failure Client::failure(int code, const std::string& doing, const std::string& detail) const {
  const auto err = static_cast<rd_kafka_resp_err_t>(code);
  std::string text =
      fmt::format("{} at {}: {}", doing, settings_.place, detail.empty() ? rd_kafka_err2str(err) : detail);
  if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    text +=
        "; the broker's message.max.bytes, or max.message.bytes of the topic, and message.max.bytes here are its "
        "limits";
  return {classify(code), rd_kafka_err2name(err), std::move(text)};
}

}  // namespace assay::kafka
