// One Bolt connection: handshake, messages, answers. All that waits does so through runtime/wait.h.
//
// Bolt 5.1 to 5.4 (Neo4j 5.5 and later). Messages are gathered and sent as one, answers come in the order of the messages;
// behind one that failed the server ignores the rest until it is reset, which is done before the failure is answered, so that
// its transaction holds no locks. A connection that failed under way is closed at once and stays lost; only opening another
// one helps. The failure of an exchange whose effect may be durable carries in_doubt when its answer did not arrive. Source:
// Neo4j, "Bolt Protocol".
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "drivers/neo4j/address.h"
#include "drivers/neo4j/packstream.h"
#include "drivers/neo4j/transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::neo4j {

/// The parameters of a statement, by name: add("rows") is followed by one value.
class Parameters {
 public:
  Packer& add(std::string_view name) {
    count_++;
    packer_.text(name);
    return packer_;
  }
  std::size_t count() const noexcept { return count_; }
  const std::string& packed() const noexcept { return body_; }

  Parameters() = default;
  Parameters(Parameters&& other) noexcept : body_(std::move(other.body_)), count_(other.count_) {}

 private:
  std::string body_;
  Packer packer_{body_};
  std::size_t count_ = 0;
};

struct Statement {
  std::string text;
  Parameters parameters = {};
};

enum class Effect { read, write };

class Connection {
 public:
  /// Called with the list of a record's values, which lives until it returns.
  using OnRecord = std::function<void(const Item& row)>;

  static Result<std::unique_ptr<Connection>> open(std::shared_ptr<const ConnectionSpec>, TlsContext);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool lost() const noexcept { return !transport_.is_open(); }
  const std::string& version() const noexcept { return version_; }  // "5.26.5"
  const std::string& agent() const noexcept { return agent_; }      // "Neo4j/5.26.5"
  const std::string& id() const noexcept { return id_; }            // "bolt-12": as the server names it
  std::string bolt() const;                                         // "5.4"
  std::string tls() const { return transport_.tls(); }
  const std::string& place() const noexcept { return spec_->address.place; }
  const Options& options() const noexcept { return spec_->address.options; }
  std::uint64_t round_trips() const noexcept { return round_trips_; }
  /// Whether exchanges have no time-out from now on.
  void set_patient(bool on) noexcept { patient_ = on; }

  /// One statement, a transaction by itself.
  Result<> run(std::string_view text, const Parameters&, Effect, const OnRecord& = {});
  /// The same, tried again after conflicts: for what nobody measures (schema, removal). The records of each try are told.
  Result<> run_again(std::string_view text, const Parameters&, Effect, const OnRecord& = {});
  /// Statements as one transaction, of which all take effect or none: one round trip.
  Result<> transaction(std::span<const Statement>);
  /// A statement that reads, its records taken by pull(). Until it is at its end nothing else is run; what is run then ends it.
  Result<> open_stream(std::string_view text, const Parameters&);
  /// At most so many records; whether there are more.
  Result<bool> pull(std::size_t most, const OnRecord&);
  /// Ends what is open at the server: a stream, a failed transaction.
  Result<> reset();

 private:
  struct Answer {
    std::uint8_t tag = 0;
    const Item* body = nullptr;  // of the message, which lives until the next one is read
  };

  Connection(std::shared_ptr<const ConnectionSpec> spec, TlsContext context)
      : spec_(std::move(spec)), transport_(std::move(context)) {}
  Result<> establish(TimePoint deadline);
  Result<> shake_hands();
  Result<> log_on();
  Failure connect_failure(Failure) const;

  /// Fails when the connection is lost already; else starts the clock of the operation timeout.
  Result<> begin_exchange();
  // Messages, gathered until flush().
  Packer begin_message(std::uint8_t tag, std::size_t fields);
  void end_message();
  void queue(std::uint8_t tag);                                                     // without fields
  void queue_fetch(std::int64_t count);                                             // so many records; -1: all
  void queue_run(std::string_view text, const Parameters&, std::optional<Effect>);  // nullopt: within a transaction
  void pack_transaction(Packer&, Effect) const;
  Result<> flush(bool in_doubt);
  Result<Answer> next();
  /// Reads so many answers but records; the first failure of the server's, after a reset. `more`: what the last one said.
  Result<> answers(std::size_t count, const OnRecord&, bool* more = nullptr);
  bool take_message();
  Failure failure_of(const Item& body);
  Failure lose(Failure);

  std::shared_ptr<const ConnectionSpec> spec_;
  Transport transport_;
  unsigned minor_ = 0;
  std::string version_, agent_, id_, lost_because_;
  std::string body_, out_, in_, message_;
  std::size_t read_ = 0;  // of in_
  std::vector<Item> items_;
  bool patient_ = false, in_doubt_when_lost_ = false, connecting_ = true;
  bool dirty_ = false;  // the server is to be reset before anything else
  TimePoint deadline_{};
  std::uint64_t round_trips_ = 0;
};

}  // namespace assay::neo4j
