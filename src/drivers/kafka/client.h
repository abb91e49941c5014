// A client of librdkafka, and how one waits for it: in slices, each after a look at the deadline, at whether somebody wants an
// end, and at what the library noticed meanwhile (brokers that are away, a user that is refused).
//
// A client belongs to one session, which uses it on one thread at a time; the library has threads of its own behind it.
// Failures have the place of the brokers in their message, and no secrets.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "drivers/kafka/settings.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

struct rd_kafka_s;  // rd_kafka_t and rd_kafka_topic_t of librdkafka
struct rd_kafka_topic_s;

namespace assay::kafka {

/// One call of a facet: until when it may wait, and who may end it.
class Call {
 public:
  Call(TimePoint end, const std::atomic<bool>& interrupted) noexcept : end_(end), interrupted_(&interrupted) {}
  /// How long to wait now, in milliseconds: at most so long, and not beyond the end.
  int slice(int most_ms) const noexcept;
  bool over() const noexcept;
  bool cancelled() const;  // by interrupt(), or because the thread's stop was requested

 private:
  TimePoint end_;
  const std::atomic<bool>* interrupted_;
};

/// What a client is for: `asks` sees what is not committed yet, `reads` does not.
enum class Role { asks, reads, writes };

/// What the library told of itself since the call began.
struct Noticed {
  std::optional<TimePoint> all_down;      // no broker can be reached, since
  std::optional<Failure> refused;         // a user, a certificate, a fatal error: no use to wait
  std::string last;                       // the last thing it said
  std::uint64_t delivered = 0, lost = 0;  // messages written since they were last set to 0
  int lost_code = 0;                      // why the first of them was
};

class Client {
 public:
  /// Talks to nobody yet. With a transactional id it writes in transactions, each of at most three quarters of
  /// the operation time-out.
  static Result<std::unique_ptr<Client>> make(const Settings&, Role, const std::string& transactional_id = "");
  /// Throws Error when the library does not know a property, or not such a value. Makes no client.
  static void check(const Settings&);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_s* handle() const noexcept { return handle_; }
  const Settings& settings() const noexcept { return settings_; }
  Noticed& noticed() noexcept { return noticed_; }
  /// Forgets what was noticed of brokers before: a call begins.
  void begin_call() noexcept;
  /// Tries `step(milliseconds)`, which answers true when it is done, until it is. `doing` is for the message: "creating topic x".
  /// `grace`: how long all brokers may be away before the call fails as disconnected.
  Result<> wait(const Call&, const std::string& doing, const std::function<Result<bool>(int)>& step, int slice_ms = 50,
                Nanos grace = std::chrono::seconds(1));
  /// A failure with the code's kind, name and text.
  Failure failure(int code, const std::string& doing, const std::string& detail = "") const;

 private:
  explicit Client(const Settings& settings) : settings_(settings) {}
  void serve();

  const Settings& settings_;
  Noticed noticed_;
  rd_kafka_s* handle_ = nullptr;
};

}  // namespace assay::kafka
