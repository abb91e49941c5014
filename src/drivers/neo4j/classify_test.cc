#include "drivers/neo4j/classify.h"

#include <gtest/gtest.h>

namespace assay::neo4j {
namespace {

TEST(Neo4jClassify, TellsTheKindOfEveryCodeThatControlFlowDependsOn) {
  // From Neo4j's table of status codes and the meaning of FailureKind.
  const struct {
    const char* code;
    FailureKind kind;
  } kCases[] = {
      {"Neo.TransientError.Transaction.DeadlockDetected", FailureKind::conflict},
      {"Neo.TransientError.Transaction.LockAcquisitionTimeout", FailureKind::conflict},
      {"Neo.TransientError.Transaction.ConstraintsChanged", FailureKind::conflict},
      {"Neo.TransientError.Transaction.Outdated", FailureKind::conflict},
      {"Neo.TransientError.Something.New", FailureKind::conflict},
      {"Neo.TransientError.General.MemoryPoolOutOfMemoryError", FailureKind::overloaded},
      {"Neo.TransientError.Request.NoThreadsAvailable", FailureKind::overloaded},
      {"Neo.TransientError.Transaction.MaximumTransactionLimitReached", FailureKind::overloaded},
      {"Neo.TransientError.General.DatabaseUnavailable", FailureKind::disconnected},
      {"Neo.ClientError.Cluster.NotALeader", FailureKind::disconnected},
      {"Neo.ClientError.Security.AuthorizationExpired", FailureKind::disconnected},
      {"Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", FailureKind::timeout},
      {"Neo.ClientError.Transaction.TransactionTimedOut", FailureKind::timeout},
      {"Neo.TransientError.Transaction.Terminated", FailureKind::timeout},
      {"Neo.ClientError.Security.Unauthorized", FailureKind::rejected},
      {"Neo.ClientError.Security.CredentialsExpired", FailureKind::rejected},
      {"Neo.ClientError.Security.Forbidden", FailureKind::rejected},
      {"Neo.ClientError.Statement.SyntaxError", FailureKind::rejected},
      {"Neo.ClientError.Schema.ConstraintValidationFailed", FailureKind::rejected},
      {"Neo.ClientError.Database.DatabaseNotFound", FailureKind::rejected},
      {"Neo.DatabaseError.General.UnknownError", FailureKind::rejected},
      {"", FailureKind::rejected},
  };
  for (const auto& c : kCases) EXPECT_EQ(to_string(classify(c.code)), to_string(c.kind)) << c.code;
}

}  // namespace
}  // namespace assay::neo4j
