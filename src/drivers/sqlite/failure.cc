#include "drivers/sqlite/failure.h"

#include <sqlite3.h>

namespace assay::sqlite {
namespace {

struct Code {
  int code;
  std::string_view name;
  FailureKind kind;
};

#define CODE(name, kind) \
  { name, #name, FailureKind::kind }
// Extended codes are listed where their kind is another than that of their primary code, or their name tells people
// more.
constexpr Code kCodes[] = {
    CODE(SQLITE_ERROR, rejected),
    CODE(SQLITE_ERROR_RETRY, conflict),
    CODE(SQLITE_ERROR_SNAPSHOT, conflict),
    CODE(SQLITE_INTERNAL, rejected),
    CODE(SQLITE_PERM, rejected),
    CODE(SQLITE_ABORT, conflict),
    CODE(SQLITE_ABORT_ROLLBACK, conflict),
    CODE(SQLITE_BUSY, conflict),
    CODE(SQLITE_BUSY_RECOVERY, conflict),
    CODE(SQLITE_BUSY_SNAPSHOT, conflict),
    CODE(SQLITE_BUSY_TIMEOUT, conflict),
    CODE(SQLITE_LOCKED, conflict),
    CODE(SQLITE_LOCKED_SHAREDCACHE, conflict),
    CODE(SQLITE_NOMEM, overloaded),
    CODE(SQLITE_READONLY, rejected),
    CODE(SQLITE_READONLY_CANTINIT, rejected),
    CODE(SQLITE_READONLY_DBMOVED, disconnected),
    CODE(SQLITE_READONLY_DIRECTORY, rejected),
    CODE(SQLITE_INTERRUPT, timeout),
    CODE(SQLITE_IOERR, disconnected),
    CODE(SQLITE_IOERR_READ, disconnected),
    CODE(SQLITE_IOERR_SHORT_READ, disconnected),
    CODE(SQLITE_IOERR_WRITE, disconnected),
    CODE(SQLITE_IOERR_FSYNC, disconnected),
    CODE(SQLITE_IOERR_LOCK, disconnected),
    CODE(SQLITE_IOERR_NOMEM, overloaded),
    CODE(SQLITE_IOERR_CORRUPTFS, rejected),
    CODE(SQLITE_CORRUPT, rejected),
    CODE(SQLITE_CORRUPT_VTAB, rejected),
    CODE(SQLITE_NOTFOUND, rejected),
    CODE(SQLITE_FULL, rejected),
    CODE(SQLITE_CANTOPEN, disconnected),
    CODE(SQLITE_CANTOPEN_ISDIR, disconnected),
    CODE(SQLITE_PROTOCOL, conflict),
    CODE(SQLITE_SCHEMA, conflict),
    CODE(SQLITE_TOOBIG, rejected),
    CODE(SQLITE_CONSTRAINT, rejected),
    CODE(SQLITE_CONSTRAINT_CHECK, rejected),
    CODE(SQLITE_CONSTRAINT_FOREIGNKEY, rejected),
    CODE(SQLITE_CONSTRAINT_NOTNULL, rejected),
    CODE(SQLITE_CONSTRAINT_PRIMARYKEY, rejected),
    CODE(SQLITE_CONSTRAINT_UNIQUE, rejected),
    CODE(SQLITE_MISMATCH, rejected),
    CODE(SQLITE_MISUSE, rejected),
    CODE(SQLITE_NOLFS, rejected),
    CODE(SQLITE_AUTH, rejected),
    CODE(SQLITE_RANGE, rejected),
    CODE(SQLITE_NOTADB, rejected),
};
#undef CODE

const Code* find(int code) noexcept {
  for (const Code& known : kCodes)
    if (known.code == code) return &known;
  return nullptr;
}

const Code* find_or_primary(int extended_code) noexcept {
  const Code* known = find(extended_code);
  return known != nullptr ? known : find(extended_code & 0xff);
}

}  // namespace

FailureKind classify(int extended_code) noexcept {
  const Code* known = find_or_primary(extended_code);
  return known != nullptr ? known->kind : FailureKind::rejected;
}

std::string_view code_name(int extended_code) noexcept {
  const Code* known = find_or_primary(extended_code);
  return known != nullptr ? known->name : "SQLITE_UNKNOWN";
}

}  // namespace assay::sqlite
