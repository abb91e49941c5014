#include "drivers/mongodb/classify.h"

#include <mongoc/mongoc.h>

namespace assay::mongodb {

Speaker speaker_of(std::uint32_t domain, std::uint32_t code) noexcept {
  switch (domain) {
    case MONGOC_ERROR_SERVER:
    case MONGOC_ERROR_WRITE_CONCERN:
      return Speaker::server;
    case MONGOC_ERROR_STREAM:
      return Speaker::network;
    case MONGOC_ERROR_SERVER_SELECTION:
      return Speaker::selection;
    case MONGOC_ERROR_SASL:
    case MONGOC_ERROR_SCRAM:
      return Speaker::authentication;
    case MONGOC_ERROR_CLIENT:
      return code == MONGOC_ERROR_CLIENT_AUTHENTICATE ? Speaker::authentication : Speaker::library;
    default:
      return Speaker::library;
  }
}

FailureKind classify(Speaker speaker, std::uint32_t code) noexcept {
  if (speaker == Speaker::network || speaker == Speaker::selection) return FailureKind::disconnected;
  if (speaker != Speaker::server) return FailureKind::rejected;
  switch (code) {
    case 24:   // LockTimeout
    case 46:   // LockBusy
    case 112:  // WriteConflict
    case 117:  // ConflictingOperationInProgress
    case 225:  // TransactionTooOld
    case 246:  // SnapshotUnavailable
    case 251:  // NoSuchTransaction
      return FailureKind::conflict;
    case 50:   // MaxTimeMSExpired
    case 64:   // WriteConcernFailed: written, but not where it was asked for in time
    case 89:   // NetworkTimeout, between servers
    case 202:  // NetworkInterfaceExceededTimeLimit
    case 262:  // ExceededTimeLimit
      return FailureKind::timeout;
    case 146:    // ExceededMemoryLimit
    case 462:    // IngressRequestRateLimitExceeded
    case 14031:  // OutOfDiskSpace
    case 16500:  // TooManyRequests of services with MongoDB's protocol
      return FailureKind::overloaded;
    case 6:      // HostUnreachable
    case 7:      // HostNotFound
    case 43:     // CursorNotFound: what was being read has to be begun anew
    case 91:     // ShutdownInProgress
    case 133:    // FailedToSatisfyReadPreference
    case 134:    // ReadConcernMajorityNotAvailableYet
    case 189:    // PrimarySteppedDown
    case 9001:   // SocketException
    case 10107:  // NotWritablePrimary
    case 11600:  // InterruptedAtShutdown
    case 11602:  // InterruptedDueToReplStateChange
    case 13435:  // NotPrimaryNoSecondaryOk
    case 13436:  // NotPrimaryOrSecondary
      return FailureKind::disconnected;
    default:
      return FailureKind::rejected;
  }
}

}  // namespace assay::mongodb
