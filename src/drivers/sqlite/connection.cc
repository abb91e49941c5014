#include "drivers/sqlite/connection.h"

#include "drivers/sqlite/failure.h"
#include "drivers/sqlite/json.h"
#include "drivers/sqlite/placeholders.h"
#include "runtime/wait.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sqlite3.h>
#include <utility>

namespace assay::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr int kInstructionsBetweenLooks = 20'000;  // of SQLite's machine: well under 1 ms of work
constexpr Nanos kPublishEvery = 200ms;

Declared declared_kind(const char* type) noexcept {
  if (type == nullptr) return Declared::plain;
  constexpr std::pair<std::string_view, Declared> kKinds[] = {
      {"BOOLEAN", Declared::boolean},    {"JSON TEXT", Declared::json}, {"ARRAY TEXT", Declared::json},
      {"UUID BLOB", Declared::uuid},     {"DATE", Declared::date},      {"TIME", Declared::time},
      {"TIMESTAMP", Declared::timestamp}};
  for (const auto& [name, kind] : kKinds)
    if (sqlite3_stricmp(type, name.data()) == 0) return kind;
  return Declared::plain;
}

Value integer_as(std::int64_t v, Declared declared) noexcept {
  switch (declared) {
    case Declared::boolean:
      return v != 0;
    case Declared::date:
      return Date{static_cast<std::int32_t>(v)};
    case Declared::time:
      return TimeOfDay{v};
    case Declared::timestamp:
      return Timestamp{v};
    default:
      return v;
  }
}

void add_cell(sqlite3_stmt* statement, int column, Declared declared, ResultSet& answer) {
  const auto copied = [&](const void* data) {
    return answer.keep({static_cast<const char*>(data),
                        data == nullptr ? 0u : static_cast<std::size_t>(sqlite3_column_bytes(statement, column))});
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return answer.add(integer_as(sqlite3_column_int64(statement, column), declared));
    case SQLITE_FLOAT:
      return answer.add(sqlite3_column_double(statement, column));
    case SQLITE_TEXT: {
      const std::string_view text = copied(sqlite3_column_text(statement, column));
      return declared == Declared::json ? answer.add(Json{text}) : answer.add(text);
    }
    case SQLITE_BLOB: {
      const void* data = sqlite3_column_blob(statement, column);
      if (declared == Declared::uuid && sqlite3_column_bytes(statement, column) == 16) {
        Uuid uuid;
        std::copy_n(static_cast<const std::uint8_t*>(data), 16, uuid.octets.begin());
        return answer.add(uuid);
      }
      return answer.add(Bytes{copied(data)});
    }
    default:
      return answer.add(kNull);
  }
}

/// One overload a kind of Value.
struct Binder {
  sqlite3_stmt* statement;
  int parameter;

  int text(std::string_view v, sqlite3_destructor_type memory) const {
    return sqlite3_bind_text64(statement, parameter, v.data() == nullptr ? "" : v.data(), v.size(), memory,
                               SQLITE_UTF8);
  }
  int blob(std::string_view v) const {
    return sqlite3_bind_blob64(statement, parameter, v.data() == nullptr ? "" : v.data(), v.size(), SQLITE_STATIC);
  }
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, parameter); }
  int operator()(bool v) const { return sqlite3_bind_int(statement, parameter, v ? 1 : 0); }
  int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, parameter, v); }
  int operator()(double v) const { return sqlite3_bind_double(statement, parameter, v); }
  int operator()(Decimal v) const { return sqlite3_bind_int64(statement, parameter, v.unscaled); }
  int operator()(std::string_view v) const { return text(v, SQLITE_STATIC); }
  int operator()(Bytes v) const { return blob(v.data); }
  int operator()(Json v) const { return text(v.text, SQLITE_STATIC); }
  int operator()(const Uuid& v) const {
    return blob({reinterpret_cast<const char*>(v.octets.data()), v.octets.size()});
  }
  int operator()(Date v) const { return sqlite3_bind_int64(statement, parameter, v.days); }
  int operator()(TimeOfDay v) const { return sqlite3_bind_int64(statement, parameter, v.microseconds); }
  int operator()(Timestamp v) const { return sqlite3_bind_int64(statement, parameter, v.microseconds); }
  int operator()(Array v) const { return text(to_json(v), SQLITE_TRANSIENT); }
};

/// Why a file cannot be opened, in words of the file system.
std::string why_not_opened(const std::string& path, bool create) {
  const auto may = [](const std::string& what, int how) {
    return faccessat(AT_FDCWD, what.c_str(), how, AT_EACCESS) == 0;
  };
  struct stat facts {};
  const bool there = stat(path.c_str(), &facts) == 0;
  if (there && S_ISDIR(facts.st_mode)) return "it is a directory; expected a file";
  if (there && !may(path, R_OK | W_OK)) return "the file is there, and its permissions do not let us read and write it";
  if (!there && !create) return "there is no such file; `assay prepare` makes it, unless the option create is off";
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  if (stat(directory.c_str(), &facts) != 0)
    return fmt::format("the directory {} is not there or not ours to enter", directory);
  if (!may(directory, W_OK | X_OK))
    return fmt::format("the directory {} is read-only to us, and SQLite keeps files beside the database", directory);
  return "the file system refuses it";
}

std::uint64_t take_status(sqlite3* db, int what) noexcept {
  int current = 0, highest = 0;
  sqlite3_db_status(db, what, &current, &highest, what != SQLITE_DBSTATUS_CACHE_USED);
  return static_cast<std::uint64_t>(std::max(current, 0));
}

bool blank(std::string_view rest) noexcept { return rest.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

Prepared& Prepared::operator=(Prepared&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(columns_, other.columns_);
  std::swap(looked_up_, other.looked_up_);
  return *this;
}

Prepared::~Prepared() { sqlite3_finalize(statement_); }

bool Prepared::writes() const noexcept { return sqlite3_stmt_readonly(statement_) == 0; }

std::span<const Declared> Prepared::columns() {
  const int prepared_anew = sqlite3_stmt_status(statement_, SQLITE_STMTSTATUS_REPREPARE, 0);
  if (prepared_anew != looked_up_) {
    looked_up_ = prepared_anew;
    columns_.clear();
    for (int c = 0; c < sqlite3_column_count(statement_); c++)
      columns_.push_back(declared_kind(sqlite3_column_decltype(statement_, c)));
  }
  return columns_;
}

Result<std::unique_ptr<Connection>> Connection::open(const Settings& settings, std::shared_ptr<Counters> counters) {
  std::unique_ptr<Connection> self(new Connection(settings, std::move(counters)));
  self->timeout_ = settings.connect_timeout;
  Result<> opened = self->open_file();
  if (opened) opened = self->apply_settings();
  if (!opened) return tl::unexpected(std::move(opened.error()));
  self->timeout_ = settings.operation_timeout;
  return self;
}

Connection::~Connection() {
  if (db_ != nullptr) publish(true);
  sqlite3_close_v2(db_);
}

Result<> Connection::open_file() {
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (settings_.create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(settings_.path.c_str(), &db_, flags, nullptr);
  if (code != SQLITE_OK) {
    const std::string why = why_not_opened(settings_.path, settings_.create);
    sqlite3_close_v2(std::exchange(db_, nullptr));
    return fail(classify(code), fmt::format("cannot open {}: {}", settings_.path, why), std::string(code_name(code)));
  }
  counters_->sessions.fetch_add(1, std::memory_order_relaxed);
  sqlite3_busy_handler(db_, &Connection::on_busy, this);
  sqlite3_progress_handler(db_, kInstructionsBetweenLooks, &Connection::on_progress, this);
  start_clock();
  // SQLite opens lazily and falls back to reading: this reads the header, and says whether the file may be written.
  if (Result<std::string> read = ask("select count(*) from sqlite_schema"); !read)
    return tl::unexpected(std::move(read.error()));
  if (sqlite3_db_readonly(db_, "main") == 1)
    return fail(FailureKind::rejected,
                fmt::format("{} can be read but not written; check the permissions of the file", settings_.path),
                "SQLITE_READONLY");
  return {};
}

Result<> Connection::apply_settings() {
  Result<> result = apply_page_size();
  if (result) result = apply_journal_mode();
  const std::string pragmas[] = {
      fmt::format("pragma synchronous={}", settings_.synchronous),
      fmt::format("pragma cache_size=-{}", settings_.cache_bytes / 1024),
      fmt::format("pragma mmap_size={}", settings_.mmap_bytes),
      fmt::format("pragma wal_autocheckpoint={}", settings_.wal_autocheckpoint),
      "pragma foreign_keys=on",
  };
  for (const std::string& pragma : pragmas)
    if (result) result = execute(pragma);
  return result;
}

Result<> Connection::apply_page_size() {
  const Result<std::string> pages = ask("pragma page_count");
  if (!pages) return tl::unexpected(pages.error());
  if (*pages == "0") return execute(fmt::format("pragma page_size={}", settings_.page_size));
  if (!settings_.page_size_given) return {};
  const Result<std::string> size = ask("pragma page_size");
  if (!size) return tl::unexpected(size.error());
  if (*size == std::to_string(settings_.page_size)) return {};
  return fail(FailureKind::rejected, fmt::format("{} has pages of {} bytes, and page-size={} was asked; the page size "
                                                 "of a database is chosen when its file is made",
                                                 settings_.path, *size, settings_.page_size));
}

/// The mode is a property of the file, and to change it needs the file alone for a moment: SQLite does not call the
/// busy handler for that.
Result<> Connection::apply_journal_mode() {
  const TimePoint give_up = real_clock().now() + std::min(settings_.busy_timeout, settings_.connect_timeout);
  for (;;) {
    Result<std::string> mode = ask("pragma journal_mode");
    if (mode && *mode != settings_.journal_mode)
      mode = ask(fmt::format("pragma journal_mode={}", settings_.journal_mode));
    if (mode && *mode == settings_.journal_mode) return {};
    if (mode)
      return fail(FailureKind::rejected, fmt::format("{}: journal mode {} was asked, and SQLite stays in {}",
                                                     settings_.path, settings_.journal_mode, *mode));
    if (mode.error().kind != FailureKind::conflict || real_clock().now() >= give_up)
      return tl::unexpected(std::move(mode.error()));
    runtime::sleep_until(real_clock().now() + 5ms);
  }
}

Result<Prepared> Connection::prepare(std::string_view text, bool keep) {
  start_clock();
  const std::string own = with_own_placeholders(text);
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(db_, own.c_str(), static_cast<int>(own.size() + 1),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0u, &statement, &rest);
  if (code != SQLITE_OK) return failure(code);
  Prepared prepared(statement);
  if (statement == nullptr) return fail(FailureKind::rejected, "the statement is empty", "SQLITE_ERROR");
  if (!blank(rest)) return fail(FailureKind::rejected, fmt::format("more than one statement in '{}'", text));
  return prepared;
}

Result<> Connection::execute(Prepared& prepared, std::span<const Value> arguments, ResultSet& answer) {
  start_clock();
  sqlite3_stmt* statement = prepared.get();
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
  answer.reset(0);
  if (wanted != arguments.size())
    return fail(FailureKind::rejected, fmt::format("the statement has {} parameters, and {} arguments were given: {}",
                                                   wanted, arguments.size(), sqlite3_sql(statement)));
  int code = SQLITE_OK;
  for (std::size_t i = 0; i < wanted && code == SQLITE_OK; i++)
    code = bind(prepared, static_cast<int>(i + 1), arguments[i]);
  if (code != SQLITE_OK) return done(prepared, code);

  const std::int64_t total_before = sqlite3_total_changes64(db_);
  code = step(prepared);  // prepares anew when the schema changed, so columns are looked up behind it
  const std::span<const Declared> columns = prepared.columns();
  answer.reset(columns.size());
  for (; code == SQLITE_ROW; code = step(prepared))
    for (std::size_t c = 0; c < columns.size(); c++) add_cell(statement, static_cast<int>(c), columns[c], answer);
  if (sqlite3_total_changes64(db_) != total_before) answer.set_affected(changes());
  Result<> result = done(prepared, code);
  if (!result) answer.reset(0);
  return result;
}

Result<> Connection::execute(std::string_view text) {
  Result<Prepared> prepared = prepare(text, false);
  if (!prepared) return tl::unexpected(std::move(prepared.error()));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = step(*prepared);
  return done(*prepared, code);
}

Result<std::string> Connection::ask(std::string_view text) {
  Result<Prepared> prepared = prepare(text, false);
  if (!prepared) return tl::unexpected(std::move(prepared.error()));
  std::string answer;
  int code = step(*prepared);
  if (code == SQLITE_ROW)
    if (const auto* cell = sqlite3_column_text(prepared->get(), 0)) answer = reinterpret_cast<const char*>(cell);
  while (code == SQLITE_ROW) code = step(*prepared);
  if (Result<> result = done(*prepared, code); !result) return tl::unexpected(std::move(result.error()));
  return answer;
}

void Connection::start_clock() noexcept {
  const TimePoint now = real_clock().now();
  deadline_ = patient_ ? TimePoint::max() : now + timeout_;
  if (now - published_ >= kPublishEvery) {
    published_ = now;
    publish(false);
  }
}

int Connection::bind(Prepared& prepared, int parameter, const Value& value) {
  return std::visit(Binder{prepared.get(), parameter}, value);
}

int Connection::bind_blob(Prepared& prepared, int parameter, std::string_view data) noexcept {
  return Binder{prepared.get(), parameter}.blob(data);
}

int Connection::step(Prepared& prepared) noexcept { return sqlite3_step(prepared.get()); }

std::string_view Connection::blob(Prepared& prepared, int column) const noexcept {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(prepared.get(), column));
  return {data, data == nullptr ? 0u : static_cast<std::size_t>(sqlite3_column_bytes(prepared.get(), column))};
}

Result<> Connection::done(Prepared& prepared, int code) {
  executed_++;
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) {
    sqlite3_reset(prepared.get());
    return {};
  }
  auto failed = failure(code);
  sqlite3_reset(prepared.get());
  return failed;
}

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

std::uint64_t Connection::changes() const noexcept { return static_cast<std::uint64_t>(sqlite3_changes64(db_)); }

tl::unexpected<Failure> Connection::failure(int code) const {
  const bool stopped = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_INTERRUPT;
  if (stopped && interrupted_) return fail(FailureKind::cancelled, "cancelled", std::string(code_name(code)));
  const FailureKind kind = classify(code);
  const std::string told = sqlite3_errmsg(db_);
  std::string message;
  switch (code & 0xff) {
    case SQLITE_BUSY:
      message =
          fmt::format("{} is locked by another session or process ({}); waited at most {} ms", settings_.path, told,
                      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.busy_timeout).count());
      break;
    case SQLITE_INTERRUPT:
      message = fmt::format("no answer from {} within {} ms", settings_.path,
                            std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count());
      break;
    case SQLITE_NOTADB:
      message = fmt::format("{} is not a SQLite database ({})", settings_.path, told);
      break;
    case SQLITE_CANTOPEN:
      message = fmt::format("cannot open {}: {}", settings_.path, why_not_opened(settings_.path, settings_.create));
      break;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
      message = fmt::format("{}: {}", settings_.path, told);
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      message = fmt::format("{}: {}: {}", settings_.path, told, why_not_opened(settings_.path, settings_.create));
      break;
    default:
      message = told;
  }
  return fail(kind, std::move(message), std::string(code_name(code)));
}

void Connection::publish(bool last) noexcept {
  counters_->cache_hits += take_status(db_, SQLITE_DBSTATUS_CACHE_HIT);
  counters_->cache_misses += take_status(db_, SQLITE_DBSTATUS_CACHE_MISS);
  counters_->cache_spills += take_status(db_, SQLITE_DBSTATUS_CACHE_SPILL);
  counters_->cache_writes += take_status(db_, SQLITE_DBSTATUS_CACHE_WRITE);
  const auto used = last ? 0 : static_cast<std::int64_t>(take_status(db_, SQLITE_DBSTATUS_CACHE_USED));
  counters_->cache_bytes += used - std::exchange(cache_bytes_, used);
  if (last) counters_->sessions -= 1;
}

/// Asks for the lock again soon: SQLite's own handler sleeps up to 100 ms at a time, which would be measured as the
/// target's response.
int Connection::on_busy(void* self, int count) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  const TimePoint now = real_clock().now();
  if (count == 0) connection.busy_since_ = now;
  const TimePoint give_up = std::min(connection.busy_since_ + connection.settings_.busy_timeout, connection.deadline_);
  if (now >= give_up || connection.interrupted_) return 0;
  const Nanos pause = std::min<Nanos>(2ms, 50us * (1 + std::min(count, 100)));
  return runtime::sleep_until(std::min(now + pause, give_up)) == runtime::Ready::cancelled ? 0 : 1;
}

int Connection::on_progress(void* self) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  return connection.interrupted_ || real_clock().now() > connection.deadline_ ? 1 : 0;
}

}  // namespace assay::sqlite
