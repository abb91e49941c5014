#include "core/meta.h"

#include "base/error.h"
#include "core/parallel.h"

namespace assay {
namespace {

template <class T>
T must(Result<T> result, const char* what) {
  return value_or_throw(std::move(result), what);
}

}  // namespace

const Table& meta_table() {
  static const Table table{.name = "assay_meta",
                           .columns = {{.name = "workload", .type = ColumnType::varchar, .length = 64},
                                       {.name = "name", .type = ColumnType::varchar, .length = 190},
                                       {.name = "value", .type = ColumnType::text}},
                           .primary_key = {"workload", "name"},
                           .foreign_keys = {},
                           .indexes = {},
                           .partitioning = {}};
  return table;
}

Meta::Meta(Session& session, std::string_view workload)
    : session_(session), workload_(workload), by_kv_(session.query() == nullptr || session.rows() == nullptr) {
  ASSAY_ASSERT(!by_kv_ || session.kv() != nullptr);
}

void Meta::create() {
  if (by_kv_) return session_.kv()->create(meta_table().name);
  if (exists()) return;
  try {
    session_.rows()->create(meta_table());
  } catch (const Error&) {
    if (!exists()) throw;  // another process, or the statement of one that was killed, made it between the two
  }
}

bool Meta::exists() {
  return by_kv_ ? session_.kv()->exists(meta_table().name) : session_.rows()->exists(meta_table().name);
}

std::optional<std::string> Meta::get(std::string_view name) {
  if (by_kv_) {
    std::string value;
    const bool found = must(kv().get(fmt::format("{}/{}", workload_, name), value), "reading assay_meta");
    return found ? std::optional(std::move(value)) : std::nullopt;
  }
  const Value arguments[] = {std::string_view(workload_), name};
  const ResultSet& rows =
      *must(session_.query()->run("select value from assay_meta where workload = $1 and name = $2", arguments),
            "reading assay_meta");
  if (rows.size() == 0) return std::nullopt;
  return std::string(rows.text(0, 0).value_or(""));
}

std::map<std::string, std::string> Meta::all(std::string_view prefix) {
  std::map<std::string, std::string> out;
  if (by_kv_) {
    const std::string own = workload_ + "/";
    for (auto& [key, value] : kv_entries(own + std::string(prefix)))
      out.emplace(key.substr(own.size()), std::move(value));
    return out;
  }
  const Value arguments[] = {std::string_view(workload_)};
  const ResultSet& rows = *must(
      session_.query()->run("select name, value from assay_meta where workload = $1", arguments), "reading assay_meta");
  for (std::size_t r = 0; r < rows.size(); r++)
    if (const std::string_view name = rows.text(r, 0).value_or(""); name.starts_with(prefix))
      out.emplace(name, rows.text(r, 1).value_or(""));
  return out;
}

void Meta::put(std::string_view name, std::string_view value) { must(try_put(name, value), "writing assay_meta"); }

Result<> Meta::try_put(std::string_view name, std::string_view value) {
  if (by_kv_) return kv().put(fmt::format("{}/{}", workload_, name), value);
  QueryFacet& query = *session_.query();
  const Value key[] = {std::string_view(workload_), name};
  const Value change[] = {value, std::string_view(workload_), name};
  const Value row[] = {std::string_view(workload_), name, value};
  // One statement changes an entry that is there: whoever is killed in between, or reads meanwhile, finds the old value or
  // the new one, also outside a transaction. It is looked for first: a change of what is not there locks in InnoDB, until
  // the transaction's end, the place where others insert theirs.
  const auto changed = [&]() -> Result<bool> {
    const Result<const ResultSet*> done =
        query.run("update assay_meta set value = $1 where workload = $2 and name = $3", change);
    if (!done) return tl::unexpected(done.error());
    return (*done)->affected() > 0;
  };
  const Result<const ResultSet*> found =
      query.run("select name from assay_meta where workload = $1 and name = $2", key);
  if (!found) return tl::unexpected(found.error());
  if ((*found)->size() > 0)
    if (const Result<bool> done = changed(); !done || *done) return done ? Result<>() : tl::unexpected(done.error());
  const bool alone = !query.in_transaction();
  const Result<const ResultSet*> inserted =
      query.run("insert into assay_meta (workload, name, value) values ($1, $2, $3)", row);
  if (inserted) return {};
  Failure failure = inserted.error();
  // Another process may have made the entry between the two.
  if (alone && failure.kind == FailureKind::rejected)
    if (const Result<bool> done = changed(); done && *done) return {};
  return tl::unexpected(std::move(failure));
}

void Meta::erase(std::string_view name) {
  if (by_kv_) return void(must(kv().remove(fmt::format("{}/{}", workload_, name)), "cleaning assay_meta"));
  const Value arguments[] = {std::string_view(workload_), name};
  must(session_.query()->run("delete from assay_meta where workload = $1 and name = $2", arguments),
       "cleaning assay_meta");
}

void Meta::remove() {
  if (!exists()) return;
  if (by_kv_) return kv_remove();
  const Value arguments[] = {std::string_view(workload_)};
  must(session_.query()->run("delete from assay_meta where workload = $1", arguments), "cleaning assay_meta");
  const ResultSet& left = *must(session_.query()->run("select count(*) from assay_meta"), "cleaning assay_meta");
  if (left.integer(0, 0) == 0) session_.rows()->drop(meta_table().name);
}

KvFacet& Meta::kv() {
  session_.kv()->use(meta_table().name);
  return *session_.kv();
}

std::vector<std::pair<std::string, std::string>> Meta::kv_entries(const std::string& prefix) {
  constexpr std::size_t kPage = 1000;
  std::vector<std::pair<std::string, std::string>> entries;
  for (std::string first = prefix;;) {
    const std::size_t before = entries.size();
    must(kv().scan(first, kPage, entries), "reading assay_meta");
    const bool last_page = entries.size() - before < kPage;
    while (entries.size() > before && !entries.back().first.starts_with(prefix)) entries.pop_back();
    if (last_page || entries.size() - before < kPage) return entries;
    first = entries.back().first + '\0';
  }
}

void Meta::kv_remove() {
  for (const auto& [key, value] : kv_entries(workload_ + "/")) must(kv().remove(key), "cleaning assay_meta");
  std::vector<std::pair<std::string, std::string>> left;
  must(kv().scan("", 1, left), "cleaning assay_meta");
  if (left.empty()) session_.kv()->drop(meta_table().name);
}

}  // namespace assay
