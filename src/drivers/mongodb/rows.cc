#include "drivers/mongodb/rows.h"

#include "base/error.h"
#include "base/random.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "drivers/mongodb/collections.h"
#include "drivers/mongodb/kv.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::mongodb {
namespace {

std::uint64_t hash_of_text(std::uint64_t seed, std::string_view text) noexcept {
  std::uint64_t hash = hash_of(seed, text.size());
  for (const char c : text) hash = hash_of(hash, static_cast<unsigned char>(c));
  return hash;
}

std::string note_key(const RowsNote& note) { return fmt::format("{}/{}", note.workload, note.name); }

}  // namespace

ObjectId id_of(const Table& table, const RowsNote& note, std::size_t row) noexcept {
  const std::uint64_t chunk = hash_of_text(hash_of_text(hash_of_text(0, table.name), note.workload), note.name);
  ObjectId out{};
  for (std::size_t i = 0; i < 8; i++) out[i] = static_cast<char>(chunk >> (56 - 8 * i));
  for (std::size_t i = 0; i < 4; i++) out[8 + i] = static_cast<char>(row >> (24 - 8 * i));
  return out;
}

const RowsTraits& MongoRows::traits() const noexcept {
  static constexpr std::string_view kDuplicate[] = {"11000"};
  static const RowsTraits kTraits{.transactions = false,
                                  .keyed = true,
                                  .arrays = true,
                                  .timestamp_resolution = std::chrono::milliseconds(1),
                                  .foreign_keys = false,
                                  .columns = 100'000,
                                  .duplicate_codes = kDuplicate};
  return kTraits;
}

void MongoRows::look_at(const Table& table) const {
  const RowCodec checked(table, connection_.address().decimals);
  if (table.partitioning.kind != Partitioning::Kind::none)
    throw Error(fmt::format("'{}' is partitioned; MongoDB has no partitions", table.name));
}

void MongoRows::create(const Table& table) {
  look_at(table);
  create_collection(connection_, table.name, true);
}

void MongoRows::create_indexes(const Table& table) {
  if (table.indexes.empty()) return;
  const RowCodec codec(table, connection_.address().decimals);
  DocumentWriter out;
  out.text("createIndexes", table.name).begin_array("indexes");
  for (const Index& index : table.indexes) {
    out.begin_document("").begin_document("key");
    for (const std::string& column : index.columns) out.int32(codec.field(column), 1);
    out.end().text("name", index.name);
    if (index.unique) {
      out.boolean("unique", true);
      // As in SQL, rows without a value are no duplicates of each other.
      std::vector<std::string> nullable;
      for (const std::string& name : index.columns)
        for (const Column& column : table.columns)
          if (column.name == name && column.nullable) nullable.push_back(codec.field(name));
      if (index.columns.size() == 1 && !nullable.empty()) {
        out.boolean("sparse", true);
      } else if (!nullable.empty()) {
        out.begin_document("partialFilterExpression");
        for (const std::string& field : nullable) out.begin_document(field).boolean("$exists", true).end();
        out.end();
      }
    }
    out.end();
  }
  const std::string command = out.end().take();
  if (const auto done = connection_.command(connection_.address().database, command, true); !done)
    throw_failure(done.error(), fmt::format("creating the indexes of '{}'", table.name));
}

bool MongoRows::exists(std::string_view table) { return collection_exists(connection_, table); }

void MongoRows::drop_all(std::span<const std::string> tables) {
  for (const std::string& table : tables) drop_collection(connection_, table);
}

void MongoRows::truncate_all(std::span<const std::string> tables) {
  for (const std::string& table : tables) {
    const std::string command = DocumentWriter()
                                    .text("delete", table)
                                    .begin_array("deletes")
                                    .begin_document("")
                                    .begin_document("q")
                                    .end()
                                    .int32("limit", 0)
                                    .end()
                                    .end()
                                    .take();
    if (const auto done = connection_.command(connection_.address().database, command, true); !done)
      throw_failure(done.error(), fmt::format("emptying '{}'", table));
  }
}

Failure MongoRows::explained(Failure failure, const Table& table, const RowBatch& batch) const {
  const auto first = connection_.first_failed();
  if (failure.kind != FailureKind::rejected || !first || *first >= batch.size()) return failure;
  std::string which = fmt::format("row {} of {} in the batch", *first + 1, batch.size());
  for (const std::string& name : table.primary_key)
    for (std::size_t c = 0; c < table.columns.size(); c++)
      if (table.columns[c].name == name) which += fmt::format(", {} = {}", name, to_text(batch.row(*first)[c]));
  failure.message = fmt::format("{}: {}: {}", table.name, which, failure.message);
  return failure;
}

Result<> MongoRows::write(const Table& table, const RowBatch& batch) {
  const RowCodec codec(table, connection_.address().decimals);
  std::vector<Write> writes(batch.size());
  for (std::size_t r = 0; r < batch.size(); r++) {
    auto document = codec.document(batch.row(r));
    if (!document) return tl::unexpected(std::move(document.error()));
    writes[r].document = std::move(*document);
  }
  const auto done = connection_.write(table.name, writes);
  if (!done) return tl::unexpected(explained(done.error(), table, batch));
  return {};
}

Result<bool> MongoRows::has_note(const std::string& key) {
  MongoKv record(connection_);
  record.use(meta_table().name);
  std::string value;
  return record.get(key, value);
}

Result<> MongoRows::write_noted(const Table& table, const RowBatch& batch, const RowsNote& note, bool again) {
  const std::string key = note_key(note);
  if (again)
    if (const auto found = has_note(key); !found || *found)
      return found ? Result<>() : Result<>(tl::unexpected(found.error()));
  const RowCodec codec(table, connection_.address().decimals);
  std::vector<Write> writes(batch.size());
  for (std::size_t r = 0; r < batch.size(); r++) {
    const ObjectId id = id_of(table, note, r);
    auto document = codec.document(batch.row(r), &id);
    if (!document) return tl::unexpected(std::move(document.error()));
    writes[r].document = std::move(*document);
    if (!again) continue;
    // An earlier try may have left the row, or its write may still be under way at the server.
    writes[r].kind = Write::Kind::upsert;
    auto filter = codec.keyed() ? codec.filter_of_row(batch.row(r)) : DocumentWriter().object_id("_id", id).take();
    if (!filter) return tl::unexpected(std::move(filter.error()));
    writes[r].filter = std::move(*filter);
  }
  if (const auto done = connection_.write(table.name, writes, Durability::journaled); !done)
    return tl::unexpected(explained(done.error(), table, batch));
  const Write noted[] = {put_of(key, note.value)};
  if (auto done = connection_.write(meta_table().name, noted, Durability::journaled); !done)
    return tl::unexpected(std::move(done.error()));
  return {};
}

Result<std::uint64_t> MongoRows::replace(const Table& table, const RowBatch& batch) {
  const RowCodec codec(table, connection_.address().decimals);
  if (!codec.keyed())
    return fail(FailureKind::rejected, fmt::format("'{}' has no primary key to find rows by", table.name), "NO_KEY");
  std::vector<Write> writes(batch.size());
  for (std::size_t r = 0; r < batch.size(); r++) {
    auto document = codec.document(batch.row(r));
    if (!document) return tl::unexpected(std::move(document.error()));
    auto filter = codec.filter_of_row(batch.row(r));
    if (!filter) return tl::unexpected(std::move(filter.error()));
    writes[r] = {Write::Kind::replace, std::move(*filter), std::move(*document)};
  }
  const auto done = connection_.write(table.name, writes);
  if (!done) return tl::unexpected(explained(done.error(), table, batch));
  return done->matched;
}

Result<std::uint64_t> MongoRows::remove(const Table& table, const RowBatch& keys) {
  const RowCodec codec(table, connection_.address().decimals);
  if (!codec.keyed())
    return fail(FailureKind::rejected, fmt::format("'{}' has no primary key to find rows by", table.name), "NO_KEY");
  std::vector<Write> writes(keys.size());
  for (std::size_t r = 0; r < keys.size(); r++) {
    auto filter = codec.filter_of_key(keys.row(r));
    if (!filter) return tl::unexpected(std::move(filter.error()));
    writes[r] = {Write::Kind::remove, std::move(*filter), {}};
  }
  const auto done = connection_.write(table.name, writes);
  if (!done) return tl::unexpected(done.error());
  return done->removed;
}

}  // namespace assay::mongodb
