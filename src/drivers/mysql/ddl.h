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
/// What is added to a table that is there, as a clause of ALTER TABLE.
struct Addition {
  std::string name, clause;
};
std::vector<Addition> indexes_of(const Table&);
/// Their names are unique in the database, as the server wants it.
std::vector<Addition> foreign_keys_of(const Table&);
/// `a`, `b`
std::string quoted_list(const std::vector<std::string>& identifiers);

}  // namespace assay::mysql
