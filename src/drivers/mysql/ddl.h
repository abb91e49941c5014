// Tables as the server's DDL. Pure; throws Error for what it cannot have.
//
// Texts are compared by their bytes, blanks at the end included, as other databases do.
#pragma once

#include "core/table.h"

#include <string>
#include <vector>

namespace assay::mysql {

std::string type_name(const Column&, bool mariadb);
std::string create_statement(const Table&, bool mariadb);
std::string index_statement(const Table&, const Index&);
/// Unique in its database, as the server wants it.
std::string foreign_key_name(const Table&, std::size_t i);
std::string foreign_key_statement(const Table&, std::size_t i);
/// `a`, `b`
std::string quoted_list(const std::vector<std::string>& identifiers);

}  // namespace assay::mysql
