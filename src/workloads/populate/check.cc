#include "workloads/populate/check.h"

#include "base/error.h"
#include "core/parallel.h"
#include "core/run_mark.h"
#include "workloads/populate/cells.h"
#include "workloads/populate/findings.h"
#include "workloads/populate/record.h"
#include "workloads/populate/row_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

namespace assay::populate {
namespace {

constexpr std::uint64_t kStretchRows = 20'000;
constexpr std::size_t kPageRows = 2'000;
constexpr std::string_view kIsThere = "every row that was written is there",
                           kExtra = "only rows that were written are there, each once",
                           kOther = "every value is the one that was written",
                           kNotNull = "no value is null where none may be",
                           kReadable = "the table is as it was made, so that its rows can be read";

/// As people read it in a line.
std::string shown(const Value& value) {
  constexpr std::size_t kMost = 120;
  std::string text = to_text(value);
  if (text.size() > kMost) {
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;
    text.resize(end);
    text += "…";
  }
  return text;
}

/// What all threads that look at one table share.
class TableCheck {
 public:
  TableCheck(Job& job, const Contents& contents, std::size_t t, Findings& findings)
      : job_(job),
        population_(contents.population()),
        t_(t),
        table_(population_.table(t)),
        rows_(contents.table(t)),
        contents_(contents),
        findings_(findings) {
    for (const std::size_t c : population_.schema().tables[t].primary_key) key_.push_back(c);
    for (std::size_t c = 0; c < table_.columns.size(); c++) all_columns_.push_back(c);
  }
  virtual ~TableCheck() = default;

  /// False: the target refuses that it is read; why is a finding, and its rows are not counted.
  bool run() {
    std::vector<std::string> stretches;
    for (bool again = false;; again = true) {
      const std::unique_ptr<Session> session = open_session(job_.target);
      if (!rows_of(*session).exists(table_.name)) {
        missing_ = rows_.present();
        findings_.add(table_.name + ": missing", kIsThere, "the table is not there",
                      std::max<std::uint64_t>(missing_, 1));
        return true;
      }
      const Patience patience(*session);
      try {
        stretches = session->rows()->split(table_, kStretchRows);
        break;
      } catch (const Error& error) {
        if (error.code() == ExitCode::interrupted) throw;
        // What a target says that goes away is no refusal: once more, over a session that can be opened, or not.
        if (!again) continue;
        refused(error.what());
        return false;
      }
    }
    begin();
    for_each_chunk(job_, stretches.size(), [&](Session& session, std::uint64_t i) -> Result<> {
      // A stretch that is read again, since the session was lost, counts once.
      std::uint64_t count = 0;
      Result<> done = look_at(session, stretches[i], count);
      if (!done && (done.error().kind == FailureKind::rejected || done.error().kind == FailureKind::wrong_answer)) {
        refused(done.error().message);
        return {};
      }
      if (done) job_.progress.advance(count);
      return done;
    });
    if (readable_) end();
    return readable_;
  }
  /// Behind run().
  TableCounts counts() const { return {table_.name, found_.load(), missing_, mismatched_.load(), matched_.load()}; }

 protected:
  virtual void begin() = 0;
  virtual Result<> look_at(Session&, const std::string& stretch, std::uint64_t& count) = 0;
  virtual void end() = 0;

  void refused(std::string why) {
    readable_ = false;
    findings_.add(table_.name + ": unreadable", kReadable, std::move(why));
  }

  std::string name_of(const Value* row) const {
    if (key_.empty()) return "a row";
    std::string out;
    for (const std::size_t c : key_)
      out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", table_.columns[c].name, shown(row[c]));
    return out;
  }

  Job& job_;
  const Population& population_;
  const std::size_t t_;
  const Table& table_;
  const TableState& rows_;
  const Contents& contents_;
  Findings& findings_;
  std::vector<std::size_t> key_, all_columns_;
  std::atomic<bool> readable_ = true;
  std::atomic<std::uint64_t> found_ = 0, mismatched_ = 0, matched_ = 0;
  std::uint64_t missing_ = 0;
};

/// Rows that have a key: each is found, made anew and compared.
class KeyedCheck final : public TableCheck {
 public:
  using TableCheck::TableCheck;

 private:
  /// A row of the population that was found, and whether all of its values are those that were written.
  struct Look {
    std::uint64_t place;
    bool same;
  };
  /// What a stretch has: condition, what should hold, the row.
  using Found = std::vector<std::pair<std::string, std::pair<std::string_view, std::string>>>;

  void begin() override {
    finder_.emplace(contents_, t_, job_.parallel, job_.stop);
    seen_ = std::vector<std::atomic<std::uint64_t>>((rows_.places() + 63) / 64);
  }

  Result<> look_at(Session& session, const std::string& stretch, std::uint64_t& count) override {
    Result<std::unique_ptr<RowReader>> reader = session.rows()->read(table_, stretch);
    if (!reader) return tl::unexpected(reader.error());
    // Places of this stretch are noted when it is read to its end: it may have to be read again.
    std::vector<Look> looks;
    Found found;
    RowBatch batch(table_.columns.size());
    for (;;) {
      batch.clear();
      const Result<std::size_t> read = (*reader)->next(kPageRows, batch);
      if (!read) return tl::unexpected(read.error());
      for (std::string& stranger : (*reader)->take_strangers())
        found.push_back({table_.name + ": extra", {kExtra, std::move(stranger)}});
      if (*read == 0) break;
      count += *read;
      compare(batch, looks, found);
    }
    for (const auto& [place, same] : looks) {
      if (note_seen(place))
        (same ? matched_ : mismatched_)++;
      else
        found.push_back({table_.name + ": extra", {kExtra, name_of_place(place) + " is there more than once"}});
    }
    found_ += count;
    for (auto& [condition, text] : found) findings_.add(condition, text.first, std::move(text.second));
    return {};
  }

  void end() override {
    std::uint64_t missing = 0;
    std::vector<std::uint64_t> some;
    for (std::uint64_t place = 0; place < rows_.places(); place++) {
      if (was_seen(place) || rows_.gone(place) || contents_.other_version(t_, place) == TableState::kGone) continue;
      if (some.size() < Findings::kNamedRows) some.push_back(rows_.row(place));
      missing++;
    }
    missing_ = missing;
    if (missing == 0) return;
    RowBatch batch(table_.columns.size());
    population_.generator().add(t_, all_columns_, some, batch);
    for (std::size_t r = 0; r < some.size(); r++)
      findings_.add(table_.name + ": missing", kIsThere, name_of(batch.row(r)), r == 0 ? missing - some.size() + 1 : 1);
  }

  /// The first time that it is seen.
  bool note_seen(std::uint64_t place) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (place % 64);
    return (seen_[place / 64].fetch_or(bit, std::memory_order_relaxed) & bit) == 0;
  }
  bool was_seen(std::uint64_t place) const noexcept {
    return (seen_[place / 64].load(std::memory_order_relaxed) >> (place % 64) & 1) != 0;
  }

  void compare(const RowBatch& batch, std::vector<Look>& looks, Found& found) {
    struct Pair {
      std::uint32_t version;
      std::size_t read;
      std::uint64_t place;
    };
    std::vector<Pair> pairs;
    std::vector<std::uint64_t> places;
    for (std::size_t r = 0; r < batch.size(); r++) {
      places.clear();
      finder_->find(batch.row(r), places);
      if (places.size() > 1) keep_the_one(batch.row(r), places);
      if (const auto other = places.empty() ? std::nullopt : contents_.other_version(t_, places[0])) {
        compare_either(batch.row(r), places[0], *other, looks, found);
        continue;
      }
      if (places.empty() || rows_.gone(places[0])) {
        found.push_back(
            {table_.name + ": extra", {kExtra, name_of(batch.row(r)) + (places.empty() ? "" : ", which was deleted")}});
        continue;
      }
      pairs.push_back({rows_.version(places[0]), r, places[0]});
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.version < b.version; });
    RowBatch made(table_.columns.size());
    std::vector<std::uint64_t> numbers;
    for (std::size_t first = 0; first < pairs.size();) {
      numbers.clear();
      std::size_t end = first;
      for (; end < pairs.size() && pairs[end].version == pairs[first].version; end++)
        numbers.push_back(rows_.row(pairs[end].place));
      made.clear();
      population_.generator().add(t_, all_columns_, numbers, made, pairs[first].version);
      for (; first < end; first++) {
        const std::size_t m = made.size() - (end - first);
        const Value* const read = batch.row(pairs[first].read);
        const bool same_row = same_key(made.row(m), read);
        if (!same_row) {
          found.push_back({table_.name + ": extra", {kExtra, name_of(read)}});
          continue;
        }
        const std::size_t before = found.size();
        compare_row(made.row(m), read, found);
        looks.push_back({pairs[first].place, found.size() == before});
      }
    }
  }

  /// A row whose last change is in doubt: as it was before, or as it is behind that. What may be gone may be there.
  void compare_either(const Value* read, std::uint64_t place, std::uint32_t other, std::vector<Look>& looks,
                      Found& found) const {
    Found wrong;
    for (const std::uint32_t version : {rows_.version(place), other}) {
      if (version == TableState::kGone) continue;
      const std::uint64_t number[] = {rows_.row(place)};
      RowBatch made(table_.columns.size());
      population_.generator().add(t_, all_columns_, number, made, version);
      Found of_version;
      if (same_key(made.row(0), read))
        compare_row(made.row(0), read, of_version);
      else
        of_version.push_back({table_.name + ": extra", {kExtra, name_of(read)}});
      if (of_version.empty()) {
        looks.push_back({place, true});
        return;
      }
      if (wrong.empty()) wrong = std::move(of_version);
    }
    looks.push_back({place, false});
    found.insert(found.end(), std::make_move_iterator(wrong.begin()), std::make_move_iterator(wrong.end()));
  }

  std::string name_of_place(std::uint64_t place) const {
    const std::uint64_t number[] = {rows_.row(place)};
    RowBatch made(table_.columns.size());
    population_.generator().add(t_, all_columns_, number, made);
    return name_of(made.row(0));
  }

  bool same_key(const Value* made, const Value* read) const {
    return std::all_of(key_.begin(), key_.end(), [&](std::size_t c) {
      return same_cell(made[c], read[c], table_.columns[c].type, population_.traits());
    });
  }

  /// Keys whose hashes are the same: only one of them is the row's.
  void keep_the_one(const Value* read, std::vector<std::uint64_t>& places) const {
    for (const std::uint64_t place : places) {
      const std::uint64_t number[] = {rows_.row(place)};
      RowBatch made(table_.columns.size());
      population_.generator().add(t_, all_columns_, number, made);
      if (!same_key(made.row(0), read)) continue;
      places = {place};
      return;
    }
    places.clear();
  }

  void compare_row(const Value* made, const Value* read, Found& found) const {
    for (std::size_t c = 0; c < table_.columns.size(); c++) {
      const Column& column = table_.columns[c];
      if (same_cell(made[c], read[c], column.type, population_.traits())) continue;
      const std::string where = fmt::format("{}.{}", table_.name, column.name);
      if (is_null(read[c]) && !column.nullable)
        found.push_back(
            {where + ": null", {kNotNull, fmt::format("{}: null, expected {}", name_of(read), shown(made[c]))}});
      else
        found.push_back(
            {where + ": different",
             {kOther, fmt::format("{}: found {}, expected {}", name_of(read), shown(read[c]), shown(made[c]))}});
    }
  }

  std::optional<RowFinder> finder_;
  std::vector<std::atomic<std::uint64_t>> seen_;
};

/// Rows without a key: as many of each as were written, by a hash of all cells.
class BagCheck final : public TableCheck {
 public:
  using TableCheck::TableCheck;

 private:
  void begin() override {
    made_.resize(rows_.places());
    in_pieces(made_.size(), 8'192, job_.parallel, job_.stop, [&](std::uint64_t first, std::uint64_t end) {
      RowBatch batch(table_.columns.size());
      population_.generator().add(t_, first, end - first, batch);
      for (std::uint64_t i = first; i < end; i++)
        made_[i] = {hash_of_row(batch.row(i - first), table_, population_.traits()), i};
    });
    std::sort(made_.begin(), made_.end());
  }

  Result<> look_at(Session& session, const std::string& stretch, std::uint64_t& count) override {
    Result<std::unique_ptr<RowReader>> reader = session.rows()->read(table_, stretch);
    if (!reader) return tl::unexpected(reader.error());
    std::vector<std::uint64_t> hashes;
    std::vector<std::string> strangers;  // some of those that are no row of the population
    std::vector<std::string> no_rows;    // what is none of the table
    RowBatch batch(table_.columns.size());
    for (;;) {
      batch.clear();
      const Result<std::size_t> read = (*reader)->next(kPageRows, batch);
      if (!read) return tl::unexpected(read.error());
      for (std::string& stranger : (*reader)->take_strangers()) no_rows.push_back(std::move(stranger));
      if (*read == 0) break;
      count += *read;
      for (std::size_t r = 0; r < batch.size(); r++) {
        hashes.push_back(hash_of_row(batch.row(r), table_, population_.traits()));
        const bool known = std::binary_search(made_.begin(), made_.end(), Made{hashes.back(), 0},
                                              [](const Made& a, const Made& b) { return a.first < b.first; });
        if (!known && strangers.size() < Findings::kNamedRows) strangers.push_back(cells_of(batch.row(r)));
      }
    }
    for (std::string& stranger : no_rows) findings_.add(table_.name + ": extra", kExtra, std::move(stranger));
    found_ += count;
    const std::lock_guard lock(mutex_);
    read_.insert(read_.end(), hashes.begin(), hashes.end());
    for (std::string& row : strangers)
      if (strangers_.size() < Findings::kNamedRows) strangers_.push_back(std::move(row));
    return {};
  }

  void end() override {
    std::sort(read_.begin(), read_.end());
    std::vector<std::uint64_t> missing;
    std::uint64_t extra = 0;
    std::size_t i = 0, j = 0;
    while (i < made_.size() || j < read_.size()) {
      if (j == read_.size() || (i < made_.size() && made_[i].first < read_[j])) {
        missing.push_back(made_[i++].second);
      } else if (i == made_.size() || read_[j] < made_[i].first) {
        extra++;
        j++;
      } else {
        i++;
        j++;
      }
    }
    missing_ = missing.size();
    matched_ = made_.size() - missing.size();
    if (!missing.empty()) {
      const std::size_t named = std::min(missing.size(), Findings::kNamedRows);
      RowBatch batch(table_.columns.size());
      population_.generator().add(t_, all_columns_, std::span(missing).first(named), batch);
      for (std::size_t r = 0; r < named; r++)
        findings_.add(table_.name + ": missing", kIsThere, cells_of(batch.row(r)),
                      r == 0 ? missing.size() - named + 1 : 1);
    }
    if (extra == 0) return;
    if (strangers_.size() > extra) strangers_.resize(extra);
    if (strangers_.empty()) strangers_.emplace_back("rows that are there more often than they were written");
    for (std::size_t r = 0; r < strangers_.size(); r++)
      findings_.add(table_.name + ": extra", kExtra, strangers_[r], r == 0 ? extra - strangers_.size() + 1 : 1);
  }

  std::string cells_of(const Value* row) const {
    std::string out;
    for (std::size_t c = 0; c < table_.columns.size() && out.size() < 300; c++)
      out += fmt::format("{}{} = {}", c > 0 ? ", " : "", table_.columns[c].name, shown(row[c]));
    return out;
  }

  using Made = std::pair<std::uint64_t, std::uint64_t>;  // hash, row
  std::vector<Made> made_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::uint64_t> read_;
  std::vector<std::string> strangers_;
};

}  // namespace

CheckOutcome check_rows(Job& job, std::string_view owner) {
  std::optional<Record> record;
  std::optional<Population> population;
  std::vector<Doer> doers;
  {
    const std::unique_ptr<Session> session = open_session(job.target);
    record = require_complete(*session, owner);
    population.emplace(population_of(*record, rows_of(*session).traits()));
    doers = read_doers(*session, owner);
  }
  const Contents contents(*population, doers);
  std::vector<std::size_t> own;
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < population->order().size(); i++)
    if (job.shard.mine(i)) {
      own.push_back(population->order()[i]);
      rows += contents.table(own.back()).present();
    }
  job.progress.start("checking populate", "rows", rows);
  Findings findings;
  std::size_t readable = 0;
  std::vector<TableCounts> counts;
  for (const std::size_t t : own) {
    const auto look_at = [&](TableCheck&& check) {
      if (!check.run()) return;
      readable++;
      counts.push_back(check.counts());
    };
    if (population->table(t).primary_key.empty())
      look_at(BagCheck(job, contents, t, findings));
    else
      look_at(KeyedCheck(job, contents, t, findings));
  }
  if (readable == 0 && !own.empty())  // that is no damage of some rows
    throw Error(fmt::format("no table can be read: {}", findings.take().front().rows.front()), ExitCode::unreachable);
  std::string looked_at = fmt::format("every value of {} rows in {} tables", rows, own.size());
  if (!contents.doubts().empty())
    looked_at +=
        fmt::format("; the last changes of {} killed clients may have been made or not", contents.doubts().size());
  std::vector<Finding> found = findings.take();
  if (!found.empty())
    if (const std::size_t runs = RunMark::count_under_way(*open_session(job.target), kWorkload); runs > 0)
      looked_at += fmt::format(
          "; {} of changes {} under way, and what is changed meanwhile is taken for a mistake: check when it has ended",
          runs == 1 ? "a run" : fmt::format("{} runs", runs), runs == 1 ? "is" : "are");
  std::uint64_t conditions = 0;  // of all shards together
  for (const std::size_t t : population->order()) conditions += 3 + population->table(t).columns.size();
  return {.conditions = conditions,
          .looked_at = std::move(looked_at),
          .findings = std::move(found),
          .tables = std::move(counts),
          .seed = population->schema().seed};
}

}  // namespace assay::populate
