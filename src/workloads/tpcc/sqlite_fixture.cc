#include "workloads/tpcc/sqlite_fixture.h"

namespace assay::tpcc {

std::unique_ptr<TestTarget> make_test_target() { return std::make_unique<SqliteFile>(); }

std::string missing_target() { return ""; }

}  // namespace assay::tpcc
