#include "base/error.h"
#include "core/parallel.h"
#include "core/sql_rows.h"
#include "workloads/populate/load.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

namespace assay::populate {
namespace {

using namespace std::chrono_literals;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The names, sorted, so that their order does not matter.
std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

std::string keys_name(std::size_t table, std::string_view what) { return fmt::format("keys/{:05}/{}", table, what); }

bool same_columns(const Table& a, const Table& b) {
  return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    [](const Column& x, const Column& y) {
                      return x.name == y.name && x.type == y.type && x.length == y.length &&
                             x.precision == y.precision && x.scale == y.scale && x.nullable == y.nullable;
                    });
}

}  // namespace

Stage::Stage(Target& target, Shard shard, Progress& progress, std::stop_token stop, const Settings& settings,
             std::optional<std::uint64_t> seed)
    : target_(target),
      shard_(shard),
      progress_(progress),
      stop_(std::move(stop)),
      settings_(settings),
      seed_(seed),
      session_(open_session(target)) {
  rows_of(*session_);
  meta_.emplace(*session_, settings_.owner);
}

void Stage::reopen() {
  for (const TimePoint give_up = real_clock().now() + 30s;;) {
    Result<std::unique_ptr<Session>> opened = target_.connect();
    if (opened) {
      meta_.reset();
      session_ = std::move(*opened);
      meta_.emplace(*session_, settings_.owner);
      return;
    }
    const FailureKind kind = opened.error().kind;
    if ((kind != FailureKind::disconnected && kind != FailureKind::overloaded) || real_clock().now() >= give_up)
      throw_failure(opened.error(), "connecting");
    pause(200ms);
  }
}

void Stage::pause(Nanos time) const {
  if (stop_.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
  std::this_thread::sleep_for(time);
}

bool Stage::is_made(const std::string& table) const { return contains(record_->made, table); }

std::vector<std::string> Stage::existing(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names)
    if (rows_of(*session_).exists(name)) out.push_back(name);
  return out;
}

void Stage::look() {
  record_ = read_record(*session_, settings_.owner);
  if (record_ && record_->state == State::removing)
    throw Error("a clean-up of populated data was not finished; run assay cleanup populate again first");
  empties_ = record_ && record_->state != State::creating && settings_.mode_given && settings_.mode == Mode::truncate;
  if (settings_.mode == Mode::truncate && shard_.count > 1)
    throw Error(
        "--mode truncate does not work with several processes, which would empty what others load; run assay cleanup "
        "populate, "
        "or empty the tables, first");
  std::optional<dataset::Schema> asked;
  if (!settings_.schema_file.empty())
    asked = read_schema(settings_.schema_file, {.rows = settings_.row_count, .seed = seed_});
  else if (!record_)
    throw Error("--schema is missing, and the target holds no populated data; expected a file, see docs/schema.md");
  going_on_ = record_.has_value() && !empties_;
  if (going_on_ && record_->state != State::creating) require_tables();
  if (going_on_) compare(asked);
  population_ = std::make_shared<const Population>(
      asked ? *std::move(asked) : schema_of_record(record_->schema),
      settings_.tables.empty() && record_ ? record_->tables : settings_.tables, rows_of(*session_).traits());
  look_at_range(settings_.rows, *population_, progress_);
}

/// Of data that were begun. A file that is shorter than what was written says so when it is written to.
void Stage::require_tables() {
  RowsFacet& rows = rows_of(*session_);
  const Population there = population_of(*record_, rows.traits());
  for (const std::size_t t : there.order()) {
    const Table& table = there.table(t);
    if (!rows.exists(table.name))
      throw Error(
          fmt::format("the table {} was made, and is not there any more; run assay cleanup populate, and begin anew",
                      table.name),
          ExitCode::unreachable);
    if (rows.traits().keyed || rows.traits().transactions) continue;
    if (const Result<> whole = rows.write(table, RowBatch(table.columns.size())); !whole)
      throw_failure(whole.error(), "looking at table " + table.name);
  }
}

void Stage::compare(const std::optional<dataset::Schema>& asked) const {
  const Population there = population_of(*record_, session_->rows()->traits());
  const auto refuse = [&](const std::string& wish, std::string_view more) {
    throw Error(fmt::format(
        "the target holds other populated data ({}): {}; asked for: {}{}. Run assay cleanup populate first, "
        "give --mode truncate, or for other tables beside them a --record of their own{}",
        to_string(record_->state), there.describe(), wish, more,
        settings_.mode == Mode::append
            ? "; more rows of the data that are there are added by assay run populate --changes insert=1 --count N"
            : ""));
  };
  if (asked && dataset::show_schema(*asked) != record_->schema) {
    const std::string wish = Population(*asked, settings_.tables, session_->rows()->traits()).describe();
    refuse(wish, wish == there.describe() ? ", of another schema" : "");
  }
  if (seed_ && *seed_ != there.schema().seed) refuse(fmt::format("seed {}", *seed_), "");
  std::vector<std::string> wanted = settings_.tables;
  if (wanted.empty() && asked)
    for (const dataset::Table& table : asked->tables) wanted.push_back(table.name);
  if (!wanted.empty() && sorted(wanted) != sorted(there.names()))
    refuse(fmt::format("the tables {}", fmt::join(sorted(wanted), ", ")), "");
}

void Stage::make_tables() {
  if (shard_.index != 0) return wait_for_tables();
  if (!record_)
    begin();
  else if (empties_)
    empty();
  if (record_->state == State::creating) create_tables();
  if (record_->state == State::schema && !settings_.schema_only) {
    record_->keys_first = true;
    record_->state = State::loading;
    write_record(*session_, *record_);
  }
}

void Stage::begin() {
  const std::vector<std::string> there = existing(population_->names());
  if (settings_.data_only && there.size() < population_->names().size()) {
    std::vector<std::string> missing;
    for (const std::string& name : population_->names())
      if (!contains(there, name)) missing.push_back(name);
    throw Error(
        fmt::format("--data-only needs the tables, and the target has none named {}; make them with --schema-only",
                    fmt::join(missing, ", ")));
  }
  if (!settings_.data_only && settings_.mode == Mode::create && !there.empty())
    throw Error(fmt::format(
        "the target has tables named {} that assay did not make; nothing was touched. --mode append adds rows "
        "to tables that are there, --mode truncate empties them first",
        fmt::join(there, ", ")));
  refuse_other_columns(there);
  for (const std::size_t t : population_->order())
    if (!contains(there, population_->table(t).name)) session_->rows()->look_at(population_->table(t));
  Record record;
  record.owner = settings_.owner;
  record.schema = dataset::show_schema(population_->schema());
  record.tables = population_->names();
  for (const std::string& name : record.tables)
    if (!contains(there, name)) record.made.push_back(name);
  record.batch_rows = settings_.batch_rows;
  record.keys_first = !there.empty();
  try {
    meta_->create();
  } catch (const Error&) {  // somebody else may have made it at the same time
    if (!meta_->exists()) throw;
  }
  write_record(*session_, record);
  record_ = std::move(record);
}

/// Tables that somebody else made must have the columns that are written; the target says which of them it has not.
void Stage::refuse_other_columns(const std::vector<std::string>& there) {
  QueryFacet* const query = session_->query();
  if (query == nullptr) return;
  std::vector<std::string> mistakes;
  for (const std::string& name : there) {
    const std::string table = quoted_name(query->dialect(), name);
    std::string columns;  // with their table: SQLite takes an unknown quoted name alone for a text
    for (const Column& column : population_->table(*population_->schema().table(name)).columns)
      columns += fmt::format("{}{}.{}", columns.empty() ? "" : ", ", table, quoted_name(query->dialect(), column.name));
    const Result<const ResultSet*> found = query->run(fmt::format("select {} from {} where 1 = 0", columns, table));
    if (found) continue;
    if (found.error().kind != FailureKind::rejected) throw_failure(found.error(), "looking at table " + name);
    mistakes.push_back(
        fmt::format("the table {} that is there has other columns than the schema: {}", name, found.error().message));
  }
  refuse_mistakes(mistakes);
}

void Stage::empty() {
  const Population before = population_of(*record_, session_->rows()->traits());
  for (const std::string& name : record_->tables) {
    const auto t = population_->schema().table(name), old = before.schema().table(name);
    if (!t || !same_columns(population_->table(*t), before.table(*old)))
      throw Error(
          fmt::format("--mode truncate keeps the tables, and {} is another in the schema than in the target; run assay "
                      "cleanup populate first",
                      name));
  }
  if (sorted(population_->names()) != sorted(record_->tables))
    throw Error(
        fmt::format("--mode truncate keeps the tables of the load, which are {}; expected no others in --tables",
                    fmt::join(record_->tables, ", ")));
  // Keys of data that are whole are there, and stay.
  if (record_->state == State::complete) {
    record_->keys_first = true;
    for (const std::size_t t : population_->order())
      for (const std::string_view what : {"index", "foreign"}) meta_->put(keys_name(t, what), "done");
  }
  // Should it be killed, what is left is not taken for the whole.
  record_->schema = dataset::show_schema(population_->schema());
  record_->batch_rows = settings_.batch_rows;
  record_->state = State::creating;
  write_record(*session_, *record_);
}

void Stage::create_tables() {
  RowsFacet& rows = *session_->rows();
  const Patience patience(*session_);
  for (const std::size_t t : population_->order()) {
    const Table& table = population_->table(t);
    if (!is_made(table.name) || rows.exists(table.name)) continue;
    try {
      rows.create(table);
    } catch (const Error&) {
      // The statement of a process that was killed may have been carried out meanwhile.
      if (!rows.exists(table.name)) throw;
      if (!going_on_)
        throw Error(fmt::format("the table {} was made by somebody else at the same time; is another load of the same "
                                "data under way?",
                                table.name),
                    ExitCode::unreachable);
    }
  }
  if (settings_.mode == Mode::truncate) {
    rows.truncate_all(existing(population_->names()));
    erase_all(*session_, kLedger, settings_.owner);
    erase_all(*session_, kChanges, settings_.owner);
  }
  if (settings_.schema_only) {
    make_keys();
    return set_state(*session_, *record_, State::schema);
  }
  set_state(*session_, *record_, State::loading);
}

void Stage::wait_for_tables() {
  for (int tenths = 0; tenths < 600; tenths++) {
    if (std::optional<Record> there = read_record(*session_, settings_.owner);
        there && there->state != State::creating) {
      record_ = std::move(there);
      compare(std::nullopt);
      if (settings_.schema_only || record_->state != State::schema) return;
    }
    pause(100ms);
  }
  throw Error("waited 60 s for the process with shard 0 to create the tables of populate; is it running?",
              ExitCode::unreachable);
}

std::vector<Stretch> Stage::todo() {
  const std::map<std::size_t, std::vector<RowRange>> ledger =
      record_ ? read_ledger(*session_, settings_.owner) : std::map<std::size_t, std::vector<RowRange>>();
  const std::uint64_t batch_rows = record_ ? record_->batch_rows : settings_.batch_rows;
  std::vector<Stretch> out;
  for (const std::size_t t : population_->order()) {
    const std::uint64_t rows = population_->rows(t);
    RowRange own = share_of(rows, shard_.index, shard_.count);
    if (settings_.rows) own = {std::min(settings_.rows->first, rows), std::min(settings_.rows->end, rows)};
    const auto there = ledger.find(t);
    for (const RowRange& range :
         left_of(own, there == ledger.end() ? std::vector<RowRange>() : there->second, batch_rows))
      out.push_back({t, range});
  }
  return out;
}

bool Stage::covered(std::size_t table, std::uint64_t end,
                    const std::map<std::size_t, std::vector<RowRange>>& ledger) const {
  const auto there = ledger.find(table);
  return left_of({0, end}, there == ledger.end() ? std::vector<RowRange>() : there->second, end + 1).empty();
}

void Stage::wait_for_rows(std::size_t table, std::uint64_t end) {
  std::size_t seen = 0;
  for (TimePoint moved = real_clock().now();;) {
    const auto ledger = read_ledger(*session_, settings_.owner);
    if (covered(table, end, ledger)) return;
    std::size_t notes = 0;
    for (const auto& [t, ranges] : ledger) notes += ranges.size();
    if (notes > seen) moved = real_clock().now();
    seen = std::max(seen, notes);
    if (real_clock().now() - moved > 120s)
      throw Error(fmt::format("rows of table {} are missing and nothing came for 120 s: are all {} processes running?",
                              population_->table(table).name, shard_.count),
                  ExitCode::unreachable);
    pause(200ms);
  }
}

/// Each step and its note are one transaction; where DDL commits, the driver makes only what is not there yet.
void Stage::make_keys() {
  if (settings_.data_only) return;
  const std::map<std::string, std::string> done = meta_->all("keys/");
  const Patience patience(*session_);
  progress_.start("creating indexes and foreign keys", "tables", 2 * population_->order().size());
  const auto step = [&](const std::string& name, const std::function<void()>& work) {
    if (stop_.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
    if (!done.contains(name))
      transaction(*session_, [&] {
        work();
        meta_->put(name, "done");
      });
    progress_.advance(1);
  };
  for (const bool foreign : {false, true})
    for (const std::size_t t : population_->order()) {
      const Table& table = population_->table(t);
      if (!is_made(table.name)) continue;
      step(keys_name(t, foreign ? "foreign" : "index"), [&] {
        if (foreign)
          session_->rows()->create_foreign_keys(table);
        else
          session_->rows()->create_indexes(table);
      });
    }
}

void Stage::finish() {
  if (settings_.schema_only) return;
  if (settings_.rows) {
    const auto ledger = read_ledger(*session_, settings_.owner);
    for (const std::size_t t : population_->order())
      if (!covered(t, population_->rows(t), ledger))
        return progress_.note(
            fmt::format("rows of table {} are still to come; who loads the last ones makes indexes and foreign "
                        "keys",
                        population_->table(t).name));
  } else if (shard_.index != 0) {
    return;
  } else {
    for (const std::size_t t : population_->order()) wait_for_rows(t, population_->rows(t));
  }
  if (record_->state != State::indexing) set_state(*session_, *record_, State::indexing);
  if (!record_->keys_first || !record_->made.empty()) make_keys();
  if (QueryFacet* const query = session_->query()) {
    // Statistics for the target's planner; what is no statement of the target's language is left out.
    const Patience patience(*session_);
    for (const std::string& name : population_->names())
      if (!query->run(fmt::format("{} {}", query->dialect().analyze, quoted_name(query->dialect(), name)))) break;
  }
  transaction(*session_, [&] {
    set_state(*session_, *record_, State::complete);
    erase_all(*session_, kLedger, settings_.owner);
    erase_all(*session_, "keys/", settings_.owner);
  });
}

}  // namespace assay::populate
