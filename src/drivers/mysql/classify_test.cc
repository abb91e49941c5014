#include "drivers/mysql/classify.h"

#include <gtest/gtest.h>

namespace assay::mysql {
namespace {

TEST(MysqlClassify, TellsTheKindOfEveryNumberThatControlFlowDependsOn) {
  // From the error references of MariaDB and MySQL and the meaning of FailureKind.
  const struct {
    unsigned number;
    FailureKind kind;
  } kCases[] = {
      {1205, FailureKind::conflict},     {1213, FailureKind::conflict},     {1020, FailureKind::conflict},
      {3572, FailureKind::conflict},     {1040, FailureKind::overloaded},   {1203, FailureKind::overloaded},
      {1226, FailureKind::overloaded},   {1114, FailureKind::overloaded},   {1021, FailureKind::rejected},
      {1461, FailureKind::overloaded},   {2006, FailureKind::disconnected}, {2013, FailureKind::disconnected},
      {2002, FailureKind::disconnected}, {2003, FailureKind::disconnected}, {1053, FailureKind::disconnected},
      {1927, FailureKind::disconnected}, {4031, FailureKind::disconnected}, {1317, FailureKind::timeout},
      {1969, FailureKind::timeout},      {3024, FailureKind::timeout},      {1045, FailureKind::rejected},
      {1044, FailureKind::rejected},     {1049, FailureKind::rejected},     {1064, FailureKind::rejected},
      {1146, FailureKind::rejected},     {1062, FailureKind::rejected},     {1452, FailureKind::rejected},
      {1264, FailureKind::rejected},     {1792, FailureKind::rejected},     {0, FailureKind::rejected},
      {9999, FailureKind::rejected},
  };
  for (const auto& c : kCases) EXPECT_EQ(to_string(classify(c.number)), to_string(c.kind)) << c.number;
}

TEST(MysqlClassify, FindsWhatTheServerSaidBeforeTls) {
  const EarlyError found = early_error(
      "Received error packet before completion of TLS handshake. The authenticity of the following error cannot be "
      "verified: "
      "1040 - Too many connections");
  EXPECT_EQ(found.number, 1040u);
  EXPECT_EQ(found.text, "Too many connections");
  for (const char* other :
       {"", "Can't connect", "cannot be verified: ", "cannot be verified: x - y", "cannot be verified: 1"})
    EXPECT_TRUE(early_error(other).text.empty()) << other;
}

}  // namespace
}  // namespace assay::mysql
