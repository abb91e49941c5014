// A database of its own on the PostgreSQL server of the live tests (ASSAY_TEST_POSTGRES_URL).
#pragma once

#include "workloads/tpcc/tpcc_fixture.h"

namespace assay::tpcc {

class PostgresDatabase : public TestTarget {
 public:
  PostgresDatabase();
  ~PostgresDatabase() override;
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;
  Target& target() override { return *target_; }
  /// Another target of the same database.
  std::unique_ptr<Target> open() const;

 private:
  std::string server_, name_, url_;
  std::unique_ptr<Target> target_;
};

}  // namespace assay::tpcc
