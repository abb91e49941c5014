// What the live tests share: sessions on the server named by ASSAY_TEST_NEO4J_URL, and Cypher of the tests' own over a
// connection beside them.
#pragma once

#include "drivers/conformance/live_server.h"
#include "drivers/neo4j/connection.h"
#include "drivers/neo4j/neo4j.h"

#include <gmock/gmock.h>

#include <span>
#include <string>
#include <vector>

namespace assay {

class Neo4jLive : public LiveServer {
 protected:
  Neo4jLive() : LiveServer(neo4j_driver(), "ASSAY_TEST_NEO4J_URL") {}

  void SetUp() override {
    LiveServer::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    remove_all();
  }
  void TearDown() override {
    if (!IsSkipped()) remove_all();
  }

  RowsFacet& rows() { return *session_->rows(); }

  /// A connection of the tests' own.
  std::unique_ptr<neo4j::Connection> open(const std::string& query = "") {
    neo4j::Resolver resolver(neo4j::parse_address(spec(query.empty() ? url_ : with(query))));
    auto opened = neo4j::Connection::open(*resolver.resolve(), nullptr);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  /// The first column of what the statement answers.
  std::vector<std::string> cypher(const std::string& text) {
    if (own_ == nullptr || own_->lost()) own_ = open();
    std::vector<std::string> out;
    const auto done = own_->run(text, {}, neo4j::Effect::write, [&](const neo4j::Item& row) {
      const neo4j::Item& value = *(&row + 1);
      out.push_back(value.type == neo4j::Item::Type::text ? std::string(value.data) : std::to_string(value.integer));
    });
    if (!done) throw std::runtime_error(text + ": " + done.error().message);
    return out;
  }
  std::string one(const std::string& text) {
    const std::vector<std::string> all = cypher(text);
    return all.empty() ? "nothing" : all[0];
  }
  static std::string at(const std::string& user, const std::string& rest = "/neo4j",
                        const std::string& scheme = "bolt") {
    return scheme + "://" + user + "@127.0.0.1:" + environment("ASSAY_TEST_NEO4J_PORT") + rest;
  }

  // users(id, name) and orders(id, user_id → users, at), the second with an index.
  static Table users() {
    return {.name = "live_users",
            .columns = {{.name = "id"}, {.name = "name", .type = ColumnType::text, .nullable = true}},
            .primary_key = {"id"},
            .foreign_keys = {},
            .indexes = {},
            .partitioning = {}};
  }
  static Table orders() {
    return {
        .name = "live_orders",
        .columns = {{.name = "id"}, {.name = "user_id", .nullable = true}, {.name = "place", .type = ColumnType::text}},
        .primary_key = {"id"},
        .foreign_keys = {{.columns = {"user_id"}, .table = "live_users", .references = {"id"}}},
        .indexes = {{.name = "live_orders_place", .columns = {"place"}, .unique = false}},
        .partitioning = {}};
  }
  static RowBatch users(std::int64_t first, std::int64_t count) {
    RowBatch batch(2);
    for (std::int64_t id = first; id < first + count; id++) {
      batch.add(id);
      batch.add_copy("user " + std::to_string(id));
    }
    return batch;
  }
  /// (id, user_id) of each.
  static RowBatch orders(std::initializer_list<std::pair<std::int64_t, Value>> rows) {
    RowBatch batch(3);
    for (const auto& [id, user] : rows) {
      batch.add(id);
      batch.add(user);
      batch.add_copy("somewhere");
    }
    return batch;
  }
  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

  void remove_all() {
    cypher("MATCH (n:live_stranger) DETACH DELETE n");
    const std::string all[] = {"live_users", "live_orders", "assay_meta"};
    connect(*target_)->rows()->drop_all(all);
  }

  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<neo4j::Connection> own_;
};

}  // namespace assay
