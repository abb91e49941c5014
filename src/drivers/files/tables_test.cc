// Tables as files: what stands in them after each call, in both formats.
#include "core/meta.h"
#include "drivers/files/files_fixture.h"

namespace assay::files {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr RowsNote kNote{"w", "chunk/1", "done"};

class FilesTables : public testing::TestWithParam<const Driver*> {
 protected:
  std::string file(const std::string& table) const {
    return directory_ / (table + "." + std::string(GetParam()->info().name));
  }
  bool csv() const { return GetParam() == &csv_driver(); }
  std::unique_ptr<Session> connect(const std::string& query = "") {
    return open_session(*target_of(*GetParam(), directory_.path(), query));
  }
  RowsFacet& rows() { return *session_->rows(); }

  const TempDirectory directory_;
  const std::unique_ptr<Session> session_ = connect();
};
INSTANTIATE_TEST_SUITE_P(, FilesTables, testing::Values(&csv_driver(), &jsonl_driver()),
                         [](const auto& format) { return std::string(format.param->info().name); });

TEST_P(FilesTables, are_one_file_each_and_nothing_is_left_of_them) {
  rows().create(users());
  EXPECT_EQ(text_of(file("users")), csv() ? "id,name\n" : "");
  RowBatch batch = users_from(1, 1);
  batch.add(std::int64_t(2));
  batch.add(kNull);
  batch.add(std::int64_t(3));
  batch.add(std::string_view(""));
  ASSERT_EQ(outcome(rows().write_noted(users(), batch, kNote, false)), "ok");
  EXPECT_EQ(text_of(file("users")),
            csv() ? "id,name\n1,user 1\n2,\n3,\"\"\n"
                  : "{\"id\":1,\"name\":\"user 1\"}\n{\"id\":2,\"name\":null}\n{\"id\":3,\"name\":\"\"}\n");
  EXPECT_THAT(ids_in(*session_), ElementsAre(1, 2, 3));
  rows().drop("users");
  Meta(*session_, "w").remove();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path())) << "tables and record are gone, and so is all of it";
}

TEST_P(FilesTables, that_somebody_else_made_are_not_touched) {
  set_text(file("users"), "mine\n");
  EXPECT_TRUE(rows().exists("users"));
  EXPECT_THAT(refusal([&] { rows().create(users()); }), HasSubstr("there is a table users already: " + file("users")));
  if (csv()) {
    EXPECT_THAT(outcome(rows().write(users(), users_from(1, 1))),
                AllOf(HasSubstr("begins with 'mine'"), HasSubstr("expected the columns of users, 'id,name'")));
    EXPECT_THAT(refusal([&] { rows().split(users(), 10); }), HasSubstr("begins with 'mine'"));
  }
  EXPECT_EQ(text_of(file("users")), "mine\n");
}

TEST_P(FilesTables, without_a_record_are_read_and_appended_to) {
  set_text(file("users"), csv() ? "id,name\r\n7,x\r\n" : "{\"id\":7,\"name\":\"x\"}\n");
  EXPECT_THAT(ids_in(*session_), ElementsAre(7));
  ASSERT_EQ(outcome(rows().write_noted(users(), users_from(8, 1), kNote, false)), "ok");
  EXPECT_THAT(ids_in(*session_), ElementsAre(7, 8));
}

TEST_P(FilesTables, are_read_to_their_end_though_the_last_line_has_none) {
  set_text(file("users"), csv() ? "id,name\n1,a\n2,\"b\nc\"" : "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"b\"}");
  EXPECT_THAT(ids_in(*session_), ElementsAre(1, 2));
}

TEST_P(FilesTables, that_are_damaged_say_in_which_line_and_are_read_to_their_end) {
  rows().create(users());
  ASSERT_EQ(outcome(rows().write(users(), users_from(1, 150))), "ok");
  std::string text = text_of(file("users"));
  const std::string there = csv() ? "\n120,user 120\n" : "\n{\"id\":120,\"name\":\"user 120\"}\n";
  text.replace(text.find(there), there.size(), csv() ? "\n120\n" : "\n{\"id\":120\n");
  set_text(file("users"), text);
  std::vector<std::string> strangers;
  RowBatch batch(2);
  for (const std::string& stretch : rows().split(users(), 40)) {
    const auto reader = value_or_throw(rows().read(users(), stretch), "reading");
    while (value_or_throw(reader->next(7, batch), "reading") > 0) {
    }
    for (std::string& stranger : reader->take_strangers()) strangers.push_back(std::move(stranger));
  }
  EXPECT_THAT(strangers, ElementsAre(HasSubstr(fmt::format("{}:{}: found {}", file("users"), csv() ? 121 : 120,
                                                           csv() ? "1 fields; expected 2" : "no JSON"))));
  ASSERT_EQ(batch.size(), 149);
  EXPECT_EQ(std::get<std::int64_t>(batch.row(148)[0]), 150);
}

TEST_P(FilesTables, with_names_that_no_file_can_have_are_refused) {
  for (const char* name : {"", "../users", "a/b", ".hidden"}) {
    Table table = users();
    table.name = name;
    EXPECT_THAT(refusal([&] { rows().create(table); }), HasSubstr("no file can have the name of the table")) << name;
  }
  Table table = users();
  table.name = std::string(300, 'x');
  EXPECT_THAT(refusal([&] { rows().create(table); }), HasSubstr("File name too long"));
}

TEST_P(FilesTables, have_no_partitions) {
  Table table = users();
  table.partitioning = {.kind = Partitioning::Kind::hash, .column = "id", .parts = {{}, {}}};
  EXPECT_THAT(refusal([&] { rows().create(table); }), HasSubstr("partitions, which a file cannot have"));
  EXPECT_FALSE(rows().exists("users"));
}

TEST_P(FilesTables, that_lack_rows_which_were_written_are_not_written_further) {
  rows().create(users());
  ASSERT_EQ(outcome(rows().write(users(), users_from(1, 10))), "ok");
  const auto size = std::filesystem::file_size(file("users"));
  std::filesystem::resize_file(file("users"), size - 20);
  EXPECT_THAT(outcome(rows().write(users(), users_from(11, 1))),
              HasSubstr(fmt::format("{} has {} bytes, and {} were written", file("users"), size - 20, size)));
}

TEST_P(FilesTables, that_somebody_removed_are_made_anew) {
  rows().create(users());
  ASSERT_EQ(outcome(rows().write(users(), users_from(1, 10))), "ok");
  std::filesystem::remove(file("users"));
  EXPECT_FALSE(rows().exists("users"));
  EXPECT_THAT(outcome(rows().write(users(), users_from(1, 1))), HasSubstr("rejected: there is no table users"));
  rows().create(users());
  ASSERT_EQ(outcome(rows().write(users(), users_from(5, 1))), "ok");
  EXPECT_THAT(ids_in(*session_), ElementsAre(5));
}

TEST_P(FilesTables, are_finished_whose_maker_was_killed_before_the_header_was_there) {
  set_text(file("users"), csv() ? "id,n" : "");
  ASSERT_EQ(outcome(rows().write(users(), users_from(1, 1))), "ok");
  EXPECT_THAT(ids_in(*session_), ElementsAre(1));
}

TEST_P(FilesTables, reject_a_bad_row_by_its_number_and_write_none_of_the_batch) {
  rows().create(users());
  RowBatch batch = users_from(1, 2);
  batch.add(kNull);
  batch.add(std::string_view("nobody"));
  const std::string before = text_of(file("users"));
  EXPECT_EQ(outcome(rows().write_noted(users(), batch, kNote, false)),
            "rejected: users, row 3 of 3 in the batch: the column id may not be null, and is");
  EXPECT_EQ(text_of(file("users")), before);
}

TEST_P(FilesTables, are_written_without_waiting_for_the_disk_when_it_is_asked_for) {
  const auto session = connect("?sync=false");
  session->rows()->create(users());
  ASSERT_EQ(outcome(session->rows()->write_noted(users(), users_from(1, 3), kNote, false)), "ok");
  EXPECT_THAT(ids_in(*session_), ElementsAre(1, 2, 3));
  const auto facts = target_of(*GetParam(), directory_.path(), "?sync=false")->facts();
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->settings.at("sync"), "false");
}

TEST_P(FilesTables, a_stretch_that_is_none_is_rejected) {
  rows().create(users());
  for (const char* stretch : {"", "1", "1-2", "9-3@1", "a-b@c", "1-2@3x"})
    EXPECT_THAT(outcome(rows().read(users(), stretch)), HasSubstr("is no stretch of users")) << stretch;
  EXPECT_THAT(outcome(rows().read(users(), "0-999999@1").and_then([](auto reader) {
                RowBatch batch(2);
                return reader->next(10, batch);
              })),
              testing::Not("ok"));
}

TEST_P(FilesTables, records_longer_than_what_is_read_at_once_come_back) {
  rows().create(users());
  const std::string long_name(3 << 20, '"');
  RowBatch batch(2);
  for (const std::int64_t id : {1, 2, 3}) {
    batch.add(id);
    batch.add(id == 2 ? Value(std::string_view(long_name)) : Value(std::string_view("\n\"\n")));
  }
  ASSERT_EQ(outcome(rows().write(users(), batch)), "ok");
  for (const std::uint64_t stretch : {1u, 2u, 100u}) {
    std::vector<std::string> names;
    for (const std::string& part : rows().split(users(), stretch)) {
      const auto reader = value_or_throw(rows().read(users(), part), "reading");
      RowBatch read(2);
      while (value_or_throw(reader->next(1, read), "reading") > 0) {
      }
      for (std::size_t r = 0; r < read.size(); r++) names.emplace_back(std::get<std::string_view>(read.row(r)[1]));
    }
    ASSERT_EQ(names.size(), 3u);
    EXPECT_EQ(names[0], "\n\"\n");
    EXPECT_TRUE(names[1] == long_name);
    EXPECT_EQ(names[2], "\n\"\n");
  }
}

}  // namespace
}  // namespace assay::files
