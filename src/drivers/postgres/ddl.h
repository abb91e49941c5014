// The DDL that makes a Table on PostgreSQL: pure text, one statement each.
#pragma once

#include "core/table.h"
#include "drivers/postgres/codec.h"

#include <string>
#include <string_view>
#include <vector>

namespace assay::postgres {

/// "name", with quotes doubled.
std::string quoted_name(std::string_view identifier);
/// "a", "b", …
std::string quoted_list(const std::vector<std::string>& identifiers);
/// The column's type as the server calls it: numeric(12,2), varchar(16), text[] for arrays.
std::string type_name(const Column&);
/// The type's OID, for binary COPY.
Oid type_oid(ColumnType) noexcept;

/// The table, then its partitions name_p0, name_p1, … Throws Error when the description contradicts itself.
std::vector<std::string> create_statements(const Table&);
std::vector<std::string> index_statements(const Table&);
/// <table>_fk0, <table>_fk1, …; derived_name() of core/sql_rows.h.
std::string foreign_key_name(const Table&, std::size_t i);
std::string foreign_key_statement(const Table&, std::size_t i);

}  // namespace assay::postgres
