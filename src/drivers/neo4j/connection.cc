#include "drivers/neo4j/connection.h"

#include "base/error.h"
#include "base/units.h"
#include "drivers/neo4j/classify.h"
#include "runtime/wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::neo4j {
namespace {

// Messages of Bolt.
constexpr std::uint8_t kHello = 0x01, kReset = 0x0F, kRun = 0x10, kBegin = 0x11, kCommit = 0x12, kPull = 0x3F,
                       kLogon = 0x6A;
constexpr std::uint8_t kSuccess = 0x70, kRecord = 0x71, kIgnored = 0x7E, kFailure = 0x7F;

constexpr std::size_t kLargestChunk = 65535;
constexpr std::size_t kLargestMessage = 1 << 30;  // more is no answer but a broken stream
constexpr std::size_t kKeptMemory = 4 << 20;      // of a buffer, for the next message
constexpr std::string_view kAgent = "assay/0.1.0";

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<const ConnectionSpec> spec, TlsContext context) {
  const TimePoint deadline = real_clock().now() + spec->address.connect_timeout;
  std::unique_ptr<Connection> connection(new Connection(std::move(spec), std::move(context)));
  if (auto established = connection->establish(deadline); !established)
    return tl::unexpected(connection->connect_failure(std::move(established.error())));
  connection->connecting_ = false;
  connection->deadline_ = TimePoint::max();
  return connection;
}

Result<> Connection::establish(TimePoint deadline) {
  const Address& address = spec_->address;
  deadline_ = deadline;
  Result<> connected = fail(FailureKind::disconnected, "the host has no address");
  for (const std::string& host : spec_->hosts) {
    connected = transport_.connect(host, address.port, address.host, address.tls == Tls::verified, deadline);
    if (connected || connected.error().kind != FailureKind::disconnected) break;
  }
  if (connected) connected = shake_hands();
  return connected ? log_on() : connected;
}

Failure Connection::connect_failure(Failure failure) const {
  const Address& address = spec_->address;
  if (failure.kind == FailureKind::cancelled)
    failure.message = "connecting was cancelled";
  else if (failure.kind == FailureKind::timeout)
    failure.message = fmt::format("no answer within {}", format_duration(address.connect_timeout));
  if (failure.kind != FailureKind::cancelled)
    failure.message = fmt::format("cannot connect to the server at {}: {}", address.place, failure.message);
  failure.in_doubt = false;
  return failure;
}

Result<> Connection::shake_hands() {
  // Versions that we speak, big-endian, each: so many minor versions below it too, minor, major.
  constexpr std::string_view kOffer("\x60\x60\xB0\x17\0\3\4\5\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  if (auto sent = transport_.send(kOffer, deadline_); !sent) return sent;
  round_trips_++;
  while (in_.size() < 4)
    if (auto got = transport_.receive(in_, deadline_); !got) return got;
  const std::string answer = in_.substr(0, 4);
  read_ = 4;
  if (answer == "HTTP")
    return fail(FailureKind::rejected,
                "what answers there speaks HTTP, not Bolt; expected Bolt's port, 7687 by default");
  const unsigned major = static_cast<unsigned char>(answer[3]);
  minor_ = static_cast<unsigned char>(answer[2]);
  if (major == 0)
    return fail(FailureKind::rejected,
                "the server speaks no version of Bolt from 5.1 to 5.4; expected Neo4j 5.5 or later");
  if (major != 5 || minor_ < 1 || minor_ > 4)
    return fail(FailureKind::rejected, "what answers there does not speak Bolt");
  return {};
}

/// Who we are, and a statement in the database, in one round trip: a database that is not there shows itself in use only.
Result<> Connection::log_on() {
  const Address& address = spec_->address;
  Packer hello = begin_message(kHello, 1);
  hello.map(minor_ >= 3 ? 2 : 1);
  hello.pair("user_agent", kAgent);
  if (minor_ >= 3) {
    hello.text("bolt_agent");
    hello.map(1);
    hello.pair("product", kAgent);
  }
  end_message();
  Packer logon = begin_message(kLogon, 1);
  logon.map(address.user ? 3 : 1);
  logon.pair("scheme", address.user ? "basic" : "none");
  if (address.user) {
    logon.pair("principal", *address.user);
    logon.pair("credentials", address.password);
  }
  end_message();
  queue_run("RETURN 1", {}, Effect::read);
  queue_fetch(-1);
  if (auto sent = flush(false); !sent) return sent;
  const auto greeted = next();
  if (!greeted) return tl::unexpected(greeted.error());
  if (greeted->tag != kSuccess) return tl::unexpected(failure_of(*greeted->body));
  agent_ = text_of(find(*greeted->body, "server"));
  version_ = agent_.substr(std::min(agent_.find('/') + 1, agent_.size()));
  id_ = text_of(find(*greeted->body, "connection_id"));
  return answers(3, {});
}

std::string Connection::bolt() const { return fmt::format("5.{}", minor_); }

// ---------------------------------------------------------------------------------------------------------------------
// Messages

Packer Connection::begin_message(std::uint8_t tag, std::size_t fields) {
  body_.clear();
  Packer packer(body_);
  packer.structure(tag, fields);
  return packer;
}

void Connection::end_message() {
  for (std::string_view rest = body_; !rest.empty();) {
    const std::string_view chunk = rest.substr(0, kLargestChunk);
    out_ += static_cast<char>(chunk.size() >> 8);
    out_ += static_cast<char>(chunk.size() & 0xff);
    out_ += chunk;
    rest.remove_prefix(chunk.size());
  }
  out_.append(2, '\0');
}

void Connection::queue(std::uint8_t tag) {
  begin_message(tag, 0);
  end_message();
}

/// Also where nobody wants the records: DISCARD would end a statement whose records are not there yet.
void Connection::queue_fetch(std::int64_t count) {
  Packer packer = begin_message(kPull, 1);
  packer.map(1);
  packer.text("n");
  packer.integer(count);
  end_message();
}

void Connection::pack_transaction(Packer& packer, Effect effect) const {
  const Address& address = spec_->address;
  // Rounded up to what the server counts in: 0 would be no limit at all.
  const std::int64_t limit =
      std::chrono::ceil<std::chrono::milliseconds>(address.options.duration("statement-timeout")).count();
  packer.map((effect == Effect::read ? 1u : 0u) + (address.database.empty() ? 0u : 1u) + (limit > 0 ? 1u : 0u));
  if (effect == Effect::read) packer.pair("mode", "r");
  if (!address.database.empty()) packer.pair("db", address.database);
  if (limit <= 0) return;
  packer.text("tx_timeout");
  packer.integer(limit);
}

void Connection::queue_run(std::string_view text, const Parameters& parameters, std::optional<Effect> effect) {
  Packer packer = begin_message(kRun, 3);
  packer.text(text);
  packer.map(parameters.count());
  body_ += parameters.packed();
  if (effect)
    pack_transaction(packer, *effect);
  else
    packer.map(0);
  end_message();
}

Result<> Connection::begin_exchange() {
  if (lost()) return fail(FailureKind::disconnected, fmt::format("the session was lost before: {}", lost_because_));
  deadline_ = patient_ ? TimePoint::max() : real_clock().now() + spec_->address.operation_timeout;
  out_.clear();
  if (!dirty_) return {};
  queue(kReset);
  if (auto sent = flush(false); !sent) return sent;
  return answers(1, {});
}

Result<> Connection::flush(bool in_doubt) {
  in_doubt_when_lost_ = in_doubt;
  auto sent = transport_.send(out_, deadline_);
  out_.clear();
  if (out_.capacity() > kKeptMemory) std::string().swap(out_);
  if (body_.capacity() > kKeptMemory) std::string().swap(body_);
  round_trips_++;
  return sent ? Result<>() : tl::unexpected(lose(std::move(sent.error())));
}

/// A message is chunks: two octets of length each, and a chunk of length 0 behind the last. One before the first is a sign of
/// life.
bool Connection::take_message() {
  for (;;) {
    if (in_.size() - read_ < 2) return false;
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(in_[read_])) << 8 |
                             static_cast<unsigned char>(in_[read_ + 1]);
    if (in_.size() - read_ < 2 + size) return false;
    message_.append(in_, read_ + 2, size);
    read_ += 2 + size;
    if (size == 0 && !message_.empty()) return true;
  }
}

Result<Connection::Answer> Connection::next() {
  message_.clear();
  while (!take_message()) {
    in_.erase(0, read_);
    read_ = 0;
    if (message_.size() > kLargestMessage)
      return tl::unexpected(lose({FailureKind::disconnected, "", "the server's answer has no end"}));
    if (auto got = transport_.receive(in_, deadline_); !got) return tl::unexpected(lose(std::move(got.error())));
  }
  // What is read stays where it is until all of it is read: an answer of many records is moved seldom.
  const bool sense = unpack(message_, items_) && items_[0].type == Item::Type::structure &&
                     (items_[0].tag == kIgnored || items_[0].size == 1);
  if (!sense) return tl::unexpected(lose({FailureKind::disconnected, "", "the server's answer is not Bolt"}));
  return Answer{items_[0].tag, items_.data() + (items_[0].size == 0 ? 0 : 1)};
}

Result<> Connection::answers(std::size_t count, const OnRecord& on_record, bool* more) {
  Result<> first;
  while (count > 0) {
    const auto answer = next();
    if (!answer) return first ? tl::unexpected(answer.error()) : first;
    if (answer->tag == kRecord) {
      if (first && on_record && answer->body->type == Item::Type::list) on_record(*answer->body);
      continue;
    }
    count--;
    if (answer->tag == kSuccess) {
      if (more != nullptr) *more = is_true(find(*answer->body, "has_more"));
    } else if (first) {
      in_doubt_when_lost_ = false;  // what comes behind it is not carried out
      first = answer->tag == kFailure
                  ? tl::unexpected(failure_of(*answer->body))
                  : fail(FailureKind::disconnected, "the server carried out nothing and said no reason");
    }
  }
  in_doubt_when_lost_ = false;
  dirty_ = false;
  if (first || connecting_) return first;
  if (first.error().kind == FailureKind::disconnected) return tl::unexpected(lose(std::move(first.error())));
  // At once: until then, a transaction that failed keeps its locks. When that fails the connection is lost, which the next
  // call will say; what went wrong first is what is answered.
  out_.clear();
  queue(kReset);
  if (!flush(false)) return first;
  const auto done = next();
  dirty_ = false;
  if (done && done->tag != kSuccess) lose({FailureKind::disconnected, "", "the server did not reset the session"});
  return first;
}

Failure Connection::failure_of(const Item& body) {
  std::string code(text_of(find(body, "code")));
  const FailureKind kind = classify(code);
  std::string message(text_of(find(body, "message")));
  if (message.empty()) message = "the server said no reason";
  return {kind, std::move(code), std::move(message)};
}

Failure Connection::lose(Failure failure) {
  const Address& address = spec_->address;
  if (failure.kind == FailureKind::timeout)
    failure.message = fmt::format("no answer from the server at {} within {}", address.place,
                                  format_duration(address.operation_timeout));
  else if (failure.kind == FailureKind::cancelled)
    failure.message = "the operation was cancelled";
  else if (!connecting_)
    failure.message = fmt::format("lost the connection to the server at {}: {}", address.place, failure.message);
  failure.in_doubt = std::exchange(in_doubt_when_lost_, false);
  lost_because_ = failure.message;
  transport_.close();  // the server ends the transaction of a connection that is closed
  return failure;
}

// ---------------------------------------------------------------------------------------------------------------------
// Statements

Result<> Connection::run(std::string_view text, const Parameters& parameters, Effect effect,
                         const OnRecord& on_record) {
  if (auto ready = begin_exchange(); !ready) return ready;
  queue_run(text, parameters, effect);
  queue_fetch(-1);
  if (auto sent = flush(effect == Effect::write); !sent) return sent;
  return answers(2, on_record);
}

Result<> Connection::run_again(std::string_view text, const Parameters& parameters, Effect effect,
                               const OnRecord& on_record) {
  constexpr int kTries = 20;
  for (int tried = 1;; tried++) {
    auto done = run(text, parameters, effect, on_record);
    if (done || done.error().kind != FailureKind::conflict || tried == kTries) return done;
    if (runtime::sleep_until(real_clock().now() + std::chrono::milliseconds(10 * tried)) == runtime::Ready::cancelled)
      return done;
  }
}

Result<> Connection::transaction(std::span<const Statement> statements) {
  if (auto ready = begin_exchange(); !ready) return ready;
  Packer packer = begin_message(kBegin, 1);
  pack_transaction(packer, Effect::write);
  end_message();
  for (const Statement& statement : statements) {
    queue_run(statement.text, statement.parameters, std::nullopt);
    queue_fetch(-1);
  }
  queue(kCommit);
  if (auto sent = flush(true); !sent) return sent;
  return answers(2 + 2 * statements.size(), {});
}

Result<> Connection::open_stream(std::string_view text, const Parameters& parameters) {
  if (auto ready = begin_exchange(); !ready) return ready;
  queue_run(text, parameters, Effect::read);
  if (auto sent = flush(false); !sent) return sent;
  auto begun = answers(1, {});
  if (begun) dirty_ = true;
  return begun;
}

Result<bool> Connection::pull(std::size_t most, const OnRecord& on_record) {
  if (lost()) return fail(FailureKind::disconnected, fmt::format("the session was lost before: {}", lost_because_));
  deadline_ = patient_ ? TimePoint::max() : real_clock().now() + spec_->address.operation_timeout;
  queue_fetch(static_cast<std::int64_t>(most));
  if (auto sent = flush(false); !sent) return tl::unexpected(std::move(sent.error()));
  bool more = false;
  if (auto read = answers(1, on_record, &more); !read) return tl::unexpected(std::move(read.error()));
  dirty_ = more;
  return more;
}

Result<> Connection::reset() {
  if (lost()) return fail(FailureKind::disconnected, fmt::format("the session was lost before: {}", lost_because_));
  return dirty_ ? begin_exchange() : Result<>();
}

}  // namespace assay::neo4j
