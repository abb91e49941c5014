#include "drivers/postgres/classify.h"

#include <gtest/gtest.h>

namespace assay::postgres {
namespace {

TEST(PostgresClassify, TellsTheKindOfEverySqlstateThatControlFlowDependsOn) {
  // From appendix A of PostgreSQL's documentation and the meaning of FailureKind.
  const struct {
    const char* code;
    FailureKind kind;
  } kCases[] = {
      {"40001", FailureKind::conflict},     {"40P01", FailureKind::conflict},     {"55P03", FailureKind::conflict},
      {"40002", FailureKind::rejected},     {"57014", FailureKind::timeout},      {"53000", FailureKind::overloaded},
      {"53100", FailureKind::rejected},     {"53200", FailureKind::overloaded},   {"53300", FailureKind::overloaded},
      {"57P03", FailureKind::overloaded},   {"08000", FailureKind::disconnected}, {"08003", FailureKind::disconnected},
      {"08006", FailureKind::disconnected}, {"57P01", FailureKind::disconnected}, {"57P02", FailureKind::disconnected},
      {"57P05", FailureKind::disconnected}, {"25P03", FailureKind::disconnected}, {"28P01", FailureKind::rejected},
      {"28000", FailureKind::rejected},     {"3D000", FailureKind::rejected},     {"42601", FailureKind::rejected},
      {"42P01", FailureKind::rejected},     {"42501", FailureKind::rejected},     {"23505", FailureKind::rejected},
      {"23503", FailureKind::rejected},     {"22003", FailureKind::rejected},     {"25P02", FailureKind::rejected},
      {"08P01", FailureKind::rejected},     {"XX000", FailureKind::rejected},     {"", FailureKind::rejected},
  };
  for (const auto& c : kCases) EXPECT_EQ(to_string(classify(c.code)), to_string(c.kind)) << c.code;
}

}  // namespace
}  // namespace assay::postgres
