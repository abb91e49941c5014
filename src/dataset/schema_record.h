// What a schema of data may have, as a table: see input/record.h. Internal to this folder.
//
// Both forms that people write are one table: `columns` is also `fields`, `type` also `data_type`. Names of a type and of a
// generator choose what else stands there.
#pragma once

#include "dataset/schema.h"
#include "input/check.h"

#include <span>
#include <string>
#include <string_view>

namespace assay::dataset {

inline constexpr input::Subject kSubject{.name = "schema", .has = "tables"};

const input::RecordSpec& schema_record();

struct TypeName {
  std::string_view name;
  Kind kind;
  std::optional<Wording> wording = {};  // a type that says what stands in it: text with that generator
};
/// Every name of a type, the first of a kind being the one that is shown.
std::span<const TypeName> type_names();

/// Whole numbers of 64 bits with a sign. Throws Error.
std::int64_t parse_integer(std::string_view text);
/// "1.5", "-3e-7": a finite number with or without an exponent. Throws Error.
double parse_real(std::string_view text);
/// "2024-01-31", "2024-01-31T12:00:00Z" and what lies between; microseconds. Throws Error.
std::int64_t parse_instant(std::string_view text);

}  // namespace assay::dataset
