// Stretches of a table of an SQL database as texts, and their reading. Internal to sql_rows.cc.
#pragma once

#include "core/facets.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Rows whose keys are behind `after` and not behind `last`, where these are given; texts of keys by key_text().
std::string stretch_of_keys(std::string_view after, std::string_view last);
/// Rows for which the condition holds.
std::string stretch_of_condition(std::string_view condition);
/// So that it can be read again: values of the key's columns.
std::string key_text(const Value* key, std::size_t columns);

/// Indexes of the primary key's columns in the table. Throws Error when there is no such column.
std::vector<std::size_t> key_columns(const Table&);
/// "a", "b"
std::string column_list(const Dialect&, const std::vector<std::string>& names);

/// Throws Error when the text is no stretch. The query facet must outlive it.
std::unique_ptr<RowReader> read_stretch(QueryFacet&, const Table&, const std::string& stretch);

}  // namespace assay
