// The driver of SQLite: an embedded database in one file, `sqlite:bench.db`. Facets query, rows and kv.
//
// The library only blocks, so each session has a thread (Waiting::thread) and a connection of its own; sessions of any
// number of processes may share the file, one of which writes at a time. A session that cannot have the write lock
// waits for it (option busy-timeout) and then answers `conflict`. Transactions begin IMMEDIATE, so that a conflict
// shows where it costs nothing, and DEFERRED when they are read-only.
//
// How values are stored. SQLite has no exact decimals: REAL would lose cents, and text does not add up. A Decimal is
// therefore the INTEGER of its unscaled value (12.34 is 1234): +, -, sum(), min(), max() and comparisons in SQL are
// exact as long as operands have one scale, which money has; multiplying two decimals, dividing and avg() are not for
// SQL here. What a query answers for a decimal is that integer, because an expression has no declared type to tell its
// scale from: Dialect::exact_decimals is false, and whoever asked for money knows its scale. rows().write() knows the
// column and brings every decimal to the column's scale. Dates are INTEGER days, times INTEGER microseconds since
// midnight, timestamps INTEGER microseconds since the epoch, booleans INTEGER 0 and 1, uuids BLOB of 16, json TEXT,
// arrays TEXT in JSON's form (read back as Json). Cells that come from a column as it was declared are read back in
// their kind; those of expressions as integer, double, text or bytes. A NaN is stored as NULL.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& sqlite_driver();

}  // namespace assay
