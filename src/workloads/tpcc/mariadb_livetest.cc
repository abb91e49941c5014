// What only MariaDB has. The tests of all servers are tpcc_livetest.cc; those of all targets run here too.
#include "drivers/mysql/mysql.h"
#include "workloads/tpcc/server_fixture.h"

namespace assay::tpcc {

const TestServer& test_server() {
  static const TestServer server{mysql_driver(), "ASSAY_TEST_MARIADB_URL", ""};
  return server;
}

namespace {

class TpccMariadb : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = missing_target(); !why.empty()) GTEST_SKIP() << why;
  }
};

TEST_F(TpccMariadb, partitions_of_each_type_hold_the_same_rows_and_warehouses_lie_where_the_type_says) {
  Database plain;
  prepare(plain.target(), small({{"warehouses", "5"}}));
  const std::uint64_t expected = checksum(plain.target());
  const std::pair<const char*, const char*> ranges{"1,2", "3,4,5"}, dealt{"2,4", "1,3,5"};
  for (const auto& [type, method, parts] : {std::tuple{"hash", "HASH", dealt},
                                            {"range", "RANGE", ranges},
                                            {"list_hash", "LIST", dealt},
                                            {"list_range", "LIST", ranges}}) {
    Database database;
    const OptionMap options =
        small({{"warehouses", "5"}, {"partitions", "2"}, {"partition-type", type}, {"foreign-keys", "false"}});
    prepare(database.target(), options);
    EXPECT_EQ(checksum(database.target()), expected) << type;
    EXPECT_TRUE(check(database.target(), options, true).empty()) << type;
    Sql sql(database.target());
    // Two of each table but item.
    EXPECT_EQ(sql.number("select count(*) from information_schema.partitions where table_schema = database() and "
                         "partition_method = '" +
                         std::string(method) + "'"),
              16)
        << type;
    const auto warehouses = [&](const char* part) {
      return std::string(
          sql.run(fmt::format("select group_concat(w_id order by w_id) from warehouse partition ({})", part))
              .text(0, 0)
              .value());
    };
    EXPECT_EQ(warehouses("p0"), parts.first) << type;
    EXPECT_EQ(warehouses("p1"), parts.second) << type;
  }
}

TEST_F(TpccMariadb, foreign_keys_are_there_or_not_as_asked) {
  for (const auto& [asked, keys] : {std::pair{"true", 10}, {"false", 0}}) {
    Database database;
    prepare(database.target(), small({{"foreign-keys", asked}}));
    EXPECT_EQ(
        Sql(database.target())
            .number(
                "select count(*) from information_schema.referential_constraints where constraint_schema = database()"),
        keys);
  }
}

TEST_F(TpccMariadb, partitions_and_foreign_keys_together_are_an_error_before_anything_is_made) {
  Database database;
  for (const char* type : {"hash", "range", "list_hash", "list_range"}) try {
      prepare(database.target(), small({{"warehouses", "4"}, {"partitions", "2"}, {"partition-type", type}}));
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("no foreign keys between partitioned tables"));
      EXPECT_THAT(error.what(), testing::HasSubstr("--foreign-keys false"));
    }
  EXPECT_EQ(
      Sql(database.target()).number("select count(*) from information_schema.tables where table_schema = database()"),
      0);
}

}  // namespace
}  // namespace assay::tpcc
