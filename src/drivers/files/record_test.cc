#include "drivers/files/record.h"

#include "drivers/files/files_fixture.h"

#include <fcntl.h>
#include <fmt/ranges.h>

#include <thread>

namespace assay::files {
namespace {

using testing::HasSubstr;

constexpr Waits kWaits{.timeout = std::chrono::seconds(20)};

/// As one text: lengths and entries.
std::string shown(const RecordState& state) {
  std::string out;
  for (const auto& [table, length] : state.lengths) out += fmt::format("{}={} ", table, length);
  for (const auto& [name, entries] : state.collections) {
    out += name + ":";
    for (const auto& [key, value] : entries) out += fmt::format("[{}={}]", key, value);
    out += " ";
  }
  return out;
}
std::string shown(Record& record) {
  std::string out;
  const Result<> read = record.read([&](const RecordState& state) { out = shown(state); });
  return read ? out : outcome(read);
}
Result<> add(Record& record, std::vector<RecordLine> lines) {
  return record.change(kWaits, [&](const RecordState&) { return lines; });
}

TEST(FilesRecord, its_lines_come_to_what_was_changed) {
  RecordState state;
  for (const RecordLine& line :
       {RecordLine::make_collection("c"), RecordLine::put("c", "a", "1"), RecordLine::put("c", "a", "2"),
        RecordLine::put("c", "b", ""), RecordLine::remove("c", "a"), RecordLine::length("t", 7),
        RecordLine::noted("t", 9, "c", "n/1", "x\ty\n"), RecordLine::length("u", 1), RecordLine::gone("u"),
        RecordLine::make_collection("d"), RecordLine::drop_collection("d")})
    EXPECT_TRUE(apply_line(line.text().substr(0, line.text().size() - 1), state)) << line.text();
  EXPECT_EQ(shown(state), "t=9 c:[b=][n/1=x\ty\n] ");
}

TEST(FilesRecord, a_line_with_another_sum_is_none) {
  const std::string line = RecordLine::length("users", 1234).text();
  for (std::size_t i = 0; i + 1 < line.size(); i++) {
    std::string other = line.substr(0, line.size() - 1);
    other[i] = static_cast<char>(other[i] ^ 1);
    RecordState state;
    EXPECT_FALSE(apply_line(other, state)) << other;
    EXPECT_FALSE(apply_line(line.substr(0, i), state));
    EXPECT_TRUE(state.empty());
  }
}

TEST(FilesRecord, is_a_file_from_the_first_entry_to_the_last) {
  const TempDirectory directory;
  Record record(directory.path(), ".record", true);
  EXPECT_EQ(shown(record), "");
  EXPECT_FALSE(std::filesystem::exists(record.path())) << "reading makes no file";
  EXPECT_EQ(outcome(add(record, {})), "ok");
  EXPECT_FALSE(std::filesystem::exists(record.path())) << "nor does a change of nothing";
  ASSERT_EQ(outcome(add(record, {RecordLine::length("t", 5), RecordLine::put("c", "k", "v")})), "ok");
  EXPECT_EQ(shown(record), "t=5 c:[k=v] ");
  EXPECT_EQ(outcome(add(record, {RecordLine::gone("t"), RecordLine::drop_collection("c")})), "ok");
  EXPECT_FALSE(std::filesystem::exists(record.path()));
  EXPECT_EQ(shown(record), "");
}

TEST(FilesRecord, is_followed_by_all_who_have_it_open) {
  const TempDirectory directory;
  Record one(directory.path(), ".record", false), two(directory.path(), ".record", false);
  ASSERT_EQ(outcome(add(one, {RecordLine::put("c", "k", "1")})), "ok");
  EXPECT_EQ(shown(two), "c:[k=1] ");
  ASSERT_EQ(outcome(add(two, {RecordLine::put("c", "k", "2")})), "ok");
  EXPECT_EQ(shown(one), "c:[k=2] ");
  ASSERT_EQ(outcome(add(two, {RecordLine::drop_collection("c")})), "ok");
  EXPECT_EQ(shown(one), "");
  ASSERT_EQ(outcome(add(two, {RecordLine::put("c", "a", "x"), RecordLine::put("c", "b", "y")})), "ok");
  EXPECT_EQ(shown(one), "c:[a=x][b=y] ") << "another file of the same name";
}

TEST(FilesRecord, what_was_cut_off_at_its_end_counts_for_nothing_and_is_overwritten) {
  const TempDirectory directory;
  Record record(directory.path(), ".record", false);
  ASSERT_EQ(outcome(add(record, {RecordLine::put("c", "k", "1")})), "ok");
  const std::string whole = text_of(record.path()), more = RecordLine::put("c", "k", "2").text();
  for (const std::string& rest : {more.substr(0, more.size() - 1), more.substr(0, 5), std::string(100, '\0'),
                                  std::string("zeros \0\0\0\n", 10), "00" + more.substr(2)}) {
    set_text(record.path(), whole + rest);
    Record other(directory.path(), ".record", false);
    EXPECT_EQ(shown(other), "c:[k=1] ");
    ASSERT_EQ(outcome(add(other, {RecordLine::put("c", "l", "3")})), "ok");
    EXPECT_EQ(shown(other), "c:[k=1][l=3] ");
    EXPECT_EQ(text_of(record.path()), whole + RecordLine::put("c", "l", "3").text());
  }
}

TEST(FilesRecord, that_is_damaged_in_the_middle_is_an_error_that_names_the_place) {
  const TempDirectory directory;
  const std::string first = RecordLine::put("c", "k", "1").text(), second = RecordLine::put("c", "k", "2").text();
  std::string damaged = second;
  damaged[20] ^= 1;
  set_text(directory / ".record", first + damaged + second);
  Record record(directory.path(), ".record", false);
  EXPECT_THAT(shown(record), HasSubstr(fmt::format("{} is damaged at byte {}", record.path(), first.size())));
  EXPECT_THAT(outcome(add(record, {RecordLine::put("c", "k", "3")})), HasSubstr("rejected: "));
  EXPECT_EQ(text_of(record.path()), first + damaged + second) << "and is left as it is";
}

TEST(FilesRecord, that_has_lost_its_begin_is_damaged_and_not_empty) {
  const TempDirectory directory;
  const std::string first = RecordLine::put("c", "k", "1").text(), second = RecordLine::put("c", "k", "2").text();
  for (const std::string& text : {first.substr(0, 1), first.substr(0, first.size() - 1), first.substr(5),
                                  first.substr(5) + second, std::string("\n"), std::string("mine\n")}) {
    set_text(directory / ".record", text);
    Record record(directory.path(), ".record", false);
    EXPECT_THAT(shown(record), HasSubstr("is damaged at byte 0")) << text;
    EXPECT_THAT(outcome(add(record, {RecordLine::put("c", "k", "3")})), HasSubstr("rejected: ")) << text;
    EXPECT_EQ(text_of(record.path()), text) << "and is left as it is";
  }
  set_text(directory / ".record", "");  // made, and then its writer was killed
  Record record(directory.path(), ".record", false);
  EXPECT_EQ(outcome(add(record, {RecordLine::put("c", "k", "3")})), "ok");
}

TEST(FilesRecord, takes_changes_of_several_processes_one_after_the_other) {
  constexpr int kEach = 100;
  const TempDirectory directory;
  const auto count_up = [&] {
    Record record(directory.path(), ".record", false);
    for (int i = 0; i < kEach; i++) {
      const Result<> done = record.change(kWaits, [](const RecordState& state) {
        const auto entries = state.collections.find("c");
        const int n = entries == state.collections.end() ? 0 : std::stoi(entries->second.at("n"));
        return std::vector{RecordLine::put("c", "n", std::to_string(n + 1))};
      });
      if (!done) throw Error(done.error().message);
    }
  };
  OtherProcess one(count_up), two(count_up);
  EXPECT_EQ(one.join(), 0);
  EXPECT_EQ(two.join(), 0);
  Record record(directory.path(), ".record", false);
  EXPECT_EQ(shown(record), fmt::format("c:[n={}] ", 2 * kEach));
}

TEST(FilesRecord, waits_for_its_lock_as_long_as_it_may) {
  const TempDirectory directory;
  Record record(directory.path(), ".record", false);
  ASSERT_EQ(outcome(add(record, {RecordLine::length("t", 1)})), "ok");
  const Result<File> holder = File::open_locked(record.path(), O_RDWR, kWaits);
  ASSERT_TRUE(holder);
  const auto change = [&](const Waits& waits) {
    return outcome(record.change(waits, [](const RecordState&) { return std::vector{RecordLine::length("t", 2)}; }));
  };
  EXPECT_THAT(change({.timeout = std::chrono::milliseconds(50)}),
              HasSubstr("conflict: " + record.path() + " is locked by another session or process"));
  const std::atomic<bool> interrupted{true};
  EXPECT_EQ(change({.timeout = std::chrono::hours(1), .interrupted = &interrupted}), "cancelled: cancelled");
  EXPECT_EQ(shown(record), "t=1 ") << "reading waits for nobody";
}

}  // namespace
}  // namespace assay::files
