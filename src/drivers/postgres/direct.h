// An exchange of our own on a connection of libpq: statements that are prepared already, without TLS. It writes the messages
// to the socket and reads the answers from it, which costs less than libpq's general way: no result object, no copy of
// the rows, no description of columns that are known.
//
// libpq connects, authenticates, prepares, copies and runs all else. The two take turns, each only when the other has nothing
// under way; what the server said of itself meanwhile, or its end, is looked at first (hand_back()). Cells of an answer point
// into the buffer here, until the next exchange or release(). Time-outs, cancelling, in_doubt and the loss of the connection
// are Connection's.
#pragma once

#include "drivers/postgres/connection.h"
#include "drivers/postgres/messages.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace assay::postgres {

class DirectExchange {
 public:
  /// How many answers must have come until nothing can be in doubt.
  static constexpr std::size_t kNever = 0, kAll = static_cast<std::size_t>(-1);

  /// The connection owns it.
  explicit DirectExchange(Connection& connection) : connection_(connection) {}

  /// Empty; where statements are appended to (messages.h), without a sync.
  std::string& statements() noexcept {
    out_.clear();
    return out_;
  }
  /// Sends them with a sync, as one round trip, and reads all answers. Fails with what the first statement that failed
  /// says; the answers before it are there, and the connection is well unless it is lost().
  Result<> exchange(std::size_t statements, std::size_t in_doubt_until);

  std::span<const AnswerReader::Answer> answers() const noexcept { return reader_.answers(); }
  std::string_view tag(const AnswerReader::Answer& a) const noexcept { return bytes().substr(a.tag, a.tag_size); }
  /// The messages between its Bind and its end.
  std::string_view messages(const AnswerReader::Answer& a) const noexcept {
    return {data_.get() + a.begin, a.end - a.begin};
  }

  /// The buffer that cells of the last answers point into, for who needs them longer than to the next exchange.
  std::unique_ptr<char[]> release();

  /// To be called before libpq uses the socket again: nothing that the server sent may be left here.
  Result<> hand_back() {
    const std::string early = runtime::end_transfers(connection_.fd_);
    if (begin_ == end_ && early.empty() && !runtime::has_come(connection_.fd_)) return {};
    return hand_back_rest(early);
  }

 private:
  std::string_view bytes() const noexcept { return {data_.get(), end_}; }
  Result<> hand_back_rest(std::string_view early);
  Result<> take_early();
  Result<> look_at_rest();
  void make_room();
  void make_other_room();
  void enlarge();
  Result<> send();
  Result<> send_rest(std::size_t done);
  Result<> receive(std::size_t in_doubt_until);
  Result<> receive_more();
  Result<> transfer();
  void nothing_was_sent();
  Result<> finish();
  void take_in();
  Failure server_failure(std::string_view error_body);
  Failure not_understood(std::string_view fault);

  Connection& connection_;
  std::string out_;
  std::string_view unsent_;  // of out_, what the next transfer() sends
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;  // begin_: of what no exchange has read yet
  AnswerReader reader_;
  bool broken_ = false;  // the peer is gone; what had arrived is still to be read
  std::string broken_because_;
};

}  // namespace assay::postgres
