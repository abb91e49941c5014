// What the live tests share: sessions on the server named by ASSAY_TEST_MONGODB_URL, and their collection live_t.
#pragma once

#include "drivers/conformance/live_server.h"
#include "drivers/mongodb/mongodb.h"

#include <cstdint>
#include <initializer_list>
#include <string>

namespace assay {

class MongodbLive : public LiveServer {
 protected:
  MongodbLive() : LiveServer(mongodb_driver(), "ASSAY_TEST_MONGODB_URL") {}

  void SetUp() override {
    // Told by who could not fetch the server.
    if (const std::string why = environment("ASSAY_TEST_MONGODB_URL_MISSING"); !why.empty()) GTEST_SKIP() << why;
    LiveServer::SetUp();
    if (IsSkipped()) return;
    target_ = target();
    session_ = connect(*target_);
    session_->rows()->drop("live_t");
    session_->kv()->drop("assay_meta");
  }

  /// live_t(id, n null, t null), with a key or none.
  static Table table(bool keyed = true) {
    return {.name = "live_t",
            .columns = {{.name = "id"},
                        {.name = "n", .nullable = true},
                        {.name = "t", .type = ColumnType::text, .nullable = true}},
            .primary_key = keyed ? std::vector<std::string>{"id"} : std::vector<std::string>{},
            .foreign_keys = {},
            .indexes = {},
            .partitioning = {}};
  }
  static RowBatch rows_from(std::int64_t first, std::int64_t count) {
    RowBatch out(3);
    for (std::int64_t id = first; id < first + count; id++) {
      out.add(id);
      out.add(10 * id);
      out.add_copy("row " + std::to_string(id));
    }
    return out;
  }
  /// The ids that are there, in any order.
  static std::vector<std::int64_t> ids(Session& session, const Table& of, std::uint64_t stretch = 1000) {
    std::vector<std::int64_t> out;
    for (const std::string& part : session.rows()->split(of, stretch)) {
      auto reader = session.rows()->read(of, part);
      if (!reader) throw std::runtime_error(reader.error().message);
      RowBatch batch(of.columns.size());
      for (;;) {
        const auto got = (*reader)->next(100, batch);
        if (!got) throw std::runtime_error(got.error().message);
        if (*got == 0) break;
      }
      for (std::size_t r = 0; r < batch.size(); r++) {
        const auto* id = std::get_if<std::int64_t>(batch.row(r));
        out.push_back(id == nullptr ? -1 : *id);
      }
    }
    return out;
  }

  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
};

}  // namespace assay
