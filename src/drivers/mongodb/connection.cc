#include "drivers/mongodb/connection.h"

#include "core/url.h"
#include "drivers/mongodb/classify.h"
#include "drivers/mongodb/document.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include <algorithm>

namespace assay::mongodb {
namespace {

/// Bytes of a document, as the library wants to see them.
struct View {
  explicit View(std::string_view document) {
    if (!bson_init_static(&bson, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()))
      bson_init(&bson);
  }
  bson_t bson;
};

std::string_view bytes_of(const bson_t& bson) {
  return {reinterpret_cast<const char*>(bson_get_data(&bson)), bson.len};
}

std::int64_t number_in(const bson_t& reply, const char* name) {
  bson_iter_t at;
  return bson_iter_init_find(&at, &reply, name) ? bson_iter_as_int64(&at) : 0;
}

struct WriteError {
  std::size_t index = 0;
  std::string message;
};

/// The first of the writeErrors, in the order of what was written.
std::optional<WriteError> first_error(const bson_t& reply) {
  bson_iter_t at, errors, field;
  if (!bson_iter_init_find(&at, &reply, "writeErrors") || !bson_iter_recurse(&at, &errors)) return std::nullopt;
  std::optional<WriteError> first;
  while (bson_iter_next(&errors)) {
    if (!bson_iter_recurse(&errors, &field) || !bson_iter_find(&field, "index")) continue;
    const auto index = static_cast<std::size_t>(bson_iter_as_int64(&field));
    if (first && first->index <= index) continue;
    first = WriteError{.index = index, .message = ""};
    if (bson_iter_recurse(&errors, &field) && bson_iter_find(&field, "errmsg") && BSON_ITER_HOLDS_UTF8(&field))
      first->message = bson_iter_utf8(&field, nullptr);
  }
  return first;
}

mongoc_stream_t* on_connect(const mongoc_uri_t*, const mongoc_host_list_t* host, void* wire, bson_error_t* error) {
  return static_cast<Wire*>(wire)->connect(*host, error);
}

}  // namespace

struct Connection::Problem {
  bson_error_t error{};
};

Result<std::unique_ptr<Connection>> Connection::open(const Address& address) {
  std::unique_ptr<Connection> out(new Connection(address));
  if (auto done = out->connect(); !done) return tl::unexpected(std::move(done.error()));
  return out;
}

Result<> Connection::connect() {
  Problem problem;
  client_ = mongoc_client_new_from_uri_with_error(address_.uri.get(), &problem.error);
  if (client_ == nullptr) return tl::unexpected(failure_of(problem, false));
  mongoc_client_set_error_api(client_, MONGOC_ERROR_API_VERSION_2);
  mongoc_client_set_stream_initiator(client_, on_connect, &wire_);
  if (!mongoc_uri_has_option(address_.uri.get(), MONGOC_URI_APPNAME)) mongoc_client_set_appname(client_, "assay");
  auto answer = command(address_.database, DocumentWriter().int32("ping", 1).take());
  if (!answer) return tl::unexpected(std::move(answer.error()));
  connected_ = true;
  return {};
}

Connection::~Connection() {
  // The library tells the server that its sessions ended, where there were any; nobody waits for the answer.
  wire_.begin(real_clock().now());
  if (client_ != nullptr) mongoc_client_destroy(client_);
}

Result<> Connection::begin() {
  if (lost_) return fail(FailureKind::disconnected, fmt::format("{}: the session is lost", address_.place));
  const Nanos limit = connected_ ? address_.operation_timeout : address_.connect_timeout;
  wire_.begin(patient_ ? TimePoint::max() : real_clock().now() + limit);
  if (wire_.interrupted()) return fail(FailureKind::cancelled, fmt::format("{}: cancelled", address_.place));
  return {};
}

Failure Connection::failure_of(const Problem& problem, bool writes) {
  const std::uint32_t domain = problem.error.domain, code = problem.error.code;
  const std::string message = without_possible_secrets(problem.error.message);
  const Speaker speaker = speaker_of(domain, code);
  Failure out{.kind = classify(speaker, code)};
  out.native_code = speaker == Speaker::server ? std::to_string(code) : fmt::format("libmongoc {}.{}", domain, code);
  out.message = wire_.refusal().empty() ? fmt::format("{}: {}", address_.place, message) : wire_.refusal();
  if (speaker == Speaker::authentication || (speaker == Speaker::server && code == 18))
    out.message = fmt::format("{}: user '{}': {}", address_.place, address_.user, message);
  const bool network = wire_.broken() || speaker == Speaker::network || speaker == Speaker::selection;
  if (wire_.cancelled()) {
    out.kind = FailureKind::cancelled;
  } else if (wire_.timed_out()) {
    out.kind = FailureKind::timeout;
    if (wire_.refusal().empty())
      out.message = fmt::format("{}: no answer within the {} time-out of {:g} s", address_.place,
                                connected_ ? "operation" : "connect",
                                to_seconds(connected_ ? address_.operation_timeout : address_.connect_timeout));
  } else if (network && out.kind == FailureKind::rejected && speaker != Speaker::server) {
    out.kind = FailureKind::disconnected;
  }
  lost_ = lost_ || network || out.kind == FailureKind::disconnected || out.kind == FailureKind::cancelled;
  out.in_doubt = writes && ((network && wire_.sent()) || (speaker == Speaker::server && code == 64));
  return out;
}

Result<std::string> Connection::command(std::string_view database, const std::string& document, bool writes) {
  if (auto begun = begin(); !begun) return tl::unexpected(std::move(begun.error()));
  const View asked(document);
  bson_t reply;
  Problem problem;
  const bool done = mongoc_client_command_simple(client_, std::string(database).c_str(), &asked.bson, nullptr, &reply,
                                                 &problem.error);
  std::string out(bytes_of(reply));
  bson_destroy(&reply);
  if (!done) return tl::unexpected(failure_of(problem, writes));
  return out;
}

Result<Written> Connection::write(std::string_view collection, std::span<const Write> writes, Durability durability) {
  first_failed_.reset();
  if (writes.empty()) return Written{};
  if (auto begun = begin(); !begun) return tl::unexpected(std::move(begun.error()));
  using Collection = std::unique_ptr<mongoc_collection_t, decltype(&mongoc_collection_destroy)>;
  using Bulk = std::unique_ptr<mongoc_bulk_operation_t, decltype(&mongoc_bulk_operation_destroy)>;
  const Collection into(
      mongoc_client_get_collection(client_, address_.database.c_str(), std::string(collection).c_str()),
      mongoc_collection_destroy);
  DocumentWriter options;
  options.boolean("ordered", false);
  if (durability == Durability::journaled && !address_.own_write_concern)
    options.begin_document("writeConcern").text("w", "majority").boolean("j", true).end();
  const std::string how = options.take();
  const View all(how);
  const Bulk bulk(mongoc_collection_create_bulk_operation_with_opts(into.get(), &all.bson),
                  mongoc_bulk_operation_destroy);
  static const std::string kAsItIs = DocumentWriter().boolean("validate", false).take();
  static const std::string kUpsert = DocumentWriter().boolean("validate", false).boolean("upsert", true).take();
  const View as_it_is(kAsItIs), upsert(kUpsert);
  Problem problem;
  for (std::size_t i = 0; i < writes.size(); i++) {
    const View filter(writes[i].filter), document(writes[i].document);
    bool taken = false;
    switch (writes[i].kind) {
      case Write::Kind::insert:
        taken = mongoc_bulk_operation_insert_with_opts(bulk.get(), &document.bson, &as_it_is.bson, &problem.error);
        break;
      case Write::Kind::upsert:
      case Write::Kind::replace:
        taken = mongoc_bulk_operation_replace_one_with_opts(
            bulk.get(), &filter.bson, &document.bson,
            writes[i].kind == Write::Kind::upsert ? &upsert.bson : &as_it_is.bson, &problem.error);
        break;
      case Write::Kind::remove:
        taken = mongoc_bulk_operation_remove_one_with_opts(bulk.get(), &filter.bson, nullptr, &problem.error);
        break;
    }
    if (taken) continue;
    first_failed_ = i;
    return tl::unexpected(failure_of(problem, false));
  }
  bson_t reply;
  const bool done = mongoc_bulk_operation_execute(bulk.get(), &reply, &problem.error) != 0;
  const Written out{.inserted = static_cast<std::uint64_t>(number_in(reply, "nInserted")),
                    .matched = static_cast<std::uint64_t>(number_in(reply, "nMatched")),
                    .upserted = static_cast<std::uint64_t>(number_in(reply, "nUpserted")),
                    .removed = static_cast<std::uint64_t>(number_in(reply, "nRemoved"))};
  const std::optional<WriteError> failed = first_error(reply);
  bson_destroy(&reply);
  first_failed_ = failed ? std::optional(failed->index) : std::nullopt;
  // The library's own text is those of all of them, one behind the other, cut off where its room ends.
  if (failed && !failed->message.empty())
    fmt::format_to_n(problem.error.message, sizeof problem.error.message - 1, "{}{}", failed->message, '\0');
  if (!done) return tl::unexpected(failure_of(problem, true));
  return out;
}

// -------------------------------------------------------------------------------------------------------------------

Cursor::Cursor(Connection& connection, std::string_view collection, const std::string& filter,
               const std::string& options)
    : connection_(connection) {
  const View wanted(filter), how(options);
  mongoc_collection_t* const in = mongoc_client_get_collection(connection.client_, connection.address_.database.c_str(),
                                                               std::string(collection).c_str());
  cursor_ = mongoc_collection_find_with_opts(in, &wanted.bson, &how.bson, nullptr);
  mongoc_collection_destroy(in);
}

Cursor::~Cursor() {
  // A cursor that is open at the server is ended there, which takes a round trip.
  const bool lost = connection_.lost_ || connection_.wire_.interrupted();
  connection_.wire_.begin(lost ? real_clock().now() : real_clock().now() + std::chrono::seconds(1));
  mongoc_cursor_destroy(cursor_);
}

Result<std::optional<std::string_view>> Cursor::next(bool fresh) {
  if (ended_) return std::optional<std::string_view>();  // the library takes a second look for a mistake
  if (fresh)
    if (auto begun = connection_.begin(); !begun) return tl::unexpected(std::move(begun.error()));
  const bson_t* found = nullptr;
  if (mongoc_cursor_next(cursor_, &found)) return std::optional(bytes_of(*found));
  Connection::Problem problem;
  if (mongoc_cursor_error(cursor_, &problem.error)) return tl::unexpected(connection_.failure_of(problem, false));
  ended_ = true;
  return std::optional<std::string_view>();
}

}  // namespace assay::mongodb
