#include "workloads/populate/changes.h"

#include "base/error.h"
#include "core/meta.h"
#include "workloads/populate/record.h"

#include <algorithm>
#include <cstdio>

namespace assay::populate {
namespace {

std::vector<std::size_t> of_order(const Population& population, const std::function<bool(std::size_t)>& can) {
  std::vector<std::size_t> out;
  for (const std::size_t t : population.order())
    if (can(t)) out.push_back(t);
  return out;
}

}  // namespace

std::string Doer::name() const {
  return fmt::format("{}{:06}/{:06}.{}/{:06}.{}", kChanges, run, shard.index, shard.count, client, clients);
}

std::string Doer::value() const { return fmt::format("{}{} seed={} {}", done, open ? "?" : "", seed, to_text(mix)); }

std::vector<Doer> read_doers(Session& session, std::string_view owner) {
  std::vector<Doer> out;
  for (const auto& [name, value] : Meta(session, owner).all(kChanges)) {
    Doer doer;
    unsigned long long client = 0, clients = 0, done = 0, seed = 0;
    int number = 0, end = 0;
    const bool noted = std::sscanf(value.c_str(), "%llu%n", &done, &number) == 1;
    doer.open = noted && value[static_cast<std::size_t>(number)] == '?';
    const char* const rest = value.c_str() + number + (doer.open ? 1 : 0);
    const bool good = noted &&
                      std::sscanf(name.c_str() + kChanges.size(), "%u/%u.%u/%llu.%llu", &doer.run, &doer.shard.index,
                                  &doer.shard.count, &client, &clients) == 5 &&
                      std::sscanf(rest, " seed=%llu %n", &seed, &end) == 1 && end > 0;
    if (!good)
      throw Error(
          fmt::format("assay_meta says '{}' for {} of populate, which is no progress of a client", value, name));
    doer.client = client;
    doer.clients = clients;
    doer.done = done;
    doer.seed = seed;
    doer.mix = parse_changes(rest + end);
    out.push_back(doer);
  }
  std::stable_sort(out.begin(), out.end(), [](const Doer& a, const Doer& b) { return a.run < b.run; });
  return out;
}

std::uint32_t next_run(const std::vector<Doer>& doers, Shard shard) {
  if (doers.empty()) return 1;
  const std::uint32_t last = doers.back().run;
  const bool joins = std::all_of(doers.begin(), doers.end(), [&](const Doer& doer) {
    return doer.run < last || (doer.shard.count == shard.count && doer.shard.index != shard.index);
  });
  return joins ? last : last + 1;
}

std::vector<Doer> runs_before(std::vector<Doer> doers, std::uint32_t run) {
  std::erase_if(doers, [run](const Doer& doer) { return doer.run >= run; });
  return doers;
}

std::optional<std::uint64_t> TableState::place(std::uint64_t row) const noexcept {
  if (row < rows_) return row;
  const auto at = std::lower_bound(inserted_.begin(), inserted_.end(), row,
                                   [](const Inserted& i, std::uint64_t r) { return i.row < r; });
  if (at == inserted_.end() || at->row != row) return std::nullopt;
  return rows_ + static_cast<std::uint64_t>(at - inserted_.begin());
}

void TableState::set_version(std::uint64_t place, std::uint32_t version) noexcept {
  (place < rows_ ? versions_[place] : inserted_[place - rows_].version) = version;
}

std::uint64_t TableState::present() const noexcept {
  std::uint64_t gone = static_cast<std::uint64_t>(std::count(versions_.begin(), versions_.end(), kGone));
  for (const Inserted& one : inserted_) gone += one.version == kGone;
  return places() - gone;
}

void TableState::add(std::vector<Inserted> rows) {
  std::sort(rows.begin(), rows.end(), [](const Inserted& a, const Inserted& b) { return a.row < b.row; });
  inserted_.insert(inserted_.end(), rows.begin(), rows.end());
}

Changeable changeable(const Population& population) {
  const auto& tables = population.schema().tables;
  const auto keyed = [&](std::size_t t) { return !tables[t].primary_key.empty(); };
  Changeable out;
  out.insert = of_order(population, [&](std::size_t t) {
    const bool circular = std::any_of(tables[t].foreign_keys.begin(), tables[t].foreign_keys.end(),
                                      [&](const dataset::ForeignKey& key) { return key.deferred || key.table == t; });
    return keyed(t) && !circular && population.generator().most_rows(t) > tables[t].rows;
  });
  out.update = of_order(
      population, [&](std::size_t t) { return keyed(t) && tables[t].primary_key.size() < tables[t].columns.size(); });
  out.remove = of_order(population, [&](std::size_t t) {
    return keyed(t) && std::none_of(tables.begin(), tables.end(), [&](const dataset::Table& other) {
             return std::any_of(other.foreign_keys.begin(), other.foreign_keys.end(),
                                [&](const dataset::ForeignKey& key) { return key.table == t; });
           });
  });
  return out;
}

void require_changeable(const Population& population, const ChangeMix& mix) {
  const Changeable can = changeable(population);
  std::vector<std::string> mistakes;
  if (mix.insert > 0 && can.insert.empty())
    mistakes.emplace_back(
        "--changes inserts rows, and no table takes more of them: each has no primary key, as many rows as its keys "
        "allow, or a foreign key to itself; expected insert=0");
  if (mix.update > 0 && can.update.empty())
    mistakes.emplace_back(
        "--changes updates rows, and no table has a primary key and columns beside it; expected update=0");
  if (mix.remove > 0 && can.remove.empty())
    mistakes.emplace_back(
        "--changes deletes rows, and each table with a primary key is referred to by a foreign key; expected "
        "delete=0");
  refuse_mistakes(mistakes);
}

Contents::Contents(const Population& population, const std::vector<Doer>& doers) : population_(population) {
  for (std::size_t t = 0; t < population.schema().tables.size(); t++) tables_.emplace_back(population.rows(t));
  for (std::size_t first = 0; first < doers.size();) {
    std::size_t end = first;
    while (end < doers.size() && doers[end].run == doers[first].run) end++;
    make_changeable();
    std::vector<std::vector<TableState::Inserted>> inserted(tables_.size());
    for (; first < end; first++) {
      ChangeSequence sequence(*this, doers[first]);
      for (std::uint64_t n = 0; n < doers[first].done; n++)
        if (const std::optional<Change> change = sequence.next()) sequence.made(*change);
      for (std::size_t t = 0; t < tables_.size(); t++)
        inserted[t].insert(inserted[t].end(), sequence.inserted(t).begin(), sequence.inserted(t).end());
      if (!doers[first].open) continue;
      const std::optional<Change> change = sequence.next();
      if (!change) continue;
      doubts_.push_back({doers[first], *change});
      if (change->what == Change::What::insert) inserted[change->table].push_back({change->row, TableState::kGone});
    }
    for (std::size_t t = 0; t < tables_.size(); t++) tables_[t].add(std::move(inserted[t]));
  }
  for (const auto& [doer, change] : doubts_)
    if (const std::optional<std::uint64_t> place = tables_[change.table].place(change.row))
      others_[{change.table, *place}] = change.version;
}

std::optional<std::uint32_t> Contents::other_version(std::size_t table, std::uint64_t place) const noexcept {
  const auto found = others_.find({table, place});
  return found == others_.end() ? std::nullopt : std::optional(found->second);
}

void Contents::make_changeable() {
  for (const std::size_t t : population_.order())
    if (!tables_[t].changeable()) tables_[t].make_changeable();
}

ChangeSequence::ChangeSequence(Contents& state, const Doer& doer)
    : state_(state),
      doer_(doer),
      changeable_(changeable(state.population())),
      random_(hash_of(doer.seed, doer.run, doer.number(), doer.all())) {
  for (std::size_t t = 0; t < state.population().schema().tables.size(); t++)
    tables_.push_back({.first_free = state.table(t).first_free_row(), .inserted = {}, .inserts = 0});
}

std::size_t ChangeSequence::draw_table(const std::vector<std::size_t>& among) {
  const auto weight = [&](std::size_t t) { return std::max<std::uint64_t>(state_.population().rows(t), 1); };
  std::uint64_t all = 0;
  for (const std::size_t t : among) all += weight(t);
  std::uint64_t at = random_.below(all);
  for (const std::size_t t : among) {
    if (at < weight(t)) return t;
    at -= weight(t);
  }
  return among.back();
}

/// How many places of the state are its own.
std::uint64_t ChangeSequence::owned(std::size_t table) const noexcept {
  const std::uint64_t places = state_.table(table).places(), number = doer_.number();
  return places > number ? (places - number - 1) / doer_.all() + 1 : 0;
}

/// One that is there, of those it owns: from a random one on.
bool ChangeSequence::draw_row(Change& change) {
  const Own& own = tables_[change.table];
  const TableState& there = state_.table(change.table);
  const std::uint64_t owned = this->owned(change.table), all = owned + own.inserted.size();
  if (all == 0) return false;
  const std::uint64_t begin = random_.below(all);
  for (std::uint64_t i = 0; i < all; i++) {
    const std::uint64_t at = (begin + i) % all;
    change.own = at >= owned;
    change.place = change.own ? at - owned : at * doer_.all() + doer_.number();
    const std::uint32_t version = change.own ? own.inserted[change.place].version : there.version(change.place);
    if (version == TableState::kGone) continue;
    change.row = change.own ? own.inserted[change.place].row : there.row(change.place);
    change.version = change.what == Change::What::remove ? TableState::kGone : version + 1;
    return true;
  }
  return false;
}

bool ChangeSequence::draw(Change::What what, Change& change) {
  change.what = what;
  const std::vector<std::size_t>& among = what == Change::What::insert   ? changeable_.insert
                                          : what == Change::What::update ? changeable_.update
                                                                         : changeable_.remove;
  if (among.empty()) return false;
  change.table = draw_table(among);
  if (what != Change::What::insert) return draw_row(change);
  const Own& own = tables_[change.table];
  change.row = own.first_free + own.inserts * doer_.all() + doer_.number();
  change.version = 0;
  change.own = true;
  change.place = own.inserted.size();
  return change.row < state_.population().generator().most_rows(change.table);
}

std::optional<Change> ChangeSequence::next() {
  const ChangeMix& mix = doer_.mix;
  const double at = random_.unit() * (mix.insert + mix.update + mix.remove);
  using What = Change::What;
  const What first = at < mix.insert ? What::insert : at < mix.insert + mix.update ? What::update : What::remove;
  Change change;
  if (draw(first, change)) return change;
  // Where nothing of that sort can be done any more, another one that is wanted.
  for (const auto& [what, weight] :
       {std::pair{What::update, mix.update}, {What::insert, mix.insert}, {What::remove, mix.remove}})
    if (what != first && weight > 0 && draw(what, change)) {
      change.instead = true;
      return change;
    }
  return std::nullopt;
}

void ChangeSequence::made(const Change& change) {
  Own& own = tables_[change.table];
  if (change.what == Change::What::insert) {
    own.inserts++;
    own.inserted.push_back({change.row, 0});
  } else if (change.own) {
    own.inserted[change.place].version = change.version;
  } else {
    state_.table(change.table).set_version(change.place, change.version);
  }
}

}  // namespace assay::populate
