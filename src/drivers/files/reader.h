// Reading the file of a table: where it can be cut, and the rows of one stretch of it.
//
// A stretch is "BEGIN-END@LINE": bytes of the file, both at ends of records, and the number of the line that it
// begins with, for messages. It reads the file as it is, also behind what the record says was written whole: what
// others find there is what counts.
#pragma once

#include "core/facets.h"
#include "drivers/files/tables.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::files {

Result<std::vector<std::string>> split_table(const Tables&, const Table&, std::uint64_t rows);
/// Fails when the stretch is none of the table. The reader refers to the table.
Result<std::unique_ptr<RowReader>> read_stretch(const Tables&, const Table&, const std::string& stretch);

}  // namespace assay::files
