#include "drivers/kafka/classify.h"

#include <gtest/gtest.h>

namespace assay::kafka {
namespace {

TEST(KafkaClassify, TellsTheKindOfEveryCodeThatControlFlowDependsOn) {
  // The numbers of the protocol's guide (https://kafka.apache.org/protocol, "Error codes") and, negative, of rdkafka.h.
  const struct {
    int code;
    FailureKind kind;
  } kCases[] = {
      {-144, FailureKind::conflict},      // fenced
      {47, FailureKind::conflict},        // INVALID_PRODUCER_EPOCH
      {90, FailureKind::conflict},        // PRODUCER_FENCED
      {51, FailureKind::conflict},        // CONCURRENT_TRANSACTIONS
      {48, FailureKind::conflict},        // INVALID_TXN_STATE
      {-185, FailureKind::timeout},       // timed out
      {-192, FailureKind::timeout},       // message timed out
      {7, FailureKind::timeout},          // REQUEST_TIMED_OUT
      {-184, FailureKind::overloaded},    // queue full
      {89, FailureKind::overloaded},      // THROTTLING_QUOTA_EXCEEDED
      {19, FailureKind::overloaded},      // NOT_ENOUGH_REPLICAS
      {20, FailureKind::overloaded},      // NOT_ENOUGH_REPLICAS_AFTER_APPEND
      {56, FailureKind::overloaded},      // KAFKA_STORAGE_ERROR
      {14, FailureKind::overloaded},      // COORDINATOR_LOAD_IN_PROGRESS
      {-195, FailureKind::disconnected},  // transport
      {-187, FailureKind::disconnected},  // all brokers down
      {-193, FailureKind::disconnected},  // unknown host
      {-181, FailureKind::disconnected},  // TLS
      {5, FailureKind::disconnected},     // LEADER_NOT_AVAILABLE
      {6, FailureKind::disconnected},     // NOT_LEADER_OR_FOLLOWER
      {13, FailureKind::disconnected},    // NETWORK_EXCEPTION
      {15, FailureKind::disconnected},    // COORDINATOR_NOT_AVAILABLE
      {16, FailureKind::disconnected},    // NOT_COORDINATOR
      {41, FailureKind::disconnected},    // NOT_CONTROLLER
      {-199, FailureKind::wrong_answer},  // bad message
      {2, FailureKind::wrong_answer},     // CORRUPT_MESSAGE
      {-169, FailureKind::rejected},      // authentication
      {3, FailureKind::rejected},         // UNKNOWN_TOPIC_OR_PARTITION
      {10, FailureKind::rejected},        // MESSAGE_TOO_LARGE
      {29, FailureKind::rejected},        // TOPIC_AUTHORIZATION_FAILED
      {36, FailureKind::rejected},        // TOPIC_ALREADY_EXISTS
      {38, FailureKind::rejected},        // INVALID_REPLICATION_FACTOR
      {50, FailureKind::rejected},        // INVALID_TRANSACTION_TIMEOUT
      {53, FailureKind::rejected},        // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      {9999, FailureKind::rejected},
  };
  for (const auto& c : kCases) EXPECT_EQ(to_string(classify(c.code)), to_string(c.kind)) << c.code;
}

}  // namespace
}  // namespace assay::kafka
