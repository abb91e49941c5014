#include "drivers/postgres/classify.h"

namespace assay::postgres {
namespace {

struct Rule {
  std::string_view prefix;  // a whole code, or a class of two characters
  FailureKind kind;
};

// The first rule that fits wins.
constexpr Rule kRules[] = {
    {"40002", FailureKind::rejected},      // a deferred constraint broke: trying again will not help
    {"40003", FailureKind::disconnected},  // statement completion unknown
    {"40", FailureKind::conflict},         // serialization failure, deadlock
    {"55P03", FailureKind::conflict},      // lock not available
    {"57014", FailureKind::timeout},       // query cancelled: statement_timeout, or an operator
    {"57P03", FailureKind::overloaded},    // cannot connect now: starting up, shutting down, recovering
    {"57P01", FailureKind::disconnected},  // admin shutdown
    {"57P02", FailureKind::disconnected},  // crash shutdown
    {"57P04", FailureKind::disconnected},  // database dropped
    {"57P05", FailureKind::disconnected},  // idle session timeout
    {"25P03", FailureKind::disconnected},  // idle in transaction timeout
    {"53100", FailureKind::rejected},      // disk full: trying again makes no room
    {"53", FailureKind::overloaded},       // insufficient resources: memory, connections
    {"08P01", FailureKind::rejected},      // protocol violation: also "bind message supplies 1 parameters, …"
    {"08", FailureKind::disconnected},
};

}  // namespace

FailureKind classify(std::string_view sqlstate) noexcept {
  for (const Rule& rule : kRules)
    if (sqlstate.starts_with(rule.prefix)) return rule.kind;
  return FailureKind::rejected;
}

}  // namespace assay::postgres
