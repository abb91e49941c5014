#include "workloads/populate/record.h"

#include "base/error.h"
#include "core/parallel.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace assay::populate {
namespace {

constexpr std::string_view kVersion = "1";
constexpr std::string_view kStates[] = {"creating", "schema", "loading", "indexing", "complete", "removing"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::uint64_t number_of(std::string_view text, std::string_view entry) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("assay_meta says '{}' for {} of populate; expected a number", text, entry));
  return value;
}

}  // namespace

std::string_view to_string(State state) { return kStates[static_cast<std::size_t>(state)]; }

RowsFacet& rows_of(Session& session) {
  if (session.rows() == nullptr) throw Error("the target takes no rows, which the workload populate needs");
  return *session.rows();
}

void transaction(Session& session, const std::function<void()>& work) {
  QueryFacet* const query = session.query();
  if (query == nullptr) return work();
  value_or_throw(query->begin({}), "beginning a transaction");
  try {
    work();
    value_or_throw(query->commit(), "committing");
  } catch (...) {
    static_cast<void>(query->rollback());
    throw;
  }
}

std::optional<Record> read_record(Session& session, std::string_view owner) {
  Meta meta(session, owner);
  if (!meta.exists()) return std::nullopt;
  const std::optional<std::string> state = meta.get("state");
  if (!state) return std::nullopt;
  const std::string version = meta.get("version").value_or("");
  if (version != kVersion)
    throw Error(fmt::format(
        "the target holds populated data of version '{}', this assay reads and writes version {}; clean it up "
        "with the assay that made it",
        version, kVersion));
  const auto found = std::find(std::begin(kStates), std::end(kStates), *state);
  if (found == std::end(kStates))
    throw Error(fmt::format("assay_meta says the state '{}' of populate; expected one of {}", *state,
                            fmt::join(kStates, ", ")));
  Record out;
  out.owner = owner;
  out.state = static_cast<State>(found - std::begin(kStates));
  out.schema = meta.get("schema").value_or("");
  out.tables = lines_of(meta.get("tables").value_or(""));
  out.made = lines_of(meta.get("made").value_or(""));
  out.batch_rows = std::max<std::uint64_t>(number_of(meta.get("batch_rows").value_or("0"), "batch_rows"), 1);
  out.keys_first = meta.get("keys_first") == "true";
  return out;
}

void write_record(Session& session, const Record& record) {
  Meta meta(session, record.owner);
  transaction(session, [&] {
    meta.put("version", kVersion);
    meta.put("schema", record.schema);
    meta.put("tables", fmt::format("{}", fmt::join(record.tables, "\n")));
    meta.put("made", fmt::format("{}", fmt::join(record.made, "\n")));
    meta.put("batch_rows", std::to_string(record.batch_rows));
    meta.put("keys_first", record.keys_first ? "true" : "false");
    meta.put("state", to_string(record.state));  // last: without it there is no record
  });
}

void set_state(Session& session, Record& record, State state) {
  record.state = state;
  Meta(session, record.owner).put("state", to_string(state));
}

std::string ledger_name(const Stretch& stretch) {
  return fmt::format("{}{:05}/{:016}", kLedger, stretch.table, stretch.rows.first);
}

std::map<std::size_t, std::vector<RowRange>> read_ledger(Session& session, std::string_view owner) {
  std::map<std::size_t, std::vector<RowRange>> out;
  for (const auto& [name, value] : Meta(session, owner).all(kLedger)) {
    const std::string_view rest = std::string_view(name).substr(kLedger.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size() - 1);
    const std::uint64_t table = number_of(rest.substr(0, slash), name), first = number_of(rest.substr(slash + 1), name);
    out[table].push_back({first, first + number_of(value, name)});
  }
  return out;
}

void erase_all(Session& session, std::string_view prefix, std::string_view owner) {
  if (session.query() != nullptr) {
    const std::string like = std::string(prefix) + "%";
    const Value arguments[] = {owner, std::string_view(like)};
    value_or_throw(session.query()->run("delete from assay_meta where workload = $1 and name like $2", arguments),
                   "clearing assay_meta");
    return;
  }
  Meta meta(session, owner);
  for (const auto& [name, value] : meta.all(prefix)) meta.erase(name);
}

Record require_complete(Session& session, std::string_view owner) {
  std::optional<Record> record = read_record(session, owner);
  if (!record)
    throw Error(
        "the target holds no populated data; load it with: assay prepare populate --schema FILE --target … "
        "(data that was loaded under --record NAME is found by that)");
  if (record->state == State::removing)
    throw Error("the clean-up of populated data was not finished; run assay cleanup populate again");
  if (record->state == State::schema)
    throw Error("only the tables were made (--schema-only); fill them with: assay prepare populate --data-only …");
  if (record->state != State::complete)
    throw Error(fmt::format(
        "the load of populated data was not finished: it is {}; run assay prepare populate again, it goes on "
        "where it stopped",
        to_string(record->state)));
  return *std::move(record);
}

Population population_of(const Record& record, const RowsTraits& traits) {
  return {schema_of_record(record.schema), record.tables, traits};
}

}  // namespace assay::populate
