#include "workloads/populate/load.h"

#include "base/error.h"
#include "core/parallel.h"
#include "runtime/wait.h"

#include <fmt/ranges.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace assay::populate {
namespace {

using namespace std::chrono_literals;

/// So many rows a second at most, of all threads together. Thread-safe.
class Throttle {
 public:
  Throttle(double rows_per_second, std::stop_token stop) : rate_(rows_per_second), stop_(std::move(stop)) {}

  /// Waits until these rows may be written.
  void take(std::uint64_t rows) {
    if (rate_ <= 0) return;
    TimePoint at{};
    {
      const std::lock_guard lock(mutex_);
      // A batch may be written when as many rows have had their time, itself included.
      at = next_ = std::max(next_, real_clock().now()) +
                   Nanos(static_cast<std::int64_t>(static_cast<double>(rows) / rate_ * 1e9));
    }
    while (real_clock().now() < at) {
      if (stop_.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
      std::this_thread::sleep_for(std::min<Nanos>(at - real_clock().now(), 100ms));
    }
  }

 private:
  const double rate_;
  const std::stop_token stop_;
  std::mutex mutex_;
  TimePoint next_{};
};

class Loader {
 public:
  Loader(Job& job, const Settings& settings)
      : job_(job),
        settings_(settings),
        stage_(job.target, job.shard, job.progress, job.stop, settings,
               job.seed_given ? std::optional(job.seed) : std::nullopt),
        throttle_(settings.most_rows_per_second, job.stop) {}

  void run() {
    stage_.look();
    if (stage_.complete()) {
      job_.progress.note(fmt::format("already loaded: {}", stage_.population()->describe()));
      return;
    }
    if (stage_.record())
      job_.progress.note(
          fmt::format("{} {}", stage_.going_on() ? "going on with the load of" : "emptying the tables of a load, for",
                      stage_.population()->describe()));
    stage_.make_tables();
    if (!settings_.schema_only) {
      load_rows();
      stage_.reopen();
    }
    stage_.finish();
  }

 private:
  void load_rows() {
    const std::vector<Stretch> todo = stage_.todo();
    std::uint64_t rows = 0;
    for (const Stretch& stretch : todo) rows += stretch.rows.size();
    if (!stage_.record()->keys_first) {
      if (!todo.empty()) job_.progress.start("loading populate", "rows", rows);
      return write(todo, job_.parallel);
    }
    // Foreign keys are there: each table behind those it refers to, and one that refers to itself in the order of its
    // rows.
    job_.progress.start("loading populate", "rows", rows);
    const Population& population = *stage_.population();
    for (const std::size_t t : population.order()) {
      std::vector<Stretch> of_table;
      for (const Stretch& stretch : todo)
        if (stretch.table == t) of_table.push_back(stretch);
      const bool in_order = population.refers_to_itself(t);
      if (in_order && !of_table.empty() && job_.shard.count > 1) stage_.wait_for_rows(t, of_table.front().rows.first);
      write(of_table, in_order ? 1 : job_.parallel);
      if (job_.shard.count > 1) stage_.wait_for_rows(t, population.rows(t));
    }
  }

  void write(const std::vector<Stretch>& todo, int parallel) {
    if (todo.empty()) return;
    std::vector<std::atomic<bool>> tried(todo.size());
    const Population& population = *stage_.population();
    const bool into_others_rows =
        stage_.record()->made.size() < stage_.record()->tables.size() && settings_.mode != Mode::truncate;
    Job job{job_.target, job_.shard, job_.seed, job_.seed_given, parallel, job_.progress, job_.stop};
    for_each_chunk(job, todo.size(), [&](Session& session, std::uint64_t i) -> Result<> {
      const Stretch& stretch = todo[i];
      const Table& table = population.table(stretch.table);
      RowBatch batch(table.columns.size());
      population.generator().add(stretch.table, stretch.rows.first, stretch.rows.size(), batch);
      throttle_.take(stretch.rows.size());
      const std::string name = ledger_name(stretch), value = std::to_string(stretch.rows.size());
      const bool again = tried[i].exchange(true) || stage_.going_on();
      Result<> done = rows_of(session).write_noted(table, batch, {settings_.owner, name, value}, again);
      if (!done) return tl::unexpected(telling(std::move(done.error()), population, stretch, into_others_rows));
      job_.progress.advance(stretch.rows.size());
      return {};
    });
  }

  Job& job_;
  const Settings& settings_;
  Stage stage_;
  Throttle throttle_;
};

/// All rows are made by as many threads as would load them, and thrown away.
void make_only(Job& job, const Settings& settings) {
  const Population population(
      read_schema(settings.schema_file,
                  {.rows = settings.row_count, .seed = job.seed_given ? std::optional(job.seed) : std::nullopt}),
      settings.tables, RowsTraits{});
  look_at_range(settings.rows, population, job.progress);
  std::vector<Stretch> todo;
  std::uint64_t rows = 0;
  for (const std::size_t t : population.order()) {
    RowRange own = share_of(population.rows(t), job.shard.index, job.shard.count);
    if (settings.rows)
      own = {std::min(settings.rows->first, population.rows(t)), std::min(settings.rows->end, population.rows(t))};
    rows += own.size();
    for (const RowRange& range : left_of(own, {}, settings.batch_rows)) todo.push_back({t, range});
  }
  job.progress.start("making rows", "rows", rows);
  const TimePoint begin = real_clock().now();
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < job.parallel; i++)
      threads.emplace_back([&] {
        for (std::size_t n = next++; n < todo.size() && !job.stop.stop_requested(); n = next++) {
          RowBatch batch(population.table(todo[n].table).columns.size());
          population.generator().add(todo[n].table, todo[n].rows.first, todo[n].rows.size(), batch);
          job.progress.advance(todo[n].rows.size());
        }
      });
  }
  if (job.stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
  const double seconds = to_seconds(real_clock().now() - begin);
  job.progress.note(
      fmt::format("dry run: made {} rows in {:.2f} s and sent nothing: {}", rows, seconds, population.describe()));
}

}  // namespace

Failure telling(Failure failure, const Population& population, const Stretch& stretch, bool into_others_rows) {
  const auto& codes = population.traits().duplicate_codes;
  const bool duplicate = std::find(codes.begin(), codes.end(), failure.native_code) != codes.end();
  failure.message =
      fmt::format("table {}, rows {} to {}: {}{}", population.table(stretch.table).name, stretch.rows.first,
                  stretch.rows.end - 1, failure.message,
                  duplicate && into_others_rows
                      ? "; the tables were there before: are rows of an earlier load in them? --mode truncate "
                        "empties them first"
                      : "");
  return failure;
}

void look_at_range(const std::optional<RowRange>& rows, const Population& population, Progress& progress) {
  if (!rows) return;
  std::uint64_t most = 0;
  for (const std::size_t t : population.order()) most = std::max(most, population.rows(t));
  if (rows->first >= most)
    throw Error(fmt::format("--rows is {}..{}, and no table has more than {} rows", rows->first, rows->end, most));
  if (rows->end > most)
    progress.note(fmt::format("--rows is {}..{}, and no table has more than {} rows: up to the last of them",
                              rows->first, rows->end, most));
}

void load(Job& job, const Settings& settings) {
  if (settings.dry_run) return make_only(job, settings);
  Loader(job, settings).run();
}

void remove_all(Job& job, std::string_view owner) {
  const std::unique_ptr<Session> session = open_session(job.target);
  Meta meta((rows_of(*session), *session), owner);
  std::optional<Record> record = read_record(*session, owner);
  if (!record) {
    job.progress.note("nothing to clean up: the target holds no populated data of assay's");
    meta.remove();  // a prepare that was killed at its very beginning leaves an empty assay_meta
    return;
  }
  const Patience patience(*session);
  job.progress.start("dropping populated tables", "tables", record->made.size());
  set_state(*session, *record, State::removing);
  const std::vector<std::string> tables(record->made.rbegin(), record->made.rend());  // referring ones first
  if (!tables.empty()) session->rows()->drop_all(tables);
  job.progress.advance(tables.size());
  std::vector<std::string> stay;
  for (const std::string& name : record->tables)
    if (std::find(tables.begin(), tables.end(), name) == tables.end()) stay.push_back(name);
  if (!stay.empty())
    job.progress.note(fmt::format("{} stay with their rows: assay did not make them", fmt::join(stay, ", ")));
  meta.remove();
}

}  // namespace assay::populate
