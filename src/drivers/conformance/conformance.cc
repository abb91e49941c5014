#include "drivers/conformance/conformance.h"

#include "core/parallel.h"

#include <cstdlib>

namespace assay::conformance {

std::string environment(const char* name) { return std::getenv(name) == nullptr ? "" : std::getenv(name); }

const Table& pairs_table() {
  static const Table table{.name = "conf_pairs",
                           .columns = {{.name = "id", .type = ColumnType::bigint},
                                       {.name = "n", .type = ColumnType::bigint, .nullable = true},
                                       {.name = "t", .type = ColumnType::text, .nullable = true}},
                           .primary_key = {"id"},
                           .foreign_keys = {},
                           .indexes = {},
                           .partitioning = {}};
  return table;
}

Conformance::Conformance() : target_(subject().driver.open(subject().spec)), session_(connect()) {}

Conformance::~Conformance() {
  try {
    if (tables_.empty()) return;
    session_.reset();  // what it holds open would be in the way
    const auto last = connect();
    for (auto table = tables_.rbegin(); table != tables_.rend(); ++table) last->rows()->drop(*table);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "cleaning up: " << error.what();
  }
}

std::unique_ptr<Session> Conformance::connect() { return open_session(*target_); }

void Conformance::create(const Table& table) {
  rows().drop(table.name);
  tables_.push_back(table.name);
  rows().create(table);
}

void Conformance::create_pairs(std::span<const std::int64_t> ids) {
  create(pairs_table());
  if (ids.empty()) return;
  RowBatch batch(3);
  for (const std::int64_t id : ids) {
    batch.add(id);
    batch.add(10 * id);
    batch.add(kNull);
  }
  must(rows().write(pairs_table(), batch));
}

std::int64_t Conformance::count(std::string_view table) {
  const auto other = connect();
  const ResultSet& answer = *must(other->query()->run(fmt::format("select count(*) from {}", table)));
  return answer.integer(0, 0).value();
}

std::int64_t Conformance::integer(std::string_view text, std::span<const Value> arguments) {
  const ResultSet& answer = *must(query().run(text, arguments));
  if (answer.size() != 1 || !answer.integer(0, 0))
    throw Error(fmt::format("'{}' answered {} rows, and not one integer", text, answer.size()));
  return *answer.integer(0, 0);
}

}  // namespace assay::conformance
