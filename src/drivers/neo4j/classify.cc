#include "drivers/neo4j/classify.h"

namespace assay::neo4j {
namespace {

struct Known {
  std::string_view code;
  FailureKind kind;
};

// Those that their class alone does not tell.
constexpr Known kKnown[] = {
    // The server has no room: memory, threads, transactions.
    {"Neo.TransientError.General.MemoryPoolOutOfMemoryError", FailureKind::overloaded},
    {"Neo.TransientError.General.OutOfMemoryError", FailureKind::overloaded},
    {"Neo.TransientError.General.StackOverFlowError", FailureKind::overloaded},
    {"Neo.TransientError.Request.NoThreadsAvailable", FailureKind::overloaded},
    {"Neo.TransientError.Request.ResourceExhaustion", FailureKind::overloaded},
    {"Neo.TransientError.Transaction.MaximumTransactionLimitReached", FailureKind::overloaded},
    {"Neo.TransientError.Security.AuthProviderTimeout", FailureKind::overloaded},
    {"Neo.TransientError.Security.AuthProviderFailed", FailureKind::overloaded},
    {"Neo.TransientError.Security.ModifiedConcurrently", FailureKind::conflict},
    {"Neo.ClientError.Security.AuthenticationRateLimit", FailureKind::overloaded},
    {"Neo.DatabaseError.General.StorageDamageDetected", FailureKind::rejected},
    // The database, or this member of it, is not to be had: another connection may be.
    {"Neo.TransientError.General.DatabaseUnavailable", FailureKind::disconnected},
    {"Neo.TransientError.Database.DatabaseUnavailable", FailureKind::disconnected},
    {"Neo.TransientError.Cluster.ReplicationFailure", FailureKind::disconnected},
    {"Neo.ClientError.Cluster.NotALeader", FailureKind::disconnected},
    {"Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", FailureKind::disconnected},
    {"Neo.ClientError.Security.AuthorizationExpired", FailureKind::disconnected},
    {"Neo.ClientError.Security.TokenExpired", FailureKind::disconnected},
    // Ended from outside: by its own time-out, by an administrator, by the server's shutting down.
    {"Neo.ClientError.Transaction.TransactionTimedOut", FailureKind::timeout},
    {"Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", FailureKind::timeout},
    {"Neo.TransientError.Transaction.TransactionTimedOut", FailureKind::timeout},
    {"Neo.TransientError.Transaction.BookmarkTimeout", FailureKind::timeout},
    {"Neo.TransientError.Transaction.Terminated", FailureKind::timeout},
    {"Neo.ClientError.Transaction.Terminated", FailureKind::timeout},
    {"Neo.ClientError.Transaction.LockClientStopped", FailureKind::timeout},
    {"Neo.TransientError.Transaction.LockClientStopped", FailureKind::timeout},
};

}  // namespace

FailureKind classify(std::string_view code) noexcept {
  for (const Known& known : kKnown)
    if (known.code == code) return known.kind;
  return code.starts_with("Neo.TransientError.") ? FailureKind::conflict : FailureKind::rejected;
}

}  // namespace assay::neo4j
