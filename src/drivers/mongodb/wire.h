// The sockets of one session, which libmongoc reads and writes through us: so that every wait has the deadline of the call,
// ends when the run is stopped, and can be interrupted by another thread.
//
// libmongoc takes a "stream initiator" that opens a stream to a host; ours connects a non-blocking socket, puts TLS on it where
// the URL asks for it, and waits through runtime/wait.h. Used by the thread that has the session, but for interrupt().
#pragma once

#include "base/time.h"
#include "drivers/mongodb/address.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

struct _bson_error_t;        // NOLINT(bugprone-reserved-identifier): libmongoc's names
struct _mongoc_host_list_t;  // NOLINT(bugprone-reserved-identifier)
struct _mongoc_stream_t;     // NOLINT(bugprone-reserved-identifier)

namespace assay::mongodb {

class Wire {
 public:
  explicit Wire(const Address& address) : address_(address) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// What the initiator does: a stream to the host, or nullptr and the error.
  _mongoc_stream_t* connect(const _mongoc_host_list_t& host, _bson_error_t* error);

  /// A call begins: its waits end at the deadline. Forgets what the last one came to.
  void begin(TimePoint deadline) noexcept;
  TimePoint deadline() const noexcept { return deadline_; }

  // What the call came to.
  bool broken() const noexcept { return broken_; }  // a stream failed, timed out or was closed
  bool timed_out() const noexcept { return timed_out_; }
  bool cancelled() const noexcept { return cancelled_ || interrupted_; }
  bool sent() const noexcept { return sent_; }
  /// Why no stream could be opened; "" when none failed.
  const std::string& refusal() const noexcept { return refusal_; }
  std::uint64_t round_trips() const noexcept { return round_trips_; }

  /// Ends the waits, now and from now on. Thread-safe.
  void interrupt() noexcept;
  bool interrupted() const noexcept { return interrupted_; }

  // For the streams.
  long send(int fd, const void* parts, std::size_t count, int timeout_ms);
  long receive(int fd, void* parts, std::size_t count, std::size_t least, int timeout_ms);
  /// What of the poll events happened; POLLERR when the deadline has passed or the wait was cancelled.
  short poll(int fd, short events, int timeout_ms);
  void opened(int fd);
  void closed(int fd);

 private:
  int open_socket(const _mongoc_host_list_t& host);  // -1: refusal_ says why
  int connect_to(const std::string& address, unsigned port, const std::string& place);
  bool wait(int fd, bool to_write, int timeout_ms);
  void refuse(std::string why);

  const Address& address_;
  TimePoint deadline_ = TimePoint::max();
  bool broken_ = false, timed_out_ = false, cancelled_ = false, sent_ = false, unanswered_ = false;
  std::string refusal_;
  std::uint64_t round_trips_ = 0;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;      // never held while waiting
  std::vector<int> fds_;  // those that are open
};

}  // namespace assay::mongodb
