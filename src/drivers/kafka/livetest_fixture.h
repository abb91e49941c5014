// What the live tests of Kafka share: sessions on the broker named by ASSAY_TEST_KAFKA_URL, and a table of pairs whose topic is
// made anew for each test. Topics of tests begin with test_ and are removed at the end.
#pragma once

#include "base/error.h"
#include "core/meta.h"
#include "drivers/conformance/live_server.h"
#include "drivers/kafka/kafka.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace assay {

class KafkaLive : public LiveServer {
 protected:
  KafkaLive() : LiveServer(kafka_driver(), "ASSAY_TEST_KAFKA_URL") {}

  void SetUp() override {
    LiveServer::SetUp();
    if (IsSkipped()) return;
    target_ = target("prefix=test_");
    session_ = connect(*target_);
    remove_all();
    rows().create(pairs_table());
    session_->kv()->create(meta_table().name);
  }
  void TearDown() override {
    if (session_ != nullptr) remove_all();
  }
  void remove_all() {
    const std::string tables[] = {"pairs", "other", meta_table().name};
    rows().drop_all(tables);
  }

  RowsFacet& rows() { return *session_->rows(); }

  static Table pairs_table(const std::string& name = "pairs") {
    return {.name = name,
            .columns = {{.name = "id"}, {.name = "t", .type = ColumnType::text, .nullable = true}},
            .primary_key = {"id"},
            .foreign_keys = {},
            .indexes = {},
            .partitioning = {}};
  }
  /// Rows [first, first + count).
  static RowBatch pairs(std::int64_t first, std::int64_t count, std::size_t length = 10) {
    RowBatch batch(2);
    const std::string text(length, 'x');
    for (std::int64_t id = first; id < first + count; id++) {
      batch.add(id);
      batch.add_copy(text);
    }
    return batch;
  }
  template <class T>
  static T must(Result<T> result) {
    if (!result)
      throw std::runtime_error(fmt::format("{}: {}", to_string(result.error().kind), result.error().message));
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
  /// "ok", or the kind of the failure.
  template <class T>
  static std::string outcome(const Result<T>& result) {
    return result ? "ok" : std::string(to_string(result.error().kind));
  }
  /// The ids in the table, ascending, each as often as it is there; read in stretches of about so many rows.
  static std::vector<std::int64_t> ids_in(Session& session, const Table& table, std::uint64_t stretch = 1000) {
    std::vector<std::int64_t> out;
    for (const std::string& part : session.rows()->split(table, stretch)) {
      const auto reader = must(session.rows()->read(table, part));
      for (;;) {
        RowBatch batch(table.columns.size());
        if (must(reader->next(97, batch)) == 0) break;
        for (std::size_t r = 0; r < batch.size(); r++) out.push_back(std::get<std::int64_t>(batch.row(r)[0]));
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> out;
    for (std::int64_t id = first; id < first + count; id++) out.push_back(id);
    return out;
  }
  template <class Work>
  static std::string error_of(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

}  // namespace assay
