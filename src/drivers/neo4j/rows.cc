#include "drivers/neo4j/rows.h"

#include "base/error.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "drivers/neo4j/kv.h"
#include "drivers/neo4j/stretch.h"
#include "drivers/neo4j/values.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::neo4j {
namespace {

constexpr std::int64_t kRemovedAtOnce = 5'000;

/// Streams the records of a statement that is under way.
class NodeReader final : public RowReader {
 public:
  NodeReader(Connection& connection, std::vector<Column> columns)
      : connection_(connection), columns_(std::move(columns)) {}

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    std::size_t added = 0;
    if (!more_ || most == 0) return added;
    auto pulled = connection_.pull(most, [&](const Item& row) {
      const Item* at = &row + 1;
      for (std::size_t c = 0; c < columns_.size() && c < row.size; c++, at += at->span)
        batch.add(unpack_cell(*at, columns_[c], batch));
      added++;
    });
    if (!pulled) return tl::unexpected(std::move(pulled.error()));
    more_ = *pulled;
    return added;
  }

 private:
  Connection& connection_;
  const std::vector<Column> columns_;
  bool more_ = true;
};

tl::unexpected<Failure> without_key(const Table& table) {
  return fail(FailureKind::rejected,
              fmt::format("table {} has no primary key; expected one, by which its rows are found", table.name));
}

std::vector<Column> columns_of_key(const Table& table) {
  std::vector<Column> out;
  for (const std::size_t c : key_columns(table)) out.push_back(table.columns[c]);
  return out;
}

}  // namespace

const RowsTraits& Neo4jRows::traits() const noexcept {
  static constexpr std::string_view kDuplicate[] = {"Neo.ClientError.Schema.ConstraintValidationFailed"};
  static const RowsTraits kTraits{.transactions = false,
                                  .keyed = true,
                                  .arrays = true,
                                  .timestamp_resolution = Nanos(1000),
                                  .foreign_keys = true,
                                  .columns = 1000,
                                  .duplicate_codes = kDuplicate};
  return kTraits;
}

// ---------------------------------------------------------------------------------------------------------------------
// Tables

void Neo4jRows::carry_out(const std::string& text, Parameters parameters) {
  value_or_throw(connection_.run_again(text, parameters, Effect::write), text);
}

std::int64_t Neo4jRows::ask(const std::string& text, const Parameters& parameters) {
  std::int64_t answer = 0;
  value_or_throw(
      connection_.run(text, parameters, Effect::read,
                      [&](const Item& row) { answer = row.size > 0 ? integer_of(&row + 1).value_or(0) : 0; }),
      text);
  return answer;
}

void Neo4jRows::look_at(const Table& table) const {
  create_text(table);
  for (const Column& column : table.columns) quoted_name(column.name);
}

void Neo4jRows::create(const Table& table) {
  look_at(table);
  if (exists(table.name))
    throw Error(fmt::format("the label {} is in use already: nodes or an index have it; expected none", table.name),
                ExitCode::unreachable);
  carry_out(create_text(table));
}

bool Neo4jRows::exists(std::string_view table) {
  Parameters label;
  label.add("label").text(table);
  if (ask("SHOW INDEXES YIELD entityType, labelsOrTypes WHERE entityType = 'NODE' AND $label IN labelsOrTypes "
          "RETURN count(*)",
          label) > 0)
    return true;
  return ask(fmt::format("MATCH (n:{}) RETURN 1 LIMIT 1", quoted_name(table))) == 1;
}

void Neo4jRows::create_indexes(const Table& table) {
  for (const Index& index : table.indexes) {
    carry_out(index_text(table, index));
    // A name that is in use is no error above, whatever it is in use for; and an index is filled after it was made.
    Parameters there;
    there.add("name").text(index.name);
    there.add("label").text(table.name);
    if (ask("SHOW INDEXES YIELD name, labelsOrTypes WHERE name = $name AND labelsOrTypes = [$label] RETURN count(*)",
            there) == 0)
      throw Error(fmt::format("an index or constraint named {} is there already, and not of the label {}", index.name,
                              table.name),
                  ExitCode::unreachable);
    Parameters awaited;
    awaited.add("name").text(index.name);
    carry_out("CALL db.awaitIndex($name, 86400)", std::move(awaited));
  }
}

void Neo4jRows::create_foreign_keys(const Table& table) {
  for (const ForeignKey& key : table.foreign_keys) {
    // Transactions that relate rows to the same row may get into each other's way; what was done stays, and the rest is tried
    // again.
    carry_out(relate_text(table, key, form_));
    if (const std::int64_t dangling = ask(dangling_text(table, key)); dangling > 0)
      throw Error(fmt::format("{} rows of table {} refer by {} to rows of {} that are not there", dangling, table.name,
                              relationship_type(key), key.table),
                  ExitCode::unreachable);
  }
}

/// A relationship of somebody else's node to one of ours would go with it.
void Neo4jRows::refuse_strangers(std::span<const std::string> tables) {
  for (const std::string& table : tables) {
    std::string stranger;
    const std::string text = stranger_text(table, tables);
    value_or_throw(connection_.run(text, {}, Effect::read,
                                   [&](const Item& row) {
                                     const Item* const label = &row + 1;
                                     stranger = fmt::format("({})-[:{}]->({})", text_of(label),
                                                            text_of(label + label->span), table);
                                   }),
                   text);
    if (!stranger.empty())
      throw Error(fmt::format("there are relationships {} from nodes of another table; nothing was removed", stranger),
                  ExitCode::unreachable);
  }
}

void Neo4jRows::remove_nodes(const std::string& table) {
  const std::string text = delete_some_text(table);
  for (std::int64_t removed = kRemovedAtOnce; removed > 0;) {
    Parameters limit;
    limit.add("limit").integer(kRemovedAtOnce);
    value_or_throw(connection_.run_again(text, limit, Effect::write,
                                         [&](const Item& row) { removed = integer_of(&row + 1).value_or(0); }),
                   text);
  }
}

void Neo4jRows::drop_all(std::span<const std::string> tables) {
  refuse_strangers(tables);
  for (const std::string& table : tables) remove_nodes(table);
  for (const std::string& table : tables) drop_schema(connection_, table);
}

void Neo4jRows::truncate_all(std::span<const std::string> tables) {
  refuse_strangers(tables);
  for (const std::string& table : tables) remove_nodes(table);
}

// ---------------------------------------------------------------------------------------------------------------------
// Writing

Result<> Neo4jRows::add_parts(const std::string& text, const std::string& of, std::span<const Column> columns,
                              const RowBatch& batch, std::vector<Statement>& out) const {
  ASSAY_ASSERT(batch.columns() == columns.size());
  for (std::size_t r = 0; r < batch.size();) {
    const std::size_t end = std::min(batch.size(), r + unwind_rows_);
    Parameters parameters;
    Packer& packer = parameters.add("rows");
    packer.list(end - r);
    for (; r < end; r++) {
      packer.list(columns.size());
      for (std::size_t c = 0; c < columns.size(); c++)
        if (!pack_cell(batch.row(r)[c], columns[c], packer))
          return fail(
              FailureKind::rejected,
              fmt::format("table {}, row {} of the batch: the text of column {} is not UTF-8", of, r, columns[c].name));
    }
    out.push_back({text, std::move(parameters)});
  }
  return {};
}

Result<> Neo4jRows::carry_out_all(std::span<const Statement> statements) {
  if (statements.empty()) return {};
  if (statements.size() == 1) return connection_.run(statements[0].text, statements[0].parameters, Effect::write);
  return connection_.transaction(statements);
}

Result<> Neo4jRows::write(const Table& table, const RowBatch& batch) {
  std::vector<Statement> statements;
  const std::string text = table.foreign_keys.empty() ? insert_text(table) : insert_related_text(table, form_);
  if (auto added = add_parts(text, table.name, table.columns, batch, statements); !added) return added;
  return carry_out_all(statements);
}

Result<bool> Neo4jRows::is_noted(const RowsNote& note) {
  bool there = false;
  Parameters key;
  key.add("key").text(stored_key(fmt::format("{}/{}", note.workload, note.name)));
  const auto read = connection_.run(fmt::format("MATCH (n:{} {{key: $key}}) RETURN 1", quoted_name(meta_table().name)),
                                    key, Effect::read, [&](const Item&) { there = true; });
  if (!read) return tl::unexpected(read.error());
  return there;
}

Result<> Neo4jRows::write_noted(const Table& table, const RowBatch& batch, const RowsNote& note, bool again) {
  if (again) {
    const auto noted = is_noted(note);
    if (!noted) return tl::unexpected(noted.error());
    if (*noted) return {};
  }
  std::vector<Statement> statements;
  // First, so that who comes second finds out before it writes the rows.
  Statement& first = statements.emplace_back();
  first.text = fmt::format("CREATE (:{} {{key: $key, value: $value}})", quoted_name(meta_table().name));
  first.parameters.add("key").text(stored_key(fmt::format("{}/{}", note.workload, note.name)));
  pack_stored_value(note.value, first.parameters.add("value"));
  const bool some_may_be_there = again && !table.primary_key.empty();
  if (auto added = add_parts(some_may_be_there ? upsert_text(table) : insert_text(table), table.name, table.columns,
                             batch, statements);
      !added)
    return added;
  auto written = carry_out_all(statements);
  if (written || written.error().kind != FailureKind::rejected) return written;
  // The commit of a process that was killed may have come between our look at the record and our rows.
  const auto noted = is_noted(note);
  return noted && *noted ? Result<>() : written;
}

Result<std::uint64_t> Neo4jRows::count_by_parts(const std::string& text, const std::string& of,
                                                std::span<const Column> columns, const RowBatch& batch) {
  std::vector<Statement> statements;
  if (auto added = add_parts(text, of, columns, batch, statements); !added) return tl::unexpected(added.error());
  std::uint64_t count = 0;
  for (const Statement& statement : statements) {
    const auto done = connection_.run(statement.text, statement.parameters, Effect::write, [&](const Item& row) {
      count += static_cast<std::uint64_t>(integer_of(&row + 1).value_or(0));
    });
    if (!done) return tl::unexpected(done.error());
  }
  return count;
}

Result<std::uint64_t> Neo4jRows::replace(const Table& table, const RowBatch& batch) {
  if (table.primary_key.empty()) return without_key(table);
  return count_by_parts(replace_text(table, form_), table.name, table.columns, batch);
}

Result<std::uint64_t> Neo4jRows::remove(const Table& table, const RowBatch& keys) {
  if (table.primary_key.empty()) return without_key(table);
  return count_by_parts(remove_text(table), table.name, columns_of_key(table), keys);
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading

std::vector<std::string> Neo4jRows::split(const Table& table, std::uint64_t rows) {
  const std::vector<Column> key = columns_of_key(table);
  std::vector<std::string> out;
  std::optional<std::string> last;
  while (can_be_cut(key)) {
    Parameters parameters;
    if (last) add_bound(*last, key.size(), parameters.add("low"));
    parameters.add("skip").integer(static_cast<std::int64_t>(std::max<std::uint64_t>(rows, 1)) - 1);
    std::optional<std::string> next;
    const std::string text = boundary_text(table, !last);
    value_or_throw(
        connection_.run(text, parameters, Effect::read, [&](const Item& row) { next = pack_bound(row, key); }), text);
    if (!next) break;
    out.push_back(stretch_text({last, next}));
    last = std::move(next);
  }
  out.push_back(stretch_text({last, std::nullopt}));
  return out;
}

Result<std::unique_ptr<RowReader>> Neo4jRows::read(const Table& table, const std::string& stretch) {
  const std::size_t key = table.primary_key.size();
  const std::optional<Stretch> parsed = parse_stretch(stretch, key);
  if (!parsed)
    return fail(FailureKind::rejected,
                fmt::format("'{}' is no stretch of table {} as split() makes them", stretch, table.name));
  Parameters parameters;
  if (parsed->low) add_bound(*parsed->low, key, parameters.add("low"));
  if (parsed->high) add_bound(*parsed->high, key, parameters.add("high"));
  const auto begun =
      connection_.open_stream(select_text(table, parsed->low.has_value(), parsed->high.has_value()), parameters);
  if (!begun) return tl::unexpected(begun.error());
  return std::make_unique<NodeReader>(connection_, table.columns);
}

}  // namespace assay::neo4j
