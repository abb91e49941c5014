#include "drivers/mongodb/collections.h"

#include "core/parallel.h"
#include "drivers/mongodb/document.h"

#include <bson/bson.h>
#include <fmt/format.h>

namespace assay::mongodb {
namespace {

constexpr std::string_view kThere = "48";     // NamespaceExists
constexpr std::string_view kNotThere = "26";  // NamespaceNotFound

/// Whether the answer to listCollections has it; not every server looks at the filter.
bool is_listed(const std::string& answer, std::string_view name) {
  bson_t raw;
  bson_iter_t at, batch, entry;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()) ||
      !bson_iter_init(&at, &raw) || !bson_iter_find_descendant(&at, "cursor.firstBatch", &batch) ||
      !bson_iter_recurse(&batch, &entry))
    return false;
  while (bson_iter_next(&entry)) {
    bson_iter_t field;
    if (!bson_iter_recurse(&entry, &field) || !bson_iter_find(&field, "name") || !BSON_ITER_HOLDS_UTF8(&field))
      continue;
    std::uint32_t size = 0;
    const char* text = bson_iter_utf8(&field, &size);
    if (std::string_view(text, size) == name) return true;
  }
  return false;
}

}  // namespace

void create_collection(Connection& connection, std::string_view name, bool anew) {
  const auto done =
      connection.command(connection.address().database, DocumentWriter().text("create", name).take(), true);
  if (!done && (anew || done.error().native_code != kThere))
    throw_failure(done.error(), fmt::format("creating the collection '{}'", name));
}

Result<bool> find_collection(Connection& connection, std::string_view name) {
  const std::string asked = DocumentWriter()
                                .int32("listCollections", 1)
                                .begin_document("filter")
                                .text("name", name)
                                .end()
                                .boolean("nameOnly", true)
                                .boolean("authorizedCollections", true)
                                .take();
  auto answer = connection.command(connection.address().database, asked);
  if (!answer) return tl::unexpected(std::move(answer.error()));
  return is_listed(*answer, name);
}

bool collection_exists(Connection& connection, std::string_view name) {
  return value_or_throw(find_collection(connection, name), fmt::format("looking for the collection '{}'", name));
}

void drop_collection(Connection& connection, std::string_view name) {
  const auto done = connection.command(connection.address().database, DocumentWriter().text("drop", name).take(), true);
  if (done || done.error().native_code == kNotThere) return;
  // Not every server has the code for it.
  if (done.error().kind == FailureKind::rejected)
    if (const auto found = find_collection(connection, name); found && !*found) return;
  throw_failure(done.error(), fmt::format("dropping the collection '{}'", name));
}

}  // namespace assay::mongodb
