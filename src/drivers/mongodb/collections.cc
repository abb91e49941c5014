#include "drivers/mongodb/collections.h"

#include "core/parallel.h"
#include "drivers/mongodb/document.h"

#include <bson/bson.h>
#include <fmt/format.h>

namespace assay::mongodb {
namespace {

constexpr std::string_view kThere = "48";     // NamespaceExists
constexpr std::string_view kNotThere = "26";  // NamespaceNotFound

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
  bson_t raw;
  bson_iter_t at, batch;
  return bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(answer->data()), answer->size()) &&
         bson_iter_init(&at, &raw) && bson_iter_find_descendant(&at, "cursor.firstBatch.0.name", &batch);
}

bool collection_exists(Connection& connection, std::string_view name) {
  return value_or_throw(find_collection(connection, name), fmt::format("looking for the collection '{}'", name));
}

void drop_collection(Connection& connection, std::string_view name) {
  const auto done = connection.command(connection.address().database, DocumentWriter().text("drop", name).take(), true);
  if (!done && done.error().native_code != kNotThere)
    throw_failure(done.error(), fmt::format("dropping the collection '{}'", name));
}

}  // namespace assay::mongodb
