#include "workloads/populate/run_changes.h"

#include "base/error.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "runtime/wait.h"
#include "workloads/populate/options.h"
#include "workloads/populate/record.h"

#include <fmt/format.h>

#include <optional>

namespace assay::populate {
namespace {

/// The row of a change, or the key of one that is deleted.
RowBatch row_of(const Population& population, const Change& change) {
  std::vector<std::size_t> columns;
  if (change.what == Change::What::remove)
    columns = population.schema().tables[change.table].primary_key;
  else
    for (std::size_t c = 0; c < population.table(change.table).columns.size(); c++) columns.push_back(c);
  RowBatch out(columns.size());
  const std::uint64_t row[] = {change.row};
  population.generator().add(change.table, columns, row, out, change.what == Change::What::update ? change.version : 0);
  return out;
}

/// `again`: an earlier try may have made it.
Result<> make_change(const Population& population, const Change& change, const RowBatch& row, bool again,
                     RowsFacet& rows) {
  using What = Change::What;
  const Table& table = population.table(change.table);
  if (change.what == What::insert) {
    if (again) {
      const Result<std::uint64_t> there = rows.replace(table, row);
      if (!there) return tl::unexpected(there.error());
      if (*there == 1) return {};
    }
    return rows.write(table, row);
  }
  const Result<std::uint64_t> there = change.what == What::update ? rows.replace(table, row) : rows.remove(table, row);
  if (!there) return tl::unexpected(there.error());
  if (*there == 1 || (*there == 0 && again && change.what == What::remove)) return {};
  return fail(FailureKind::wrong_answer, fmt::format("table {}: found {} rows with the key of row {}, expected one",
                                                     table.name, *there, change.row));
}

/// The target says no, and would say it again: the change was not made.
bool is_refusal(const Failure& failure) noexcept {
  return failure.kind == FailureKind::rejected || failure.kind == FailureKind::wrong_answer;
}

/// The client of a run, whatever the target.
class ChangeClient : public Client {
 public:
  ChangeClient(std::shared_ptr<ChangeRun> run, std::uint64_t k)
      : run_(std::move(run)),
        mine_(run_->clients[k]),
        sequence_(run_->contents, mine_.doer),
        name_(mine_.doer.name()),
        most_(run_->count == 0
                  ? std::numeric_limits<std::uint64_t>::max()
                  : Shard{static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(run_->clients.size())}.share(
                        run_->count)) {}

  OperationId next(std::uint64_t) final {
    if (stuck_ || mine_.doer.done >= most_) return kNothingMore;
    if (!change_) {
      change_ = sequence_.next();
      if (!change_) return kNothingMore;
      if (change_->instead) run_->replaced++;
      row_.emplace(row_of(run_->population, *change_));
    }
    return operation_of(change_->what);
  }

  Result<> run(Context& context, OperationId) final {
    Result<> done = make(context.session());
    stuck_ = !done && is_refusal(done.error());  // the changes behind it follow from it
    return done;
  }

 protected:
  /// Makes the change and its note, and calls made().
  virtual Result<> make(Session&) = 0;

  Result<> carry_out(Session& session, bool again) {
    return make_change(run_->population, *change_, *row_, again, *session.rows());
  }
  Result<> note(Session& session, const Doer& doer) const {
    return Meta(session, kWorkload).try_put(name_, doer.value());
  }
  Doer behind() const {
    Doer out = mine_.doer;
    out.done++;
    return out;
  }
  Result<> made() {
    sequence_.made(*change_);
    mine_.doer.done++;
    mine_.in_doubt = false;
    change_.reset();
    return {};
  }

  const std::shared_ptr<ChangeRun> run_;
  ChangeRun::Progress& mine_;
  ChangeSequence sequence_;
  const std::string name_;

 private:
  OperationId operation_of(Change::What what) const {
    const ChangeMix& mix = mine_.doer.mix;
    std::uint16_t id = 0;
    if (what == Change::What::insert) return OperationId{id};
    id += mix.insert > 0;
    if (what == Change::What::update) return OperationId{id};
    id += mix.update > 0;
    return OperationId{id};
  }

  const std::uint64_t most_;
  std::optional<Change> change_;  // that is to be made
  std::optional<RowBatch> row_;
  bool stuck_ = false;
};

/// A change and its note are a transaction.
class TransactionClient final : public ChangeClient {
 public:
  using ChangeClient::ChangeClient;

 private:
  Result<> make(Session& session) override {
    const Doer after = behind();
    QueryFacet& query = *session.query();
    if (mine_.in_doubt) {
      const Result<bool> there = is_noted(query, after.value());
      if (!there) return tl::unexpected(there.error());
      if (*there) return made();
      mine_.in_doubt = false;
    }
    Result<> done = query.begin({});
    if (done) done = carry_out(session, false);
    if (done) done = note(session, after);
    if (!done) return done;
    done = query.commit();
    if (done) return made();
    mine_.in_doubt = done.error().in_doubt || done.error().kind == FailureKind::disconnected ||
                     done.error().kind == FailureKind::timeout;
    return done;
  }

  Result<bool> is_noted(QueryFacet& query, const std::string& value) const {
    const Value key[] = {kWorkload, std::string_view(name_)};
    const Result<const ResultSet*> found =
        query.run("select value from assay_meta where workload = $1 and name = $2", key);
    if (!found) return tl::unexpected(found.error());
    return (*found)->text(0, 0) == value;
  }
};

/// A change, then its note.
class NotingClient final : public ChangeClient {
 public:
  using ChangeClient::ChangeClient;

 private:
  Result<> make(Session& session) override {
    mine_.doer.open = true;
    if (!noted_)
      if (Result<> done = note(session, mine_.doer); !done) return done;
    noted_ = true;
    Result<> done = carry_out(session, std::exchange(mine_.in_doubt, true));
    if (!done) {
      mine_.in_doubt = !is_refusal(done.error());
      return done;
    }
    done = note(session, behind());
    return done ? made() : done;
  }

  bool noted_ = false;
};

/// One beyond those that the rows were shared out among.
class IdleClient final : public Client {
 public:
  OperationId next(std::uint64_t) override { return kNothingMore; }
  Result<> run(Context&, OperationId) override { return {}; }
};

/// Of this run's predecessors, those whose last change is in doubt.
std::vector<Doer> open_before(Session& session, std::uint32_t run) {
  std::vector<Doer> out = runs_before(read_doers(session), run);
  std::erase_if(out, [](const Doer& doer) { return !doer.open; });
  return out;
}

}  // namespace

ChangeRun::ChangeRun(Population what, const std::vector<Doer>& before, const Doer& first, std::uint64_t count,
                     bool transactions)
    : population(std::move(what)),
      contents(population, before),
      count(count),
      transactions(transactions),
      before(entries_of(before)) {
  contents.make_changeable();
  for (std::uint64_t k = 0; k < first.clients; k++) {
    clients.push_back({.doer = first});
    clients.back().doer.client = k;
  }
}

std::vector<std::string> entries_of(const std::vector<Doer>& doers) {
  std::vector<std::string> out;
  for (const Doer& doer : doers) out.push_back(doer.name() + " " + doer.value());
  return out;
}

std::vector<OperationInfo> operations_of(const ChangeMix& mix) {
  std::vector<OperationInfo> out;
  if (mix.insert > 0) out.push_back({"insert", "writes a new row"});
  if (mix.update > 0) out.push_back({"update", "replaces a row by its next version"});
  if (mix.remove > 0) out.push_back({"delete", "removes a row"});
  return out;
}

Group change_group(const std::shared_ptr<ChangeRun>& run) {
  Group group;
  group.name = "populate";
  group.operations = operations_of(run->clients.front().doer.mix);
  group.ends = group.keeps_count = run->count > 0;
  group.make_client = [run](std::uint64_t k) -> std::unique_ptr<Client> {
    if (k >= run->clients.size()) return std::make_unique<IdleClient>();
    if (run->transactions) return std::make_unique<TransactionClient>(run, k);
    return std::make_unique<NotingClient>(run, k);
  };
  return group;
}

void close_notes(const ChangeRun& run, Session& session) {
  Meta meta(session, kWorkload);
  for (const auto& [noted, in_doubt] : run.clients) {
    if (!noted.open || in_doubt) continue;
    Doer doer = noted;
    doer.open = false;
    meta.put(doer.name(), doer.value());
  }
}

void settle(const Population& population, std::uint32_t run, Shard shard, Session& session) {
  using namespace std::chrono_literals;
  if (shard.index != 0) {
    for (int tenths = 0; !open_before(session, run).empty(); tenths++) {
      if (tenths == 600)
        throw Error("waited 60 s for the process with shard 0 to settle changes of killed clients; is it running?",
                    ExitCode::unreachable);
      if (runtime::sleep_until(real_clock().now() + 100ms) == runtime::Ready::cancelled)
        throw Error("interrupted", ExitCode::interrupted);
    }
    return;
  }
  if (open_before(session, run).empty()) return;
  Meta meta(session, kWorkload);
  std::vector<Doer> left = runs_before(read_doers(session), run);
  const Contents contents(population, left);
  for (const auto& [open, change] : contents.doubts()) {
    const Result<> made = make_change(population, change, row_of(population, change), true, rows_of(session));
    if (!made && !is_refusal(made.error())) throw_failure(made.error(), "settling a change of a killed client");
    Doer doer = open;
    doer.done += made ? 1 : 0;
    doer.open = false;
    meta.put(doer.name(), doer.value());
    std::erase_if(left, [&](const Doer& other) { return other.name() == doer.name(); });
  }
  for (Doer doer : left) {  // those that had nothing more to change
    if (!std::exchange(doer.open, false)) continue;
    meta.put(doer.name(), doer.value());
  }
}

}  // namespace assay::populate
