// PostgreSQL's numeric on the wire (numeric_send, numeric_recv): base 10000 digits.
#pragma once

#include "core/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace assay::postgres {

void encode_numeric(Decimal, std::string& out);
/// Decimal when it holds the number exactly (zeros at the end may be dropped for it); else double: more than 18 to 19
/// digits, NaN, infinity. nullopt when the data is no numeric.
std::optional<Value> decode_numeric(std::string_view data);

}  // namespace assay::postgres
