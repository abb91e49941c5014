#include "workloads/tpcc/load.h"

#include "base/error.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "core/run_mark.h"
#include "core/sql_rows.h"
#include "workloads/tpcc/load_rows.h"
#include "workloads/tpcc/loaded.h"

#include <fmt/ranges.h>

#include <set>
#include <thread>

namespace assay::tpcc {
namespace {

using namespace std::chrono_literals;

/// A part of the load that is one transaction.
struct Chunk {
  enum class What { items, warehouse, stock, district };
  What what = What::items;
  std::int64_t warehouse = 0;        // not for items
  std::int64_t first = 0, last = 0;  // items or stock: numbers of items; district: the district
  std::uint64_t rows = 0;            // about
  std::string name() const {
    switch (what) {
      case What::items:
        return fmt::format("item/{:06}", first);
      case What::warehouse:
        return fmt::format("w{:06}", warehouse);
      case What::stock:
        return fmt::format("w{:06}/stock/{:06}", warehouse, first);
      case What::district:
        return fmt::format("w{:06}/district/{:02}", warehouse, first);
    }
    return "";
  }
};

constexpr std::int64_t kItemsPerChunk = 10'000;

void add_item_ranges(std::vector<Chunk>& chunks, Chunk::What what, std::int64_t w, std::int64_t items) {
  for (std::int64_t first = 1; first <= items; first += kItemsPerChunk) {
    const std::int64_t last = std::min(items, first + kItemsPerChunk - 1);
    chunks.push_back({what, w, first, last, static_cast<std::uint64_t>(last - first + 1)});
  }
}

/// What a shard loads, in the order in which it is begun.
std::vector<Chunk> chunks_of(const Scale& scale, Shard shard) {
  std::vector<Chunk> chunks;
  if (shard.index == 0) add_item_ranges(chunks, Chunk::What::items, 0, scale.items());
  for (std::int64_t w = 1; w <= scale.warehouses; w++) {
    if (!shard.mine(static_cast<std::uint64_t>(w - 1))) continue;
    chunks.push_back({Chunk::What::warehouse, w, 0, 0, 11});
    add_item_ranges(chunks, Chunk::What::stock, w, scale.items());
    // A customer, his payment and his order with ten lines on average; three new orders for ten orders.
    for (std::int64_t d = 1; d <= kDistricts; d++)
      chunks.push_back({Chunk::What::district, w, d, d, static_cast<std::uint64_t>(scale.customers() * 133 / 10)});
  }
  return chunks;
}

[[noreturn]] void throw_at_work() {
  throw Error(
      "another assay is at work on the tpcc data of this target: it loads it, or a run is under way; wait until it has "
      "ended, or end it");
}

class Loader {
 public:
  Loader(Job& job, const Settings& settings)
      : job_(job), settings_(settings), session_(open_session(job.target)), meta_(*session_, kWorkload) {}

  void run() {
    require_partitions(settings_);
    std::optional<Loaded> loaded = read_loaded(*session_);
    refuse_to_drop_what_others_load(loaded);
    if (loaded && !drops(*loaded) && already_there(*loaded)) return;
    if (loaded) {
      be_alone();
      loaded = read_loaded(*session_);  // another one may just have ended
    }
    if (loaded && drops(*loaded)) drop(loaded);
    if (loaded) {
      if (already_there(*loaded)) return mark_.withdraw(*session_);
      job_.progress.note(fmt::format("going on with the load of {}", loaded->describe()));
    }
    wanted_ = loaded ? *loaded : asked();
    tables_ = make_tables(wanted_.source.scale.warehouses, wanted_.partitions,
                          parse_partition_type(wanted_.partition_type), wanted_.foreign_keys);
    if (job_.shard.index == 0)
      create_tables(loaded.has_value());
    else
      wait_for_tables(loaded.has_value());
    load_rows();
    if (job_.shard.index == 0) finish();
    mark_.withdraw(*open_session(job_.target));  // the target may have been away while rows were loaded
  }

 private:
  bool drops(const Loaded& there) const { return settings_.drop_data || there.removing(); }

  bool already_there(const Loaded& there) const {
    compare(there);
    if (!there.complete()) return false;
    job_.progress.note(
        fmt::format("already loaded: {}{}", there.describe(), there.ran ? "; transactions have run on it since" : ""));
    return true;
  }

  /// Two that load the same would stumble over each other, and who drops the data of a run that is under way spoils it.
  void be_alone() {
    mark_.begin(job_.target, *session_, job_.shard);
    if (mark_.others() == 0) return;
    mark_.withdraw(*session_);
    throw_at_work();
  }

  Loaded asked() const {
    Loaded l;
    l.state = "creating";
    l.source = {.seed = job_.seed, .scale = settings_.scale, .constants = constants_from(job_.seed)};
    l.partitions = settings_.partitions;
    l.partition_type = to_string(settings_.partition_type);
    l.foreign_keys = settings_.foreign_keys;
    return l;
  }

  void refuse_to_drop_what_others_load(const std::optional<Loaded>& loaded) const {
    if (job_.shard.count > 1 && (settings_.drop_data || (loaded && loaded->removing())))
      throw Error(loaded && loaded->removing()
                      ? "a clean-up of tpcc data was not finished; run assay cleanup tpcc again first"
                      : "--drop-data does not work with several processes, which would drop what others load; run "
                        "cleanup first");
  }

  void drop(std::optional<Loaded>& loaded) {
    if (loaded->removing()) job_.progress.note("finishing the clean-up that was begun");
    mark_.withdraw(*session_);
    remove_all(job_);
    loaded.reset();
  }

  void compare(const Loaded& there) const {
    const Loaded want = asked();
    if (there.source.seed == want.source.seed && there.source.scale == want.source.scale && same_layout(there, want))
      return;
    throw Error(
        fmt::format("the target holds other tpcc data ({}): {}; asked for: {}. Clean it up first or give "
                    "--drop-data",
                    there.state, there.describe(), want.describe()));
  }

  /// In one transaction, as far as the target can: what goes wrong is undone and thrown.
  template <class F>
  void transaction(F work) {
    QueryFacet& query = *session_->query();
    value_or_throw(query.begin({}), "beginning a transaction");
    try {
      work();
      value_or_throw(query.commit(), "committing");
    } catch (...) {
      static_cast<void>(query.rollback());
      throw;
    }
  }

  void set_state(std::string_view state) {
    wanted_.state = state;
    meta_.put("state", state);
  }

  void create_tables(bool going_on) {
    RowsFacet& rows = *session_->rows();
    if (!going_on) {
      std::vector<std::string> there;
      for (const Table& table : tables_)
        if (rows.exists(table.name)) there.push_back(table.name);
      if (!there.empty())
        throw Error(fmt::format("the target has tables named {} that assay did not make; nothing was touched",
                                fmt::join(there, ", ")));
      meta_.create();
      be_alone();
      if (read_loaded(*session_)) throw_at_work();  // it was there between our two looks
      transaction([&] { write_loaded(*session_, wanted_); });
    }
    if (wanted_.state != "creating") return;
    for (const Table& table : tables_)
      if (!rows.exists(table.name)) create_table(table, going_on);
    set_state("loading");
  }

  /// A process that was killed may have left the same statement to the target, which carries it out meanwhile.
  void create_table(const Table& table, bool going_on) {
    RowsFacet& rows = *session_->rows();
    try {
      rows.create(table);
    } catch (const Error&) {
      if (!going_on || !rows.exists(table.name)) throw;
    }
  }

  /// Until shard 0 has made the tables.
  void wait_for_tables(bool marked) {
    for (int tenths = 0; tenths < 600; tenths++) {
      if (const std::optional<Loaded> there = read_loaded(*session_); there && there->state != "creating") {
        compare(*there);
        wanted_ = *there;
        if (!marked) be_alone();
        return;
      }
      pause(100ms);
    }
    throw Error("waited 60 s for the process with shard 0 to create the tables of tpcc; is it running?",
                ExitCode::unreachable);
  }

  void pause(Nanos time) const {
    if (job_.stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
    std::this_thread::sleep_for(time);
  }

  void load_rows() {
    const std::map<std::string, std::string> ledger = meta_.all(kLedger);
    std::vector<Chunk> todo;
    std::uint64_t rows = 0;
    for (const Chunk& chunk : chunks_of(wanted_.source.scale, job_.shard))
      if (!ledger.contains(std::string(kLedger) + chunk.name())) {
        todo.push_back(chunk);
        rows += chunk.rows;
      }
    if (todo.empty()) return;
    job_.progress.start("loading tpcc", "rows", rows);
    for_each_chunk(job_, todo.size(), [&](Session& session, std::uint64_t i) {
      Result<> result = load_chunk(session, todo[i]);
      if (result) job_.progress.advance(todo[i].rows);
      return result;
    });
  }

  Result<> load_chunk(Session& session, const Chunk& chunk) const {
    // Made before the transaction begins: a target with one writer at a time is not kept waiting for our random
    // numbers.
    std::vector<std::pair<TableId, RowBatch>> batches;
    fill(batches, chunk);
    const std::string entry = std::string(kLedger) + chunk.name();
    return write_with_note(*session.query(), {kWorkload, entry, "done"}, true, [&]() -> Result<> {
      for (const auto& [table, batch] : batches)
        if (Result<> written = session.rows()->write(tables_[static_cast<std::size_t>(table)], batch); !written)
          return written;
      return {};
    });
  }

  RowBatch& add(std::vector<std::pair<TableId, RowBatch>>& batches, TableId table) const {
    batches.emplace_back(table, RowBatch(tables_[static_cast<std::size_t>(table)].columns.size()));
    return batches.back().second;
  }

  void fill(std::vector<std::pair<TableId, RowBatch>>& batches, const Chunk& chunk) const {
    const Source& source = wanted_.source;
    batches.reserve(kTables);  // references into it stay good
    switch (chunk.what) {
      case Chunk::What::items:
        return add_items(add(batches, TableId::item), source, chunk.first, chunk.last);
      case Chunk::What::warehouse:
        add_warehouse(add(batches, TableId::warehouse), source, chunk.warehouse);
        return add_districts(add(batches, TableId::district), source, chunk.warehouse);
      case Chunk::What::stock:
        return add_stock(add(batches, TableId::stock), source, chunk.warehouse, chunk.first, chunk.last);
      case Chunk::What::district:
        add_customers(add(batches, TableId::customer), source, chunk.warehouse, chunk.first);
        add_history(add(batches, TableId::history), source, chunk.warehouse, chunk.first);
        RowBatch& orders = add(batches, TableId::orders);
        RowBatch& lines = add(batches, TableId::order_line);
        return add_orders(orders, lines, add(batches, TableId::new_order), source, chunk.warehouse, chunk.first);
    }
  }

  /// Indexes and keys, once all shards have loaded their rows. Each step and its ledger entry are one transaction;
  /// where DDL commits, the driver makes only what is not there yet.
  void finish() {
    wait_for_other_shards();
    if (wanted_.state != "indexing") set_state("indexing");
    const std::map<std::string, std::string> ledger = meta_.all(kLedger);
    const Patience patience(*session_);
    job_.progress.start("creating indexes and foreign keys", "tables", 2 * kTables);
    const auto step = [&](const std::string& name, auto&& work) {
      if (job_.stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
      const std::string entry = std::string(kLedger) + name;
      if (!ledger.contains(entry))
        transaction([&] {
          work();
          meta_.put(entry, "done");
        });
      job_.progress.advance(1);
    };
    for (const Table& table : tables_) step("index/" + table.name, [&] { session_->rows()->create_indexes(table); });
    for (const Table& table : tables_)
      step("foreign-keys/" + table.name, [&] { session_->rows()->create_foreign_keys(table); });
    analyze();
    transaction([&] {
      set_state("complete");
      const Value arguments[] = {kWorkload};
      value_or_throw(
          session_->query()->run("delete from assay_meta where workload = $1 and name like 'load/%'", arguments),
          "clearing the ledger of the load");
    });
  }

  void wait_for_other_shards() {
    const Scale& scale = wanted_.source.scale;
    std::size_t chunks = 0;
    for (std::uint32_t i = 0; i < job_.shard.count; i++) chunks += chunks_of(scale, {i, job_.shard.count}).size();
    // Ledger entries of indexes come later, of chunks never go: the count only grows.
    std::size_t seen = 0;
    for (TimePoint moved = real_clock().now();;) {
      const std::size_t done = meta_.all(kLedger).size();
      if (done >= chunks) return;
      if (done > seen) {
        seen = done;
        moved = real_clock().now();
      }
      if (real_clock().now() - moved > 120s)
        throw Error(fmt::format("{} of {} parts of the load are missing and nothing came for 120 s: are all {} "
                                "processes running?",
                                chunks - done, chunks, job_.shard.count),
                    ExitCode::unreachable);
      pause(200ms);
    }
  }

  /// Statistics for the target's planner; what is no statement of the target's language is left out.
  void analyze() {
    for (const Table& table : tables_)
      if (!session_->query()->run(fmt::format("{} {}", session_->query()->dialect().analyze, table.name))) return;
  }

  Job& job_;
  const Settings& settings_;
  std::unique_ptr<Session> session_;
  Meta meta_;
  RunMark mark_{kWorkload};
  Loaded wanted_;
  std::vector<Table> tables_;
};

}  // namespace

void load(Job& job, const Settings& settings) {
  if (const Dialect* dialect = job.target.dialect()) require_of_target(settings, *dialect);
  Loader(job, settings).run();
}

void require_nobody_at_work(Target& target) {
  const std::unique_ptr<Session> session = open_session(target);
  if (Meta(*session, kWorkload).exists() && RunMark::count_under_way(*session, kWorkload) > 0) throw_at_work();
}

void remove_all(Job& job) {
  const std::unique_ptr<Session> session = open_session(job.target);
  if (!read_loaded(*session)) {
    job.progress.note("nothing to clean up: the target holds no tpcc data of assay's");
    Meta(*session, kWorkload).remove();  // a prepare that was killed at its very beginning leaves an empty assay_meta
    return;
  }
  const Patience patience(*session);
  job.progress.start("dropping tpcc", "tables", kTables);
  Meta meta(*session, kWorkload);
  meta.put("state", "removing");  // should it be killed, nobody takes what is left for the whole
  std::vector<std::string> tables;
  for (std::size_t i = kTables; i-- > 0;)
    tables.emplace_back(name_of(static_cast<TableId>(i)));  // referring ones first
  session->rows()->drop_all(tables);
  job.progress.advance(kTables);
  meta.remove();
}

}  // namespace assay::tpcc
