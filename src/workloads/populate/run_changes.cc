#include "workloads/populate/run_changes.h"

#include "core/meta.h"
#include "workloads/populate/options.h"

#include <fmt/format.h>

#include <optional>

namespace assay::populate {
namespace {

class ChangeClient final : public Client {
 public:
  ChangeClient(std::shared_ptr<ChangeRun> run, const Doer& doer)
      : run_(std::move(run)), doer_(doer), sequence_(run_->contents, doer), name_(doer.name()) {}

  OperationId next(std::uint64_t) override {
    if (stuck_) return kNothingMore;
    if (!change_) {
      change_ = sequence_.next();
      if (!change_) return kNothingMore;
      make_row();
    }
    return operation_of(change_->what);
  }

  Result<> run(Context& context, OperationId) override {
    Doer after = doer_;
    after.done++;
    value_ = after.value();
    QueryFacet& query = context.query();
    if (in_doubt_) {
      const Result<bool> there = is_noted(query);
      if (!there) return tl::unexpected(there.error());
      if (*there) return made();
      in_doubt_ = false;
    }
    Result<> done = query.begin({});
    if (done) done = carry_out(*context.session().rows());
    if (done) done = Meta(context.session(), kWorkload).try_put(name_, value_);
    if (done) {
      done = query.commit();
      if (done) return made();
      in_doubt_ = done.error().in_doubt || done.error().kind == FailureKind::disconnected ||
                  done.error().kind == FailureKind::timeout;
    }
    // What the target refuses it refuses again, and the changes behind it follow from it.
    stuck_ = done.error().kind == FailureKind::rejected || done.error().kind == FailureKind::wrong_answer;
    return done;
  }

 private:
  OperationId operation_of(Change::What what) const {
    std::uint16_t id = 0;
    if (what == Change::What::insert) return OperationId{id};
    id += doer_.mix.insert > 0;
    if (what == Change::What::update) return OperationId{id};
    id += doer_.mix.update > 0;
    return OperationId{id};
  }

  void make_row() {
    const Table& table = run_->population.table(change_->table);
    const std::uint64_t row[] = {change_->row};
    columns_.clear();
    if (change_->what == Change::What::remove)
      columns_ = run_->population.schema().tables[change_->table].primary_key;
    else
      for (std::size_t c = 0; c < table.columns.size(); c++) columns_.push_back(c);
    row_.emplace(columns_.size());
    run_->population.generator().add(change_->table, columns_, row, *row_,
                                     change_->what == Change::What::update ? change_->version : 0);
  }

  Result<> carry_out(RowsFacet& rows) {
    const Table& table = run_->population.table(change_->table);
    if (change_->what == Change::What::insert) return rows.write(table, *row_);
    const Result<std::uint64_t> there =
        change_->what == Change::What::update ? rows.replace(table, *row_) : rows.remove(table, *row_);
    if (!there) return tl::unexpected(there.error());
    if (*there == 1) return {};
    return fail(FailureKind::wrong_answer, fmt::format("table {}: found {} rows with the key of row {}, expected one",
                                                       table.name, *there, change_->row));
  }

  Result<bool> is_noted(QueryFacet& query) {
    const Value key[] = {kWorkload, std::string_view(name_)};
    const Result<const ResultSet*> found =
        query.run("select value from assay_meta where workload = $1 and name = $2", key);
    if (!found) return tl::unexpected(found.error());
    return (*found)->text(0, 0) == value_;
  }

  Result<> made() {
    sequence_.made(*change_);
    doer_.done++;
    change_.reset();
    in_doubt_ = false;
    return {};
  }

  const std::shared_ptr<ChangeRun> run_;
  Doer doer_;
  ChangeSequence sequence_;
  const std::string name_;
  std::string value_;
  std::optional<Change> change_;  // that is to be made
  std::vector<std::size_t> columns_;
  std::optional<RowBatch> row_;
  bool in_doubt_ = false, stuck_ = false;
};

/// One beyond those that the rows were shared out among.
class IdleClient final : public Client {
 public:
  OperationId next(std::uint64_t) override { return kNothingMore; }
  Result<> run(Context&, OperationId) override { return {}; }
};

}  // namespace

Group change_group(const std::shared_ptr<ChangeRun>& run) {
  Group group;
  group.name = "populate";
  const ChangeMix& mix = run->doer.mix;
  if (mix.insert > 0) group.operations.push_back({"insert", "writes a new row"});
  if (mix.update > 0) group.operations.push_back({"update", "replaces a row by its next version"});
  if (mix.remove > 0) group.operations.push_back({"delete", "removes a row"});
  group.make_client = [run](std::uint64_t k) -> std::unique_ptr<Client> {
    if (k >= run->doer.clients) return std::make_unique<IdleClient>();
    Doer doer = run->doer;
    doer.client = k;
    return std::make_unique<ChangeClient>(run, doer);
  };
  return group;
}

}  // namespace assay::populate
