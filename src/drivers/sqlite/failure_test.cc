#include "drivers/sqlite/failure.h"

#include <gtest/gtest.h>

#include <sqlite3.h>

namespace assay::sqlite {
namespace {

struct Expected {
  int code;
  FailureKind kind;
  const char* name;
};

// From https://www.sqlite.org/rescode.html, read with the meanings of base/result.h.
constexpr Expected kExpected[] = {
    {SQLITE_BUSY, FailureKind::conflict, "SQLITE_BUSY"},
    {SQLITE_BUSY_RECOVERY, FailureKind::conflict, "SQLITE_BUSY_RECOVERY"},
    {SQLITE_BUSY_SNAPSHOT, FailureKind::conflict, "SQLITE_BUSY_SNAPSHOT"},
    {SQLITE_BUSY_TIMEOUT, FailureKind::conflict, "SQLITE_BUSY_TIMEOUT"},
    {SQLITE_LOCKED, FailureKind::conflict, "SQLITE_LOCKED"},
    {SQLITE_LOCKED_SHAREDCACHE, FailureKind::conflict, "SQLITE_LOCKED_SHAREDCACHE"},
    {SQLITE_LOCKED_VTAB, FailureKind::conflict, "SQLITE_LOCKED"},
    {SQLITE_SCHEMA, FailureKind::conflict, "SQLITE_SCHEMA"},
    {SQLITE_PROTOCOL, FailureKind::conflict, "SQLITE_PROTOCOL"},
    {SQLITE_ABORT_ROLLBACK, FailureKind::conflict, "SQLITE_ABORT_ROLLBACK"},
    {SQLITE_ERROR_SNAPSHOT, FailureKind::conflict, "SQLITE_ERROR_SNAPSHOT"},
    {SQLITE_INTERRUPT, FailureKind::timeout, "SQLITE_INTERRUPT"},
    {SQLITE_NOMEM, FailureKind::overloaded, "SQLITE_NOMEM"},
    {SQLITE_FULL, FailureKind::rejected, "SQLITE_FULL"},
    {SQLITE_IOERR_NOMEM, FailureKind::overloaded, "SQLITE_IOERR_NOMEM"},
    {SQLITE_IOERR, FailureKind::disconnected, "SQLITE_IOERR"},
    {SQLITE_IOERR_FSYNC, FailureKind::disconnected, "SQLITE_IOERR_FSYNC"},
    {SQLITE_IOERR_TRUNCATE, FailureKind::disconnected, "SQLITE_IOERR"},
    {SQLITE_CANTOPEN, FailureKind::disconnected, "SQLITE_CANTOPEN"},
    {SQLITE_CANTOPEN_ISDIR, FailureKind::disconnected, "SQLITE_CANTOPEN_ISDIR"},
    {SQLITE_CANTOPEN_SYMLINK, FailureKind::disconnected, "SQLITE_CANTOPEN"},
    {SQLITE_READONLY_DBMOVED, FailureKind::disconnected, "SQLITE_READONLY_DBMOVED"},
    {SQLITE_READONLY, FailureKind::rejected, "SQLITE_READONLY"},
    {SQLITE_READONLY_DIRECTORY, FailureKind::rejected, "SQLITE_READONLY_DIRECTORY"},
    {SQLITE_CORRUPT, FailureKind::rejected, "SQLITE_CORRUPT"},
    {SQLITE_CORRUPT_INDEX, FailureKind::rejected, "SQLITE_CORRUPT"},
    {SQLITE_IOERR_CORRUPTFS, FailureKind::rejected, "SQLITE_IOERR_CORRUPTFS"},
    {SQLITE_NOTADB, FailureKind::rejected, "SQLITE_NOTADB"},
    {SQLITE_ERROR, FailureKind::rejected, "SQLITE_ERROR"},
    {SQLITE_CONSTRAINT_UNIQUE, FailureKind::rejected, "SQLITE_CONSTRAINT_UNIQUE"},
    {SQLITE_CONSTRAINT_TRIGGER, FailureKind::rejected, "SQLITE_CONSTRAINT"},
    {SQLITE_MISMATCH, FailureKind::rejected, "SQLITE_MISMATCH"},
    {SQLITE_TOOBIG, FailureKind::rejected, "SQLITE_TOOBIG"},
    {SQLITE_RANGE, FailureKind::rejected, "SQLITE_RANGE"},
    {SQLITE_MISUSE, FailureKind::rejected, "SQLITE_MISUSE"},
    {SQLITE_PERM, FailureKind::rejected, "SQLITE_PERM"},
    {SQLITE_AUTH, FailureKind::rejected, "SQLITE_AUTH"},
    {250, FailureKind::rejected, "SQLITE_UNKNOWN"},
};

TEST(SqliteFailure, every_code_has_the_kind_that_the_documentation_gives_it) {
  for (const Expected& expected : kExpected) {
    EXPECT_EQ(classify(expected.code), expected.kind) << expected.name;
    EXPECT_EQ(code_name(expected.code), expected.name);
  }
}

}  // namespace
}  // namespace assay::sqlite
