#include "workloads/populate/populate.h"

#include "base/error.h"
#include "core/parallel.h"
#include "core/run_mark.h"
#include "workloads/populate/check.h"
#include "workloads/populate/load.h"
#include "workloads/populate/run_changes.h"
#include "workloads/populate/run_load.h"

#include <fmt/format.h>

namespace assay {
namespace populate {
namespace {

constexpr std::uint64_t kProposedClients = 8, kClientsOfOneWriter = 2;

/// Where nobody is told.
class NoProgress final : public Progress {
 public:
  void start(std::string_view, std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void note(std::string_view) override {}
};

class PopulateWorkload final : public Workload {
 public:
  explicit PopulateWorkload(const Options& options) : settings_(read_options(options)) {}

  void prepare(Job& job) override { load(job, settings_); }
  bool leaves_target_alone() const override { return settings_.dry_run; }
  CheckOutcome check(Job& job) override { return check_rows(job, settings_.owner); }
  void cleanup(Job& job) override { remove_all(job, settings_.owner); }

  std::vector<GroupShape> shape() const override {
    const bool changes = settings_.changes.any();
    return {{.name = "populate",
             .operations = changes ? operations_of(settings_.changes) : std::vector<OperationInfo>(),
             .triggered = false,
             .ends = !changes}};
  }

  std::vector<Group> groups(Target& target, const RunOptions& run) override {
    run_ = run;
    std::uint64_t clients = run.clients;
    if (clients == 0)
      clients = target.dialect() != nullptr && !target.dialect()->for_update ? kClientsOfOneWriter : kProposedClients;
    Group group = settings_.changes.any() ? changing(target, clients) : loading(target);
    group.clients = group.sessions = clients;
    std::vector<Group> out;
    out.push_back(std::move(group));
    return out;
  }

  void before_run(Target& target) override {
    if (changes_ != nullptr) require_alone(target);
    if (queue_ == nullptr) return;
    stage_->make_tables();
    queue_->begin(stage_->todo(), stage_->going_on());
  }

  void after_run(Target& target) override {
    if (changes_ != nullptr) note_ends(target);
    if (queue_ == nullptr) return;
    if (queue_->all_written()) {
      stage_->reopen();
      stage_->finish();
    }
    stage_.reset();
  }

  Statements conclude(const RunSummary& summary) override {
    Statements out;
    const GroupStats& measured = summary.groups.at(0).measure;
    double rows = 0, wrong = 0;
    for (const OperationStats& operation : measured.operations) rows += static_cast<double>(operation.items);
    for (const OperationStats& operation : summary.groups.at(0).whole.operations)
      wrong += static_cast<double>(operation.failures[static_cast<std::size_t>(FailureKind::wrong_answer)]);
    const double seconds = to_seconds(summary.measure);
    out.figures.push_back({"rows_per_second", seconds > 0 ? rows / seconds : 0, "1/s",
                           queue_ != nullptr
                               ? "rows of batches that were written in the measured time / its length"
                               : "rows that were inserted, updated or deleted in the measured time / its length",
                           seconds > 0});
    if (queue_ != nullptr && !summary.of_whole_job) {
      out.requirements.push_back(
          {.name = "every row is written",
           .clause = "",
           .limit = "no batch left",
           .actual = fmt::format("{} left", queue_->left()),
           .verdict = queue_->all_written() ? Requirement::Verdict::pass : Requirement::Verdict::fail,
           .decides = !summary.partial});
    }
    if (changes_ != nullptr && !summary.of_whole_job) state_extent(summary, out);
    if (changes_ != nullptr)
      out.requirements.push_back({.name = "every row that is changed is there",
                                  .clause = "",
                                  .limit = "0 wrong answers",
                                  .actual = fmt::format("{} wrong", wrong),
                                  .verdict = wrong == 0 ? Requirement::Verdict::pass : Requirement::Verdict::fail,
                                  .decides = true,
                                  .of_data = true});
    return out;
  }

 private:
  /// Of this process: whether what was asked for could be changed.
  void state_extent(const RunSummary& summary, Statements& out) const {
    const auto state = [&](std::string name, std::string limit, std::string actual, bool holds) {
      out.requirements.push_back({.name = std::move(name),
                                  .clause = "",
                                  .limit = std::move(limit),
                                  .actual = std::move(actual),
                                  .verdict = holds ? Requirement::Verdict::pass : Requirement::Verdict::fail,
                                  .decides = !summary.partial});
    };
    std::uint64_t made = 0;
    for (const ChangeRun::Progress& client : changes_->clients) made += client.doer.done;
    if (changes_->count > 0)
      state("as many changes are made as --count says", fmt::format("{}", changes_->count), fmt::format("{}", made),
            made == changes_->count);
    const std::uint64_t replaced = changes_->replaced.load();
    state("changes are of the kinds that --changes says",
          "0 of another kind, for want of rows that could be changed so", fmt::format("{} of {}", replaced, made),
          replaced == 0);
  }

  /// What cannot be noted stays in doubt: check takes either state, and the next run settles it.
  void note_ends(Target& target) {
    marked_ = false;
    try {
      const std::unique_ptr<Session> session = open_session(target);
      if (!changes_->transactions) close_notes(*changes_, *session);
      mark_.end(*session);
    } catch (const Error&) {
      mark_.abandon();
    }
  }

  [[noreturn]] static void refuse_another_run() {
    throw Error(
        "another run changes the same rows, and check could not tell any more what they should be; expected one run "
        "of changes at a time, with --agents or --shard when it is to be larger",
        ExitCode::unreachable);
  }

  void begin_mark(Target& target, Session& session) {
    if (!std::exchange(marked_, true)) mark_.begin(target, session, run_.shard);
    if (mark_.others() > 0) refuse_another_run();
  }

  /// What this run knows of the rows is what the runs before it left: another one beside it would change them meanwhile.
  void require_alone(Target& target) {
    const std::unique_ptr<Session> session = open_session(target);
    begin_mark(target, *session);
    const Doer& own = changes_->clients.front().doer;
    if (entries_of(runs_before(read_doers(*session), own.run)) != changes_->before) refuse_another_run();
  }

  Group loading(Target& target) {
    changes_.reset();
    stage_ = std::make_unique<Stage>(target, run_.shard, no_progress_, std::stop_token(), settings_,
                                     run_.seed_given ? std::optional(run_.seed) : std::nullopt);
    stage_->look();
    if (stage_->complete())
      throw Error(fmt::format(
          "all rows are there already ({}): there is nothing to load. --changes changes them; or run assay cleanup "
          "populate first",
          stage_->population()->describe()));
    if (stage_->record() && (stage_->record()->keys_first || stage_->record()->state == State::schema))
      throw Error(
          "foreign keys are there already, and rows must come in an order that a run does not keep; load them with: "
          "assay "
          "prepare populate");
    queue_ = std::make_shared<BatchQueue>(stage_->population(), 2);
    return load_group(queue_);
  }

  Group changing(Target& target, std::uint64_t clients) {
    queue_.reset();
    const std::unique_ptr<Session> session = open_session(target);
    const RowsTraits& traits = rows_of(*session).traits();
    if (!traits.keyed) throw Error("--changes needs rows that are found by their key, which the target does not have");
    const Record record = require_complete(*session);
    // The rows are those of the schema in the target: another one is refused.
    Stage(target, run_.shard, no_progress_, std::stop_token(), settings_,
          run_.seed_given && !settings_.schema_file.empty() ? std::optional(run_.seed) : std::nullopt)
        .look();
    Population population = population_of(record, traits);
    require_changeable(population, settings_.changes);
    const Doer first{.run = next_run(read_doers(*session), run_.shard),
                     .shard = run_.shard,
                     .client = 0,
                     .clients = clients,
                     .seed = run_.seed,
                     .mix = settings_.changes};
    const bool transactions = traits.transactions && session->query() != nullptr;
    if (!transactions) {  // what a live run has not noted yet looks like what a killed one left
      begin_mark(target, *session);
      settle(population, first.run, run_.shard, *session);
    }
    changes_ = std::make_shared<ChangeRun>(std::move(population), runs_before(read_doers(*session), first.run), first,
                                           run_.count, transactions);
    return change_group(changes_);
  }

  const Settings settings_;
  NoProgress no_progress_;
  RunOptions run_;
  std::unique_ptr<Stage> stage_;
  std::shared_ptr<BatchQueue> queue_;
  std::shared_ptr<ChangeRun> changes_;
  RunMark mark_{kWorkload};
  bool marked_ = false;  // it was begun, and has not ended
};

class PopulateType final : public WorkloadType {
 public:
  const WorkloadInfo& info() const noexcept override {
    static const WorkloadInfo info{.name = "populate",
                                   .summary = "rows of a schema, written, checked to the last value, and changed",
                                   .facets = {Facet::rows},
                                   .options = option_table(),
                                   .besides = {Facet::query}};
    return info;
  }
  std::unique_ptr<Workload> make(const Options& options) const override {
    return std::make_unique<PopulateWorkload>(options);
  }
};

}  // namespace
}  // namespace populate

const WorkloadType& populate_workload() {
  static const populate::PopulateType type;
  return type;
}

}  // namespace assay
