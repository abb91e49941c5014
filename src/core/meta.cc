#include "core/meta.h"

#include "base/error.h"

namespace assay {
namespace {

template <class T>
T must(Result<T> result, const char* what) {
  if (!result)
    throw Error(fmt::format("{}: {}", what, result.error().message),
                result.error().kind == FailureKind::disconnected ? ExitCode::unreachable : ExitCode::internal);
  if constexpr (!std::is_void_v<T>) return *result;
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

Meta::Meta(Session& session, std::string_view workload) : session_(session), workload_(workload) {
  ASSAY_ASSERT(session.query() != nullptr && session.rows() != nullptr);
}

void Meta::create() {
  if (!exists()) session_.rows()->create(meta_table());
}

bool Meta::exists() { return session_.rows()->exists(meta_table().name); }

std::optional<std::string> Meta::get(std::string_view name) {
  const Value arguments[] = {std::string_view(workload_), name};
  const ResultSet& rows =
      *must(session_.query()->run("select value from assay_meta where workload = $1 and name = $2", arguments),
            "reading assay_meta");
  if (rows.size() == 0) return std::nullopt;
  return std::string(rows.text(0, 0).value_or(""));
}

std::map<std::string, std::string> Meta::all(std::string_view prefix) {
  const Value arguments[] = {std::string_view(workload_)};
  const ResultSet& rows = *must(
      session_.query()->run("select name, value from assay_meta where workload = $1", arguments), "reading assay_meta");
  std::map<std::string, std::string> out;
  for (std::size_t r = 0; r < rows.size(); r++)
    if (const std::string_view name = rows.text(r, 0).value_or(""); name.starts_with(prefix))
      out.emplace(name, rows.text(r, 1).value_or(""));
  return out;
}

void Meta::put(std::string_view name, std::string_view value) {
  const Value key[] = {std::string_view(workload_), name};
  must(session_.query()->run("delete from assay_meta where workload = $1 and name = $2", key), "writing assay_meta");
  const Value row[] = {std::string_view(workload_), name, value};
  must(session_.query()->run("insert into assay_meta (workload, name, value) values ($1, $2, $3)", row),
       "writing assay_meta");
}

void Meta::remove() {
  if (!exists()) return;
  const Value arguments[] = {std::string_view(workload_)};
  must(session_.query()->run("delete from assay_meta where workload = $1", arguments), "cleaning assay_meta");
  const ResultSet& left = *must(session_.query()->run("select count(*) from assay_meta"), "cleaning assay_meta");
  if (left.integer(0, 0) == 0) session_.rows()->drop(meta_table().name);
}

}  // namespace assay
