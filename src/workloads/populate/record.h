// What assay_meta says of populated data: the schema, how far the load is, what was made, which rows are there. Over
// one session, by whoever holds it; throws Error.
#pragma once

#include "core/meta.h"
#include "workloads/populate/population.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay::populate {

inline constexpr std::string_view kLedger = "load/", kChanges = "change/";

enum class State : std::uint8_t {
  creating,  // tables are being made
  schema,    // they are there with their keys, and rows are not wanted yet
  loading,
  indexing,
  complete,
  removing
};
std::string_view to_string(State);

struct Record {
  std::string owner = std::string(kWorkload);  // of the entries in assay_meta
  State state = State::creating;
  std::string schema;               // as show_schema() writes it
  std::vector<std::string> tables;  // those that are filled
  std::vector<std::string> made;    // those of them that assay made: what cleanup drops
  std::uint64_t batch_rows = 0;
  bool keys_first = false;  // foreign keys are enforced while rows are written
};

/// nullopt: there is none.
std::optional<Record> read_record(Session&, std::string_view owner = kWorkload);
/// All of it, in one transaction where there are any.
void write_record(Session&, const Record&);
void set_state(Session&, Record&, State);
/// In one transaction, as far as the target has any: what goes wrong is undone and thrown.
void transaction(Session&, const std::function<void()>& work);

/// The name of the note for these rows.
std::string ledger_name(const Stretch&);
/// Rows of each table that the ledger says are there.
std::map<std::size_t, std::vector<RowRange>> read_ledger(Session&, std::string_view owner = kWorkload);
/// Removes all entries that begin so.
void erase_all(Session&, std::string_view prefix, std::string_view owner = kWorkload);

/// The record of data that are whole. Throws Error, with what is to be done, when there are none.
Record require_complete(Session&, std::string_view owner = kWorkload);
/// The population that the record is of.
Population population_of(const Record&, const RowsTraits&);

/// The rows facet. Throws Error when there is none.
RowsFacet& rows_of(Session&);

}  // namespace assay::populate
