// What only PostgreSQL has. The tests of all servers are tpcc_livetest.cc; those of all targets run here too.
#include "drivers/postgres/postgres.h"
#include "workloads/tpcc/server_fixture.h"

namespace assay::tpcc {

const TestServer& test_server() {
  static const TestServer server{postgres_driver(), "ASSAY_TEST_POSTGRES_URL", " with (force)"};
  return server;
}

namespace {

class TpccPostgres : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
  }
};

TEST_F(TpccPostgres, partitions_of_each_type_hold_the_same_rows_and_warehouses_lie_where_the_type_says) {
  Database plain;
  prepare(plain.target(), small({{"warehouses", "5"}}));
  const std::uint64_t expected = checksum(plain.target());
  for (const auto& [type, keys] : {std::pair<std::string, const char*>{"hash", "true"},
                                   {"range", "false"},
                                   {"list_hash", "false"},
                                   {"list_range", "true"}}) {
    Database database;
    const OptionMap options =
        small({{"warehouses", "5"}, {"partitions", "2"}, {"partition-type", type}, {"foreign-keys", keys}});
    prepare(database.target(), options);
    EXPECT_EQ(checksum(database.target()), expected) << type;
    EXPECT_TRUE(check(database.target(), options, true).empty()) << type;
    Sql sql(database.target());
    // pg_inherits has a row for each partition: two of each table but item.
    EXPECT_EQ(sql.number("select count(*) from pg_inherits i join pg_class c on c.oid = i.inhparent where c.relkind "
                         "= 'p'"),
              16)
        << type;
    const ResultSet& rows = sql.run(
        "select tableoid::regclass::text, string_agg(w_id::text, ',' order by w_id) from warehouse group by 1 order "
        "by 1");
    std::vector<std::string> parts;
    for (std::size_t r = 0; r < rows.size(); r++) parts.emplace_back(rows.text(r, 1).value());
    std::sort(parts.begin(), parts.end());
    const std::vector<std::string> ranges = {"1,2", "3,4,5"}, dealt = {"1,3,5", "2,4"};
    if (type != "hash") {
      EXPECT_EQ(parts, type == "list_hash" ? dealt : ranges) << type;
    }
  }
}

TEST_F(TpccPostgres, foreign_keys_are_there_or_not_as_asked) {
  for (const auto& [asked, keys] : {std::pair{"true", 10}, {"false", 0}}) {
    Database database;
    prepare(database.target(), small({{"foreign-keys", asked}}));
    EXPECT_EQ(Sql(database.target()).number("select count(*) from pg_constraint where contype = 'f'"), keys);
  }
}

}  // namespace
}  // namespace assay::tpcc
