#include "workloads/populate/changes.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace assay::populate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kShop = R"(
tables:
- {name: people, rows: 40, columns: [{name: id, type: int, primary_key: true}, {name: n, type: int}]}
- name: orders
  rows: 100
  columns: [{name: id, type: uuid, primary_key: true}, {name: person, type: int, references: {table: people}}]
- {name: notes, rows: 5, columns: [{name: text, type: text}]}
- name: tree
  rows: 10
  columns: [{name: id, type: int, primary_key: true}, {name: up, type: int, nullable: true, references: {table: tree}}]
)";

Population population(std::string_view text = kShop) {
  return {*dataset::read_schema_text(text, "schema", {}).schema, {}, {}};
}

Doer doer(std::uint64_t client, std::uint64_t clients, std::uint64_t done,
          const char* mix = "insert=1,update=2,delete=1") {
  return {
      .run = 1, .shard = {}, .client = client, .clients = clients, .seed = 3, .mix = parse_changes(mix), .done = done};
}

/// The table and row of all changes, with the versions that rows have then.
using Versions = std::map<std::pair<std::size_t, std::uint64_t>, std::uint32_t>;

Versions versions_of(const Contents& contents) {
  Versions out;
  for (const std::size_t t : contents.population().order())
    for (std::uint64_t place = 0; place < contents.table(t).places(); place++)
      if (contents.table(t).version(place) > 0)
        out[{t, contents.table(t).row(place)}] = contents.table(t).version(place);
  return out;
}

TEST(Changes, tables_are_changed_as_their_keys_allow) {
  const Population shop = population();
  const Changeable can = changeable(shop);
  // Nothing finds a row of notes; a row of tree may refer to any before it; people and tree are referred to.
  EXPECT_EQ(std::set(can.insert.begin(), can.insert.end()), (std::set<std::size_t>{0, 1}));
  EXPECT_EQ(std::set(can.update.begin(), can.update.end()), (std::set<std::size_t>{0, 1, 3}));
  EXPECT_THAT(can.remove, ElementsAre(1));
}

TEST(Changes, that_no_table_allows_are_refused) {
  const Population people = population(
      "tables:\n- {name: a, rows: 3, columns: [{name: id, type: int, primary_key: true}]}\n"
      "- {name: b, rows: 3, columns: [{name: id, type: int, primary_key: true, references: {table: a}}]}\n"
      "- {name: c, rows: 3, columns: [{name: a, type: int, references: {table: b}}]}\n");
  try {
    require_changeable(people, parse_changes("delete=1,update=1"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected delete=0"));
    EXPECT_THAT(error.what(), HasSubstr("expected update=0"));
  }
}

TEST(Changes, follow_from_how_many_were_made) {
  const Population shop = population();
  Contents live(shop, {});
  live.make_changeable();
  Doer two[] = {doer(0, 2, 0), doer(1, 2, 0)};
  std::vector<ChangeSequence> sequences;
  for (const Doer& one : two) sequences.emplace_back(live, one);
  std::map<std::pair<std::size_t, std::uint64_t>, std::uint32_t> expected;
  std::set<std::pair<std::size_t, std::uint64_t>> touched[2];
  for (int i = 0; i < 300; i++) {
    const std::size_t who = i % 3 == 0 ? 0 : 1;  // in any order, one faster than the other
    const Change change = sequences[who].next().value();
    touched[who].insert({change.table, change.row});
    if (change.what == Change::What::insert) {
      EXPECT_FALSE(expected.contains({change.table, change.row}));
      EXPECT_GE(change.row, shop.rows(change.table));
    }
    expected[{change.table, change.row}] = change.version;
    sequences[who].made(change);
    two[who].done++;
  }
  for (const auto& row : touched[0]) EXPECT_FALSE(touched[1].contains(row));
  const Contents replayed(shop, {two[0], two[1]});
  Versions there = versions_of(replayed);
  for (const auto& [row, version] : expected) {
    if (version == 0) {
      EXPECT_TRUE(replayed.table(row.first).place(row.second)) << row.first << " " << row.second;
    } else {
      EXPECT_EQ(there[row], version) << row.first << " " << row.second;
    }
  }
  std::erase_if(expected, [](const auto& e) { return e.second == 0; });
  EXPECT_EQ(there.size(), expected.size());
}

TEST(Changes, that_are_in_doubt_leave_two_states_of_their_rows) {
  const Population shop = population();
  std::set<Change::What> seen;
  for (std::uint64_t done = 0; done < 30; done++) {
    Doer open = doer(0, 1, done);
    open.open = true;
    const Contents contents(shop, {open}), without(shop, {doer(0, 1, done)}), with(shop, {doer(0, 1, done + 1)});
    EXPECT_TRUE(without.doubts().empty());
    ASSERT_EQ(contents.doubts().size(), 1);
    const Change change = contents.doubts()[0].change;
    seen.insert(change.what);
    const auto version_in = [&](const Contents& state) {
      const auto place = state.table(change.table).place(change.row);
      return place ? state.table(change.table).version(*place) : TableState::kGone;
    };
    EXPECT_EQ(version_in(contents), version_in(without));
    const auto place = contents.table(change.table).place(change.row);
    ASSERT_TRUE(place);
    EXPECT_EQ(contents.other_version(change.table, *place), version_in(with));
    EXPECT_NE(version_in(with), version_in(without));
    std::size_t others = 0;
    for (const std::size_t t : shop.order())
      for (std::uint64_t p = 0; p < contents.table(t).places(); p++) others += contents.other_version(t, p).has_value();
    EXPECT_EQ(others, 1);
  }
  EXPECT_EQ(seen.size(), 3);
}

TEST(Changes, of_a_later_run_begin_with_what_the_earlier_ones_left) {
  const Population shop = population();
  const Doer first = doer(0, 1, 200);
  Contents there(shop, {first});
  Doer second = doer(0, 1, 0);
  second.run = 2;
  ChangeSequence sequence(there, second);
  std::set<std::uint64_t> gone;
  for (std::uint64_t place = 0; place < there.table(1).places(); place++)
    if (there.table(1).gone(place)) gone.insert(there.table(1).row(place));
  ASSERT_FALSE(gone.empty());
  const std::uint64_t free_row = there.table(1).first_free_row();
  for (int i = 0; i < 200; i++) {
    const Change change = sequence.next().value();
    if (change.table == 1 && change.what != Change::What::insert) {
      EXPECT_FALSE(gone.contains(change.row));
    }
    if (change.table == 1 && change.what == Change::What::remove) gone.insert(change.row);
    if (change.table == 1 && change.what == Change::What::insert) {
      EXPECT_GE(change.row, free_row);
    }
    sequence.made(change);
  }
}

TEST(Changes, end_when_nothing_is_left_to_change) {
  const Population shop = population();
  Contents there(shop, {});
  there.make_changeable();
  ChangeSequence sequence(there, doer(0, 1, 0, "delete=1"));
  std::uint64_t deleted = 0;
  for (; const auto change = sequence.next(); deleted++) sequence.made(*change);
  EXPECT_EQ(deleted, 100u);
  EXPECT_EQ(there.table(1).present(), 0u);
}

TEST(Changes, runs_are_numbered_and_shards_of_a_job_share_one) {
  EXPECT_EQ(next_run({}, {}), 1u);
  Doer a = doer(0, 1, 5);
  EXPECT_EQ(next_run({a}, {}), 2u);
  a.shard = {0, 2};
  EXPECT_EQ(next_run({a}, {1, 2}), 1u);  // the other half of the same
  EXPECT_EQ(next_run({a}, {0, 2}), 2u);
  EXPECT_EQ(next_run({a}, {1, 3}), 2u);
}

}  // namespace
}  // namespace assay::populate
