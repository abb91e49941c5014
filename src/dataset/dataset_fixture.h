// Schemas read from texts, and values of their rows, for the tests of this folder.
#pragma once

#include "dataset/generator.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace assay::dataset {

inline std::shared_ptr<const Schema> schema_of(std::string_view text, const Overrides& overrides = {}) {
  Reading reading = read_schema_text(text, "schema", overrides);
  for (const input::Mistake& mistake : reading.mistakes.sorted())
    if (!mistake.note) ADD_FAILURE() << reading.mistakes.line(mistake);
  if (!reading.schema) throw std::runtime_error("the schema is not good");
  return std::make_shared<const Schema>(*std::move(reading.schema));
}

/// "schema:3:5: text" of each mistake.
inline std::vector<std::string> mistakes_of(std::string_view text, const Overrides& overrides = {}) {
  const Reading reading = read_schema_text(text, "schema", overrides);
  std::vector<std::string> out;
  for (const input::Mistake& mistake : reading.mistakes.sorted())
    if (!mistake.note) out.push_back(reading.mistakes.line(mistake));
  EXPECT_EQ(reading.schema.has_value(), out.empty());
  return out;
}

/// One table `t` with a key `id`, and a column `v` that is written as given: "type: int, generator: …".
inline std::string table_with(std::string_view column, std::uint64_t rows = 1000) {
  return "tables:\n- name: t\n  rows: " + std::to_string(rows) +
         "\n  id: {type: big_int, generator: sequential}\n  columns:\n  - {name: v, " + std::string(column) + "}\n";
}

/// Rows [first, first + count) of a table.
inline RowBatch rows_of(const RowGenerator& generator, std::size_t table, std::uint64_t first, std::uint64_t count,
                        std::uint64_t version = 0) {
  RowBatch batch(generator.schema().tables[table].columns.size());
  generator.add(table, first, count, batch, version);
  return batch;
}

inline std::vector<std::string> texts_of(const RowBatch& batch, std::size_t column) {
  std::vector<std::string> out;
  for (std::size_t r = 0; r < batch.size(); r++) out.push_back(to_text(batch.row(r)[column]));
  return out;
}

/// The values of column `v` in all rows of table_with().
inline std::vector<std::string> values_of(std::string_view column, std::uint64_t rows = 1000) {
  const RowGenerator generator(schema_of(table_with(column, rows)));
  return texts_of(rows_of(generator, 0, 0, rows), 1);
}

/// schemas/every-type.yaml: every type with every generator that fits it.
const std::string& every_type();

}  // namespace assay::dataset
