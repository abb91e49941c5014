#include "drivers/mysql/classify.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace assay::mysql {
namespace {

struct Rule {
  unsigned number;
  FailureKind kind;
};

// In ascending order.
constexpr Rule kRules[] = {
    {1020, FailureKind::conflict},      // record has changed since last read (innodb_snapshot_isolation)
    {1021, FailureKind::rejected},      // disk full
    {1037, FailureKind::overloaded},    // out of memory
    {1038, FailureKind::overloaded},    // out of sort memory
    {1040, FailureKind::overloaded},    // too many connections
    {1041, FailureKind::overloaded},    // out of resources
    {1047, FailureKind::overloaded},    // Galera: the node is not ready for queries
    {1053, FailureKind::disconnected},  // server shutdown in progress
    {1078, FailureKind::disconnected},  // got signal, aborting
    {1079, FailureKind::disconnected},  // shutdown complete
    {1080, FailureKind::disconnected},  // forcing close of a thread
    {1114, FailureKind::overloaded},    // the table is full
    {1129, FailureKind::overloaded},    // host blocked because of many connection errors
    {1135, FailureKind::overloaded},    // cannot create a thread
    {1152, FailureKind::disconnected},  // aborted connection
    {1158, FailureKind::disconnected},  // error or time-out of the connection, as the server saw it
    {1159, FailureKind::disconnected}, {1160, FailureKind::disconnected},
    {1161, FailureKind::disconnected}, {1184, FailureKind::disconnected},  // aborted connection
    {1203, FailureKind::overloaded},                                       // the user has too many connections
    {1205, FailureKind::conflict},  // lock wait timeout; only the statement is rolled back, unless the server says else
    {1206, FailureKind::overloaded},    // the lock table is full
    {1213, FailureKind::conflict},      // deadlock; the transaction is rolled back
    {1226, FailureKind::overloaded},    // the user exceeded a limit
    {1317, FailureKind::timeout},       // query interrupted: KILL QUERY
    {1412, FailureKind::conflict},      // table definition has changed, retry
    {1461, FailureKind::overloaded},    // max_prepared_stmt_count
    {1614, FailureKind::conflict},      // XA: deadlock
    {1637, FailureKind::overloaded},    // too many active transactions
    {1927, FailureKind::disconnected},  // connection was killed (MariaDB)
    {1969, FailureKind::timeout},       // max_statement_time (MariaDB)
    {2001, FailureKind::disconnected},  // cannot create a socket
    {2002, FailureKind::disconnected},  // cannot connect
    {2003, FailureKind::disconnected}, {2004, FailureKind::disconnected},
    {2005, FailureKind::disconnected},  // unknown host
    {2006, FailureKind::disconnected},  // server has gone away
    {2008, FailureKind::overloaded},    // client out of memory
    {2012, FailureKind::disconnected},  // error in handshake
    {2013, FailureKind::disconnected},  // lost connection during a query
    {2026, FailureKind::disconnected},  // TLS
    {2027, FailureKind::disconnected},  // malformed packet
    {2055, FailureKind::disconnected},  // lost connection, with the system's error
    {3024, FailureKind::timeout},       // max_execution_time (MySQL)
    {3101, FailureKind::conflict},      // rolled back at commit by a plugin: certification of group replication
    {3168, FailureKind::disconnected},  // MySQL: server is not available
    {3169, FailureKind::disconnected},  // MySQL: session was killed
    {3572, FailureKind::conflict},      // MySQL: NOWAIT
    {4031, FailureKind::disconnected},  // MySQL: disconnected because of inactivity
    {5013, FailureKind::disconnected},  // cannot read from the server
    {5014, FailureKind::disconnected},  // cannot write to the server
};
static_assert(std::is_sorted(std::begin(kRules), std::end(kRules),
                             [](const Rule& a, const Rule& b) { return a.number < b.number; }));

}  // namespace

FailureKind classify(unsigned number) noexcept {
  const auto* rule = std::lower_bound(std::begin(kRules), std::end(kRules), number,
                                      [](const Rule& r, unsigned wanted) { return r.number < wanted; });
  return rule != std::end(kRules) && rule->number == number ? rule->kind : FailureKind::rejected;
}

EarlyError early_error(std::string_view message) noexcept {
  constexpr std::string_view kBefore = "cannot be verified: ", kBetween = " - ";
  const std::size_t at = message.find(kBefore);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + kBefore.size());
  EarlyError out;
  const auto [end, error] = std::from_chars(message.data(), message.data() + message.size(), out.number);
  if (error != std::errc{}) return {};
  message.remove_prefix(static_cast<std::size_t>(end - message.data()));
  if (!message.starts_with(kBetween)) return {};
  out.text = message.substr(kBetween.size());
  return out;
}

}  // namespace assay::mysql
