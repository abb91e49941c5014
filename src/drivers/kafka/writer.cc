#include "drivers/kafka/writer.h"

#include "runtime/wait.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace assay::kafka {
namespace {

constexpr int kSliceMs = 50;

struct FreeError {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using LibraryError = std::unique_ptr<rd_kafka_error_t, FreeError>;

/// What is to be tried again: it takes longer than a slice, or the coordinator is being elected, loads, or completes what an
/// earlier writer left.
bool goes_on(const LibraryError& error) {
  if (rd_kafka_error_is_retriable(error.get()) == 0) return false;
  if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__TIMED_OUT)
    runtime::sleep_until(real_clock().now() + std::chrono::milliseconds(20));  // polling another process
  return true;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::start(const Settings& settings, const std::string& id, const Call& call) {
  std::unique_ptr<Writer> out(new Writer());
  Result<std::unique_ptr<Client>> client = Client::make(settings, Role::writes, id);
  if (!client) return tl::unexpected(client.error());
  out->client_ = std::move(*client);
  out->transactions_ = !id.empty();
  if (id.empty()) return out;
  Client& own = *out->client_;
  const std::string doing = fmt::format("starting the transactions of '{}'", id);
  // The library asks for the coordinator half a second later when no broker is connected yet.
  const Result<> reached = own.wait(
      call, doing,
      [&](int ms) -> Result<bool> {
        const rd_kafka_metadata_t* answer = nullptr;
        if (rd_kafka_metadata(own.handle(), 0, nullptr, &answer, std::max(1, ms)) != RD_KAFKA_RESP_ERR_NO_ERROR)
          return false;
        rd_kafka_metadata_destroy(answer);
        return true;
      },
      500);
  if (!reached) return tl::unexpected(reached.error());
  const Result<> started = own.wait(call, doing, [&](int ms) -> Result<bool> {
    const LibraryError error(rd_kafka_init_transactions(own.handle(), std::max(1, ms)));
    if (error == nullptr) return true;
    if (goes_on(error)) return false;
    return tl::unexpected(own.failure(rd_kafka_error_code(error.get()), doing, rd_kafka_error_string(error.get())));
  });
  if (!started) return tl::unexpected(started.error());
  return out;
}

Writer::~Writer() {
  for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic);
}

Result<rd_kafka_topic_s*> Writer::topic(const std::string& name) {
  if (const auto found = topics_.find(name); found != topics_.end()) return found->second;
  rd_kafka_topic_t* const made = rd_kafka_topic_new(client_->handle(), name.c_str(), nullptr);
  if (made == nullptr)
    return tl::unexpected(client_->failure(rd_kafka_last_error(), fmt::format("writing to topic {}", name)));
  topics_.emplace(name, made);
  return made;
}

Result<> Writer::begin(const Call&) {
  client_->begin_call();
  Noticed& noticed = client_->noticed();
  noticed.delivered = noticed.lost = sent_ = 0;
  noticed.lost_code = 0;
  if (!transactions_) return {};
  const LibraryError error(rd_kafka_begin_transaction(client_->handle()));
  if (error != nullptr)
    return tl::unexpected(client_->failure(rd_kafka_error_code(error.get()), "beginning a transaction",
                                           rd_kafka_error_string(error.get())));
  open_ = true;
  return {};
}

Result<> Writer::send(const std::string& name, std::optional<std::string_view> key,
                      std::optional<std::string_view> value, const Call& call) {
  const Result<rd_kafka_topic_s*> to = topic(name);
  if (!to) return tl::unexpected(to.error());
  rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto produce = [&] {
    const bool taken = rd_kafka_produce(*to, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                        value ? const_cast<char*>(value->data()) : nullptr, value ? value->size() : 0,
                                        key ? key->data() : nullptr, key ? key->size() : 0, nullptr) == 0;
    err = taken ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
    return taken;
  };
  if (!produce()) {
    const auto again = [&](int ms) -> Result<bool> {
      if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_poll(client_->handle(), std::min(ms, 10));
        return produce();
      }
      char text[512] = "";
      const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_->handle(), text, sizeof text);
      std::string doing = fmt::format("writing to topic {}{}", name, key ? fmt::format(", key {}", *key) : "");
      if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) doing += fmt::format(", {} bytes", value ? value->size() : 0);
      return tl::unexpected(client_->failure(fatal == RD_KAFKA_RESP_ERR_NO_ERROR ? err : fatal, doing, text));
    };
    if (Result<> waited = client_->wait(call, fmt::format("writing to topic {}", name), again); !waited) return waited;
  }
  sent_++;
  if (sent_ % 1024 == 0) rd_kafka_poll(client_->handle(), 0);
  return {};
}

Result<> Writer::flush(const Call& call) {
  const Noticed& noticed = client_->noticed();
  Result<> waited = client_->wait(call, "waiting for what was written", [&](int ms) -> Result<bool> {
    rd_kafka_flush(client_->handle(), std::max(1, ms));
    if (noticed.lost > 0) return true;
    return noticed.delivered >= sent_;
  });
  if (!waited) return waited;
  if (noticed.lost == 0) return {};
  char text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_->handle(), text, sizeof text);
  return tl::unexpected(client_->failure(fatal == RD_KAFKA_RESP_ERR_NO_ERROR ? noticed.lost_code : fatal,
                                         fmt::format("writing {} of {} messages", noticed.lost, sent_), text));
}

Result<> Writer::commit(const Call& call) {
  if (Result<> written = flush(call); !written || !transactions_) return written;
  bool decided = false;
  Result<> committed = client_->wait(
      call, "committing",
      [&](int ms) -> Result<bool> {
        const LibraryError error(rd_kafka_commit_transaction(client_->handle(), std::max(1, ms)));
        if (error == nullptr) return true;
        if (goes_on(error)) return false;
        const int code = rd_kafka_error_code(error.get());
        // Who was fenced does not know: whoever fenced it may have completed the commit.
        decided = rd_kafka_error_txn_requires_abort(error.get()) != 0;
        return tl::unexpected(client_->failure(code, "committing", rd_kafka_error_string(error.get())));
      },
      kSliceMs);
  if (committed) {
    open_ = false;
    return {};
  }
  committed.error().in_doubt = !decided;
  return committed;
}

void Writer::abandon(const Call& call) {
  if (!open_) return;
  open_ = false;
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE);
  const Result<> ignored = client_->wait(
      call, "giving up",
      [&](int ms) -> Result<bool> {
        const LibraryError error(rd_kafka_abort_transaction(client_->handle(), std::max(1, ms)));
        if (error == nullptr || !goes_on(error)) return true;
        return false;
      },
      kSliceMs);
  (void)ignored;  // the broker gives it up by itself, after transaction.timeout.ms
}

}  // namespace assay::kafka
