// Collections of the target's database as a whole: made, looked for, dropped. Calls wait.
#pragma once

#include "base/result.h"
#include "drivers/mongodb/connection.h"

#include <string_view>

namespace assay::mongodb {

/// `anew`: an Error when it is there.
void create_collection(Connection&, std::string_view name, bool anew);
Result<bool> find_collection(Connection&, std::string_view name);
bool collection_exists(Connection&, std::string_view name);  // throws Error
/// No error when it is not there. Throws Error.
void drop_collection(Connection&, std::string_view name);

}  // namespace assay::mongodb
