#include "dataset/generator.h"

#include "base/error.h"
#include "dataset/constant.h"
#include "dataset/keys.h"
#include "dataset/source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace assay::dataset {

/// Makes the sources of columns, those of columns that others point at first.
class RowGenerator::Compiler {
 public:
  Compiler(const Schema& schema, Arrays arrays, std::vector<std::vector<std::unique_ptr<Source>>>& sources)
      : schema_(schema), arrays_(arrays), sources_(sources) {}

  const Source& column(std::size_t t, std::size_t c) {
    std::unique_ptr<Source>& place = sources_[t][c];
    if (place == nullptr) {
      const Table& table = schema_.tables[t];
      const Column& column = table.columns[c];
      const bool key = std::find(table.primary_key.begin(), table.primary_key.end(), c) != table.primary_key.end();
      std::unique_ptr<Source> made =
          of_column(t, column, c, {ColumnKey(schema_.seed, table.name, column.name), key || column.unique});
      place = std::move(made);
    }
    return *place;
  }

 private:
  std::unique_ptr<Source> of_column(std::size_t t, const Column& column, std::size_t c, Seeded seeded) {
    if (const auto* referenced = std::get_if<Referenced>(&column.generator))
      return reference(t, c, *referenced, seeded.pinned);
    return with_nulls(made(t, column, c, seeded), column, seeded);
  }

  std::unique_ptr<Source> with_nulls(std::unique_ptr<Source> source, const Column& column, Seeded seeded) const {
    if (column.type.kind == Kind::array || column.type.kind == Kind::set)
      if (arrays_ == Arrays::json) source = json_array_source(std::move(source));
    if (column.null_rate <= 0) return source;
    return nullable_source(std::move(source), column.null_rate, {seeded.key.other("null"), seeded.pinned}, false);
  }

  /// A digit of the table's joint key; nullptr when the column has none.
  std::unique_ptr<Pick> digit(std::size_t t, std::size_t c, std::optional<std::size_t> foreign_key) const {
    const Table& table = schema_.tables[t];
    if (!table.joint_key) return nullptr;
    const std::vector<std::size_t>& key = table.joint_key->columns;
    if (std::find(key.begin(), key.end(), c) == key.end()) return nullptr;
    const std::vector<JointDigit> digits = *digits_of(schema_, table, *table.joint_key);
    std::uint64_t divisor = 1;
    for (const JointDigit& digit : digits) {
      if (foreign_key ? digit.foreign_key == foreign_key : digit.column == c)
        return pick_digit(combinations_of(digits), divisor, digit.count,
                          ColumnKey(schema_.seed, table.name, "").other("key"));
      if (__builtin_mul_overflow(divisor, digit.count, &divisor))
        divisor = std::uint64_t{1} << 63;  // beyond all combinations
    }
    return nullptr;
  }

  std::unique_ptr<Pick> pick(std::size_t t, std::size_t c, const Column& column, const Distribution& distribution,
                             std::uint64_t count, std::int64_t low, std::int64_t step, Seeded seeded,
                             bool scattered) const {
    if (std::unique_ptr<Pick> of_key = c < schema_.tables[t].columns.size() ? digit(t, c, std::nullopt) : nullptr)
      return of_key;
    if (column.unique) return pick_unique(*capacity_of(schema_, schema_.tables[t], column).count, seeded.key);
    return pick_by(distribution, count, low, step, seeded, scattered);
  }

  std::unique_ptr<Source> reference(std::size_t t, std::size_t c, const Referenced& referenced, bool pinned) {
    const Table& table = schema_.tables[t];
    const ForeignKey& key = table.foreign_keys[referenced.foreign_key];
    const std::uint64_t rows = schema_.tables[key.table].rows;
    if (rows == 0) return constant_source(kNull);
    std::string names;
    for (const std::size_t column : key.columns) names += (names.empty() ? "" : ",") + table.columns[column].name;
    const Seeded seeded{ColumnKey(schema_.seed, table.name, names).other("reference"), pinned};
    std::unique_ptr<Pick> rows_of = digit(t, c, referenced.foreign_key);
    if (rows_of == nullptr)
      rows_of = key.table == t            ? pick_earlier(seeded)
                : table.columns[c].unique ? pick_unique(rows, seeded.key)
                                          : pick_by(key.distribution, rows, 0, 1, seeded, true);
    const auto place =
        static_cast<std::size_t>(std::find(key.columns.begin(), key.columns.end(), c) - key.columns.begin());
    std::unique_ptr<Source> out = reference_source(column(key.table, key.references[place]), std::move(rows_of));
    const bool nullable = table.columns[c].nullable;
    if (!nullable || (key.null_rate <= 0 && key.table != t)) return out;
    return nullable_source(std::move(out), key.null_rate, {seeded.key.other("null"), pinned}, key.table == t);
  }

  std::unique_ptr<Source> made(std::size_t t, const Column& column, std::size_t c, Seeded seeded);
  std::unique_ptr<Source> document(std::size_t t, const Object&, Seeded seeded);

  const Schema& schema_;
  Arrays arrays_;
  std::vector<std::vector<std::unique_ptr<Source>>>& sources_;
};

std::unique_ptr<Source> RowGenerator::Compiler::document(std::size_t t, const Object& object, Seeded seeded) {
  std::vector<Member> members;
  for (const Column& field : object.fields) {
    const Seeded own{seeded.key.other(field.name), seeded.pinned};
    members.push_back({field.name, with_nulls(made(t, field, schema_.tables[t].columns.size(), own), field, own)});
  }
  return document_source(std::move(members), seeded);
}

std::unique_ptr<Source> RowGenerator::Compiler::made(std::size_t t, const Column& column, std::size_t c,
                                                     Seeded seeded) {
  struct Visitor {
    Compiler& compiler;
    std::size_t t, c;
    const Column& column;
    Seeded seeded;
    using Made = std::unique_ptr<Source>;

    Made operator()(const Sequence& s) const { return number_source(column.type, pick_row(), s.start, s.step, 0); }
    Made operator()(const Range& r) const {
      return number_source(column.type,
                           compiler.pick(t, c, column, r.distribution, r.count, r.low, r.step, seeded, false), r.low,
                           r.step, r.scale);
    }
    Made operator()(const Instants& i) const { return instant_source(column.type, pick_instants(i, seeded)); }
    Made operator()(const Pattern& p) const { return pattern_source(p, seeded, column.unique); }
    Made operator()(const Chance& chance) const {
      return number_source(column.type, pick_chance(chance.of_true, seeded), 0, 1, 0);
    }
    Made operator()(const OneOf& o) const {
      if (!o.weights.empty()) return choice_source(o.values, pick_weighted(o.weights, seeded));
      return choice_source(o.values, compiler.pick(t, c, column, o.distribution, o.values.size(), 0, 1, seeded, false));
    }
    Made operator()(const Sample& s) const { return sample_source(s, column.type.kind == Kind::set, seeded); }
    Made operator()(const Static& s) const { return constant_source(s.value); }
    Made operator()(const Null&) const { return constant_source(kNull); }
    Made operator()(const RandomUuid&) const { return uuid_source(column.type.kind != Kind::uuid, seeded); }
    Made operator()(const SortedUlid& u) const { return ulid_source(u.instants, seeded); }
    Made operator()(const Characters& s) const { return string_source(s, seeded, column.unique); }
    Made operator()(const Words& w) const { return words_source(w, seeded, column.unique); }
    Made operator()(const Octets& o) const { return octets_source(o, seeded, column.unique); }
    Made operator()(const Object& o) const { return compiler.document(t, o, seeded); }
    Made operator()(const Shapes&) const { return geometry_source(column.type.geometry, seeded); }
    Made operator()(const Link& l) const {
      const Table& to = compiler.schema_.tables[l.table];
      return link_source(to.name, compiler.column(l.table, to.primary_key[0]),
                         compiler.pick(t, c, column, l.distribution, to.rows, 0, 1, seeded, true));
    }
    Made operator()(const Referenced&) const {
      ASSAY_ASSERT(false);  // of_column() has it
      return nullptr;
    }
  };
  return std::visit(Visitor{*this, t, c, column, seeded}, column.generator);
}

RowGenerator::RowGenerator(std::shared_ptr<const Schema> schema, Arrays arrays) : schema_(std::move(schema)) {
  for (const Table& table : schema_->tables) sources_.emplace_back(table.columns.size());
  Compiler compiler(*schema_, arrays, sources_);
  for (std::size_t t = 0; t < sources_.size(); t++)
    for (std::size_t c = 0; c < sources_[t].size(); c++) compiler.column(t, c);
}

RowGenerator::~RowGenerator() = default;

void RowGenerator::add(std::size_t table, std::uint64_t first, std::uint64_t count, RowBatch& batch,
                       std::uint64_t version) const {
  const auto& columns = sources_[table];
  ASSAY_ASSERT(batch.columns() == columns.size());
  Value* cells = batch.add_rows(count);
  std::array<std::uint64_t, kBlock> numbers;
  while (count > 0) {
    const auto block = static_cast<std::size_t>(std::min<std::uint64_t>(count, kBlock));
    std::iota(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(block), first);
    for (std::size_t c = 0; c < columns.size(); c++)
      columns[c]->fill({numbers.data(), block, version}, {cells + c, columns.size()}, batch);
    cells += block * columns.size();
    first += block;
    count -= block;
  }
}

void RowGenerator::add(std::size_t table, std::span<const std::size_t> columns, std::span<const std::uint64_t> rows,
                       RowBatch& batch, std::uint64_t version) const {
  ASSAY_ASSERT(batch.columns() == columns.size());
  Value* cells = batch.add_rows(rows.size());
  for (; !rows.empty(); rows = rows.subspan(std::min(rows.size(), kBlock))) {
    const std::size_t block = std::min(rows.size(), kBlock);
    for (std::size_t c = 0; c < columns.size(); c++)
      sources_[table][columns[c]]->fill({rows.data(), block, version}, {cells + c, columns.size()}, batch);
    cells += block * columns.size();
  }
}

std::uint64_t RowGenerator::most_rows(std::size_t table) const { return row_limit(*schema_, schema_->tables[table]); }

}  // namespace assay::dataset
