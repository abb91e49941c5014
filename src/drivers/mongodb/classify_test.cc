#include "drivers/mongodb/classify.h"

#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

namespace assay::mongodb {
namespace {

TEST(MongodbClassify, EachCodeOfTheServerHasTheKindThatItsDocumentationSays) {
  const struct {
    std::uint32_t code;
    FailureKind kind;
  } cases[] = {
      {112, FailureKind::conflict},        // WriteConflict: TransientTransactionError
      {24, FailureKind::conflict},         // LockTimeout
      {46, FailureKind::conflict},         // LockBusy
      {50, FailureKind::timeout},          // MaxTimeMSExpired
      {262, FailureKind::timeout},         // ExceededTimeLimit
      {64, FailureKind::timeout},          // WriteConcernFailed, of wtimeout
      {16500, FailureKind::overloaded},    // TooManyRequests
      {14031, FailureKind::overloaded},    // OutOfDiskSpace
      {146, FailureKind::overloaded},      // ExceededMemoryLimit
      {10107, FailureKind::disconnected},  // NotWritablePrimary
      {13435, FailureKind::disconnected},  // NotPrimaryNoSecondaryOk
      {13436, FailureKind::disconnected},  // NotPrimaryOrSecondary
      {189, FailureKind::disconnected},    // PrimarySteppedDown
      {91, FailureKind::disconnected},     // ShutdownInProgress
      {11600, FailureKind::disconnected},  // InterruptedAtShutdown
      {11602, FailureKind::disconnected},  // InterruptedDueToReplStateChange
      {43, FailureKind::disconnected},     // CursorNotFound
      {11000, FailureKind::rejected},      // DuplicateKey
      {13, FailureKind::rejected},         // Unauthorized
      {18, FailureKind::rejected},         // AuthenticationFailed
      {26, FailureKind::rejected},         // NamespaceNotFound
      {59, FailureKind::rejected},         // CommandNotFound
      {121, FailureKind::rejected},        // DocumentValidationFailure
      {11601, FailureKind::rejected},      // Interrupted: somebody ended the operation at the server
      {4'000'000, FailureKind::rejected},  // nobody knows it
  };
  for (const auto& test : cases) EXPECT_EQ(classify(Speaker::server, test.code), test.kind) << test.code;
}

TEST(MongodbClassify, TheLibrarysOwnErrorsAreKnownByTheirDomain) {
  const struct {
    std::uint32_t domain, code;
    FailureKind kind;
  } cases[] = {
      {MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, FailureKind::disconnected},
      {MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT, FailureKind::disconnected},
      {MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_NAME_RESOLUTION, FailureKind::disconnected},
      {MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE, FailureKind::disconnected},
      {MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, FailureKind::rejected},
      {MONGOC_ERROR_SCRAM, MONGOC_ERROR_SCRAM_PROTOCOL_ERROR, FailureKind::rejected},
      {MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, FailureKind::rejected},
      {MONGOC_ERROR_SERVER, 10107, FailureKind::disconnected},
      {MONGOC_ERROR_WRITE_CONCERN, 64, FailureKind::timeout},
      // The library's own code, and not the server's of the same number.
      {MONGOC_ERROR_COMMAND, 91, FailureKind::rejected},
  };
  for (const auto& test : cases)
    EXPECT_EQ(classify(speaker_of(test.domain, test.code), test.code), test.kind) << test.domain << "." << test.code;
}

}  // namespace
}  // namespace assay::mongodb
