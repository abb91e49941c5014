#include "drivers/postgres/address.h"

#include "base/error.h"
#include "drivers/postgres/ddl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace assay::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Address parsed(const std::string& url) { return parse_address({.url = url, .options = Options(kOptions)}); }

std::string parameter(const Address& address, const std::string& name) {
  const auto found = std::find_if(address.parameters.begin(), address.parameters.end(),
                                  [&](const auto& p) { return p.first == name; });
  return found == address.parameters.end() ? "(none)" : found->second;
}

std::string refusal(const std::string& url) {
  try {
    parsed(url);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(PostgresAddress, DriverOptionsAreTakenOutOfTheUrlAndTheRestIsLibpqs) {
  const Address a = parsed(
      "postgres://me:secret@db.example:6543/bench?sslmode=verify-full&load=insert&sslrootcert=ca.crt&pipeline=false");
  EXPECT_EQ(parameter(a, "sslmode"), "verify-full");
  EXPECT_EQ(parameter(a, "sslrootcert"), "ca.crt");
  EXPECT_EQ(parameter(a, "user"), "me");
  EXPECT_EQ(parameter(a, "load"), "(none)");
  EXPECT_EQ(a.options.text("load"), "insert");
  EXPECT_FALSE(a.options.flag("pipeline"));
  EXPECT_THAT(a.hosts, ElementsAre("db.example"));
  EXPECT_THAT(a.ports, ElementsAre("6543"));
}

TEST(PostgresAddress, NamesHostPortDatabaseAndUserButNotThePassword) {
  const Address a = parsed("postgresql://me:secret@db.example:6543/bench");
  EXPECT_EQ(a.place, "db.example:6543, database 'bench', user 'me'");
}

TEST(PostgresAddress, SeveralHostsShareAPort) {
  const Address a = parsed("postgres://u@a,b:1/d");
  EXPECT_THAT(a.hosts, ElementsAre("a", "b"));
}

TEST(PostgresAddress, TimeoutsBecomeServerSettings) {
  EXPECT_EQ(parameter(parsed("postgres://u@h/d?statement-timeout=1500ms&lock-timeout=2s"), "options"),
            "-c statement_timeout=1500 -c lock_timeout=2000");
  EXPECT_EQ(parsed("postgres://u@h/d?connect_timeout=3").connect_timeout, Nanos(std::chrono::seconds(3)));
}

TEST(PostgresAddress, WhatNeitherLibpqNorTheDriverKnowsIsRefusedWithoutThePassword) {
  const std::string message = refusal("postgres://u:hunter2@h/d?wombat=1");
  EXPECT_THAT(message, HasSubstr("wombat"));
  EXPECT_THAT(message, HasSubstr("insert-rows"));
  EXPECT_THAT(message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(refusal("postgres://u:hunter2@h:notaport/d"), Not(HasSubstr("hunter2")));
  EXPECT_EQ(refusal("postgres://u@h:99999/d"), "the port is 99999; expected 1 to 65535");
  EXPECT_EQ(refusal("postgres://u@a:5432,b:70000/d"), "the port is 70000; expected 1 to 65535");
  EXPECT_THAT(refusal("postgres://u@h/d?load=carrier-pigeon"), HasSubstr("copy"));
  EXPECT_THAT(refusal("postgres://u@h/d?load=copy&load=insert"), HasSubstr("twice"));
}

TEST(PostgresDdl, PartitionsAreTables) {
  Table table{
      .name = "t",
      .columns = {{.name = "id", .type = ColumnType::integer},
                  {.name = "amount", .type = ColumnType::decimal, .precision = 12, .scale = 2, .nullable = true}},
      .primary_key = {"id"},
      .foreign_keys = {},
      .indexes = {},
      .partitioning = {
          .kind = Partitioning::Kind::list, .column = "id", .parts = {{.values = {1, 3}}, {.values = {2}}}}};
  EXPECT_THAT(
      create_statements(table),
      ElementsAre("create table \"t\" (\"id\" integer not null, \"amount\" numeric(12,2), primary key (\"id\")) "
                  "partition by list (\"id\")",
                  "create table \"t_p0\" partition of \"t\" for values in (1, 3)",
                  "create table \"t_p1\" partition of \"t\" for values in (2)"));
  table.partitioning.parts.clear();
  EXPECT_THROW(create_statements(table), Error);
}

TEST(PostgresDdl, AQuoteInANameIsDoubled) { EXPECT_EQ(quoted_name("a\"b"), "\"a\"\"b\""); }

}  // namespace
}  // namespace assay::postgres
