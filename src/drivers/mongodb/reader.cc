// Collections cut into stretches by their _ids, and read stretch by stretch.
//
// A stretch is its filter, as text of extended JSON. The first one is all that is not at or behind the first cut: comparisons
// see one kind of value only (numbers, texts, …), and what somebody else put there under an _id of another kind is part of it.
#include "core/parallel.h"
#include "drivers/mongodb/rows.h"

#include <bson/bson.h>
#include <fmt/format.h>

#include <algorithm>

namespace assay::mongodb {
namespace {

constexpr std::int32_t kRowsAtOnce = 10'000;  // of a cursor's answer, which the server also limits to 16 MiB

/// The _id of a document, as a document {at: _id} of its own.
std::string id_in(std::string_view document) {
  bson_t raw;
  bson_iter_t at;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()) ||
      !bson_iter_init_find(&at, &raw, "_id"))
    return {};
  bson_t one = BSON_INITIALIZER;
  bson_append_iter(&one, "at", -1, &at);
  std::string out(reinterpret_cast<const char*>(bson_get_data(&one)), one.len);
  bson_destroy(&one);
  return out;
}

/// The element of {at: _id} under another name, in `to`.
void append_id(bson_t* to, const char* name, const std::string& id) {
  bson_t raw;
  bson_iter_t at;
  if (bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(id.data()), id.size()) &&
      bson_iter_init_find(&at, &raw, "at"))
    bson_append_iter(to, name, -1, &at);
}

std::string bytes_and_destroy(bson_t* document) {
  std::string out(reinterpret_cast<const char*>(bson_get_data(document)), document->len);
  bson_destroy(document);
  return out;
}

/// {_id: {$gte: low, $lt: high}}; without a low bound {_id: {$not: {$gte: high}}}; without both, all.
std::string range(const std::string* low, const std::string* high) {
  bson_t filter = BSON_INITIALIZER, id, bound;
  if (low == nullptr && high == nullptr) return bytes_and_destroy(&filter);
  bson_append_document_begin(&filter, "_id", -1, &id);
  if (low == nullptr) {
    bson_append_document_begin(&id, "$not", -1, &bound);
    append_id(&bound, "$gte", *high);
    bson_append_document_end(&id, &bound);
  } else {
    append_id(&id, "$gte", *low);
    if (high != nullptr) append_id(&id, "$lt", *high);
  }
  bson_append_document_end(&filter, &id);
  return bytes_and_destroy(&filter);
}

std::string as_text(const std::string& document) {
  bson_t raw;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(document.data()), document.size())) return "{}";
  char* text = bson_as_canonical_extended_json(&raw, nullptr);
  std::string out = text == nullptr ? "{}" : text;
  bson_free(text);
  return out;
}

class Reader final : public RowReader {
 public:
  Reader(Connection& connection, const Table& table, const std::string& filter, const std::string& options)
      : codec_(table, connection.address().decimals), cursor_(connection, table.name, filter, options) {}

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    std::size_t added = 0;
    for (; added < most; added++) {
      auto found = cursor_.next(added == 0);
      if (!found) return tl::unexpected(std::move(found.error()));
      if (!found->has_value()) break;
      codec_.read(**found, batch);
    }
    return added;
  }

 private:
  const RowCodec codec_;
  Cursor cursor_;
};

}  // namespace

std::vector<std::string> MongoRows::split(const Table& table, std::uint64_t rows) {
  const std::string how = DocumentWriter()
                              .begin_document("projection")
                              .int32("_id", 1)
                              .end()
                              .begin_document("sort")
                              .int32("_id", 1)
                              .end()
                              .int64("skip", static_cast<std::int64_t>(std::clamp<std::uint64_t>(rows, 1, 1ull << 40)))
                              .int64("limit", 1)
                              .boolean("singleBatch", true)
                              .take();
  // Each cut is looked for from the last one: the server walks over each _id once.
  std::vector<std::string> cuts;
  for (;;) {
    Cursor cursor(connection_, table.name, range(cuts.empty() ? nullptr : &cuts.back(), nullptr), how);
    const auto found = value_or_throw(cursor.next(true), fmt::format("looking for cuts in '{}'", table.name));
    if (!found) break;
    std::string id = id_in(*found);
    if (id.empty() || (!cuts.empty() && id == cuts.back())) break;
    cuts.push_back(std::move(id));
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i <= cuts.size(); i++)
    out.push_back(as_text(range(i == 0 ? nullptr : &cuts[i - 1], i == cuts.size() ? nullptr : &cuts[i])));
  return out;
}

Result<std::unique_ptr<RowReader>> MongoRows::read(const Table& table, const std::string& stretch) {
  bson_error_t error{};
  bson_t* parsed = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(stretch.data()),
                                      static_cast<ssize_t>(stretch.size()), &error);
  if (parsed == nullptr)
    return fail(FailureKind::rejected,
                fmt::format("'{}' is no stretch of '{}': {}", stretch, table.name, error.message), "STRETCH");
  const std::string filter(reinterpret_cast<const char*>(bson_get_data(parsed)), parsed->len);
  bson_destroy(parsed);
  const std::string how = DocumentWriter().int32("batchSize", kRowsAtOnce).take();
  return std::make_unique<Reader>(connection_, table, filter, how);
}

}  // namespace assay::mongodb
