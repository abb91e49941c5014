// Files in a directory as targets: `csv:DIRECTORY` and `jsonl:DIRECTORY`, a file TABLE.csv or TABLE.jsonl for each
// table.
//
// Facet rows; the record (core/meta.h) stands in a hidden file beside the tables. Any number of sessions and
// processes may write into one directory; they take turns, table by table, by locks on the files.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& csv_driver();
const Driver& jsonl_driver();

}  // namespace assay
