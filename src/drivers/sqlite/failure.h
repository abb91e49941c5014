// What SQLite's result codes mean to assay: one table, from the extended code to its name and kind of failure.
#pragma once

#include "base/result.h"

#include <string_view>

namespace assay::sqlite {

/// The kind for an extended (or primary) result code other than SQLITE_OK, SQLITE_ROW and SQLITE_DONE. An extended code
/// that is not known here is judged by its primary code; an unknown primary code is `rejected`.
///   conflict      the lock was not to be had, the snapshot is too old, the schema changed too often: try again
///   timeout       interrupted: only this driver interrupts, when the operation's time is over
///   overloaded    no memory, no space on the device
///   disconnected  the file cannot be opened, read or written any more: only a new session can help
///   rejected      everything else: SQL, constraints, permissions, a read-only, corrupt or foreign file
FailureKind classify(int extended_code) noexcept;
/// "SQLITE_BUSY_SNAPSHOT".
std::string_view code_name(int extended_code) noexcept;

}  // namespace assay::sqlite
