#include "workloads/kv/kv.h"

#include "base/error.h"
#include "workloads/kv/kv_client.h"
#include "workloads/kv/kv_data.h"
#include "workloads/kv/kv_options.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace assay {
namespace kv {
namespace {

constexpr std::uint64_t kProposedClients = 8;

class KvWorkload final : public Workload {
 public:
  static std::vector<OperationInfo> operations_of(const Config& config) {
    std::vector<OperationInfo> out;
    for (const Share& share : config.mix)
      out.push_back({std::string(to_string(share.op)), std::string(summary_of(share.op))});
    return out;
  }

  explicit KvWorkload(const Options& options) : options_(options), asked_(read_options(options)) {}

  void prepare(Job& job) override {
    Layout layout = asked_.layout;
    layout.seed = job.seed;
    load(job, asked_.collection, layout);
  }

  CheckOutcome check(Job& job) override {
    Config config = asked_;
    const Prepared prepared = read_prepared(job.target, config.collection);
    adopt(config, prepared.layout, options_);
    return check_rows(job, config.collection, prepared);
  }

  void cleanup(Job& job) override { remove(job, asked_.collection); }

  std::vector<GroupShape> shape() const override { return {{.name = "kv", .operations = operations_of(asked_)}}; }

  std::vector<Group> groups(Target& target, const RunOptions& run) override {
    Config config = asked_;
    const Prepared prepared = read_prepared(target, config.collection);
    adopt(config, prepared.layout, options_);
    in_force_ = in_force(config);
    const std::uint64_t first =
        config.has(Op::insert) ? first_free_row(target, config.collection, config.layout) : config.layout.rows;
    auto state =
        std::make_shared<RunState>(config, run.shard, run.seed, first, config.has(Op::remove) || prepared.deleted);

    Group group;
    group.name = "kv";
    group.operations = operations_of(config);
    group.counters = {"missing"};
    group.clients = group.sessions = kProposedClients;
    group.make_client = [state](std::uint64_t k) { return std::make_unique<KvClient>(state, state->shard.global(k)); };
    group.set_up = [collection = config.collection](Session& session) -> Result<> {
      session.kv()->use(collection);
      return {};
    };
    std::vector<Group> groups;
    groups.push_back(std::move(group));
    return groups;
  }

  std::map<std::string, std::string> options_in_force() const override { return in_force_; }

  void before_run(Target& target) override {
    if (asked_.has(Op::remove)) mark_deleted(target, asked_.collection);
  }

  Statements conclude(const RunSummary& summary) override {
    const GroupStats& whole = summary.groups.at(0).whole;
    std::uint64_t wrong = 0, verified = 0;
    for (std::size_t i = 0; i < whole.operations.size(); i++) {
      wrong += whole.operations[i].failures[static_cast<std::size_t>(FailureKind::wrong_answer)];
      if (reads(asked_.mix[i].op)) verified += whole.operations[i].items;
    }
    const std::uint64_t missing = whole.counters.at(static_cast<std::size_t>(kMissing));
    Statements out;
    out.figures.push_back(
        {"values_verified", static_cast<double>(verified), "",
         "values read back in all phases whose key, version, length and every byte are what kv wrote"});
    if (asked_.has(Op::remove))
      out.figures.push_back({"missing", static_cast<double>(missing), "",
                             "operations in all phases that met a key which is not there, as deletes make possible"});
    out.requirements.push_back({.name = "every value read is what was written",
                                .clause = "",
                                .limit = "0 wrong answers",
                                .actual = fmt::format("{} wrong, {} verified", wrong, verified),
                                .verdict = wrong == 0 ? Requirement::Verdict::pass : Requirement::Verdict::fail,
                                .decides = true,
                                .of_data = true});
    return out;
  }

 private:
  const Options options_;
  const Config asked_;
  std::map<std::string, std::string> in_force_;
};

class KvType final : public WorkloadType {
 public:
  const WorkloadInfo& info() const noexcept override {
    static const WorkloadInfo info{
        .name = "kv",
        .summary = "key-value operations in any mix, YCSB's core workloads; every value verified",
        .facets = {Facet::kv},
        .options = option_table()};
    return info;
  }
  std::unique_ptr<Workload> make(const Options& options) const override {
    return std::make_unique<KvWorkload>(options);
  }
};

}  // namespace
}  // namespace kv

const WorkloadType& kv_workload() {
  static const kv::KvType type;
  return type;
}

}  // namespace assay
