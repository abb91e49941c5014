// An Array value as JSON text: the form in which SQLite keeps arrays.
#pragma once

#include "core/value.h"

#include <string>

namespace assay::sqlite {

/// [1, "text", null]; decimals as exact numbers, bytes as hexadecimal text, dates and times as text.
std::string to_json(Array);

}  // namespace assay::sqlite
