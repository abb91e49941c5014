#include "drivers/postgres/messages.h"

#include "drivers/postgres/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace assay::postgres {
namespace {

using ::testing::HasSubstr;
using State = AnswerReader::State;

/// By hand from "Message Formats": the type, the length of itself and the body, the body.
std::string message(char type, std::string_view body = {}) {
  std::string out(1, type);
  put(out, static_cast<std::int32_t>(body.size() + 4));
  out.append(body);
  return out;
}

std::string row(std::initializer_list<std::optional<std::string_view>> cells) {
  std::string body;
  put(body, static_cast<std::int16_t>(cells.size()));
  for (const auto& cell : cells) {
    put(body, cell ? static_cast<std::int32_t>(cell->size()) : -1);
    if (cell) body.append(*cell);
  }
  return message('D', body);
}

std::string tag(std::string_view text) { return message('C', std::string(text) + '\0'); }

std::string error(std::string_view severity, std::string_view code, std::string_view text) {
  std::string body;
  for (const auto& [field, value] :
       {std::pair('S', std::string_view("FEHLER")), {'V', severity}, {'C', code}, {'M', text}}) {
    body += field;
    body.append(value);
    body += '\0';
  }
  return message('E', body + '\0');
}

const std::string kBound = message('2'), kParsed = message('1'), kIdle = message('Z', "I");
const std::string kNotice = message('N', std::string_view("SNOTICE\0C00000\0Mhello\0\0", 23)),
                  kParameter = message('S', std::string_view("TimeZone\0UTC\0", 13)),
                  kNotification = message('A', std::string_view("\0\0\0\7channel\0\0", 13));

State read_all(AnswerReader& reader, std::size_t statements, std::string_view bytes) {
  reader.begin(statements, 0);
  return reader.read(bytes);
}

TEST(Messages, AnExecutionIsBindAndExecuteAsTheProtocolSays) {
  const Oid types[] = {oid::kInt4, oid::kText, oid::kText, oid::kNumeric};
  const Value values[] = {std::int64_t{7}, std::string_view("é"), kNull, 1.5};
  std::string out = "before";
  EXPECT_EQ(append_execution(out, bind_head("a1", 4), types, values), std::nullopt);
  std::string bind("\0a1\0", 4);                    // the unnamed portal, the statement
  bind += std::string("\0\4\0\1\0\1\0\0\0\0", 10);  // forms: binary, binary, text (a NULL has none), text
  bind += std::string("\0\4", 2);
  bind += std::string("\0\0\0\4\0\0\0\7", 8);
  bind += std::string("\0\0\0\2\xc3\xa9", 6);
  bind += std::string("\xff\xff\xff\xff", 4);
  bind += std::string("\0\0\0\0031.5", 7);
  bind += std::string("\0\1\0\1", 4);  // one form for all columns: binary
  const std::string execute = message('E', std::string_view("\0\0\0\0\0", 5));
  EXPECT_EQ(out, "before" + message('B', bind) + execute);
}

TEST(Messages, ValuesThatAreBytesOrIntegersOfTheWidthGoAsTheyAre) {
  const Oid types[] = {oid::kBytea, oid::kBytea, oid::kVarchar, oid::kInt4, oid::kInt8};
  const Value values[] = {Bytes{{"\0\xff", 2}}, std::string_view(), std::string_view("x"),
                          std::int64_t{std::numeric_limits<std::int32_t>::min()},
                          std::int64_t{std::numeric_limits<std::int64_t>::max()}};
  std::string out = "before";
  EXPECT_EQ(append_execution(out, bind_head("", 5), types, values), std::nullopt);
  append_sync(out);
  std::string bind("\0\0\0\5\0\1\0\1\0\1\0\1\0\1\0\5", 16);
  bind += std::string("\0\0\0\2\0\xff", 6) + std::string("\0\0\0\0", 4) + std::string("\0\0\0\1x", 5);
  bind += std::string("\0\0\0\4\x80\0\0\0", 8);
  bind += std::string("\0\0\0\10\x7f\xff\xff\xff\xff\xff\xff\xff", 12);
  bind += std::string("\0\1\0\1", 4);
  EXPECT_EQ(out, "before" + message('B', bind) + message('E', std::string_view("\0\0\0\0\0", 5)) + message('S'));
}

TEST(Messages, AnIntegerThatIsTooWideIsNamedAlsoBehindValuesThatGoAsTheyAre) {
  const Oid types[] = {oid::kText, oid::kInt4};
  const Value values[] = {std::string_view("x"), std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1};
  std::string out = "before";
  EXPECT_EQ(append_execution(out, bind_head("a1", 2), types, values), 1u);
  EXPECT_EQ(out, "before");
}

TEST(Messages, AValueThatDoesNotFitIsNamedAndNothingIsAppended) {
  const Oid types[] = {oid::kInt4, oid::kInt2};
  const Value values[] = {std::int64_t{1}, std::int64_t{40'000}};
  std::string out = "before";
  EXPECT_EQ(append_execution(out, bind_head("a1", 2), types, values), 1u);
  EXPECT_EQ(out, "before");
}

TEST(Messages, ATextIsParsedBoundAndExecutedWithoutAName) {
  std::string out;
  append_text(out, "commit");
  append_sync(out);
  EXPECT_EQ(out, message('P', std::string_view("\0commit\0\0\0", 10)) +
                     message('B', std::string_view("\0\0\0\0\0\0\0\1\0\1", 10)) +
                     message('E', std::string_view("\0\0\0\0\0", 5)) + message('S'));
}

TEST(Messages, AMessageIsTakenWhenItIsWholeAndNotBefore) {
  const std::string bytes = message('C', std::string_view("BEGIN\0", 6)) + "Z";
  Message taken;
  std::size_t size = 0;
  for (std::size_t cut = 0; cut < bytes.size() - 1; cut++)
    EXPECT_EQ(take_message(std::string_view(bytes).substr(0, cut), taken, size), Framing::partial) << cut;
  ASSERT_EQ(take_message(bytes, taken, size), Framing::whole);
  EXPECT_EQ(taken.type, 'C');
  EXPECT_EQ(taken.body, std::string_view("BEGIN\0", 6));
  EXPECT_EQ(size, bytes.size() - 1);
}

TEST(Messages, WhatNoServerSendsIsGarbageAsSoonAsItShows) {
  Message taken;
  std::size_t size = 0;
  const std::string_view garbage[] = {"H\xff\xff\xff\xff",       "\x16\x03",
                                      "D\x7f\xff\xff\xff",       std::string_view("Z\0\0\0\3", 5),
                                      std::string_view("\0", 1), "hello"};
  for (const std::string_view bytes : garbage)
    EXPECT_EQ(take_message(bytes, taken, size), Framing::garbage) << ::testing::PrintToString(bytes);
}

TEST(Messages, AnErrorHasASeverityThatIsNotTranslatedACodeAndATextOrIsNone) {
  const std::string whole = error("ERROR", "23505", "duplicate key");
  const std::string_view body = std::string_view(whole).substr(5);
  const auto read = read_error(body);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->severity, "ERROR");
  EXPECT_EQ(read->code, "23505");
  EXPECT_EQ(read->message, "duplicate key");
  EXPECT_EQ(read->detail, "");
  for (std::size_t cut = 0; cut < body.size(); cut++) EXPECT_FALSE(read_error(body.substr(0, cut))) << cut;
  EXPECT_FALSE(read_error(std::string_view("MNo code\0\0", 10)));
  EXPECT_EQ(read_error(std::string_view("SFATAL\0C57P01\0\0", 15))->severity, "FATAL");  // before 9.6
}

TEST(Messages, CellsOfARowAreTakenOnlyAsFarAsTheyAreThere) {
  const std::string whole = row({"ab", std::nullopt, ""});
  RowCells cells(std::string_view(whole).substr(5));
  ASSERT_EQ(cells.count(), 3);
  std::optional<std::string_view> cell;
  ASSERT_TRUE(cells.next(cell));
  EXPECT_EQ(cell, "ab");
  ASSERT_TRUE(cells.next(cell));
  EXPECT_EQ(cell, std::nullopt);
  ASSERT_TRUE(cells.next(cell));
  EXPECT_EQ(cell, "");
  EXPECT_TRUE(cells.at_end());
  EXPECT_FALSE(cells.next(cell));
  EXPECT_EQ(RowCells(std::string_view("\0", 1)).count(), -1);
  RowCells longer(std::string_view("\0\1\0\0\0\5abcd", 10));
  EXPECT_FALSE(longer.next(cell));
  RowCells negative(std::string_view("\0\1\xff\xff\xff\xfe", 6));
  EXPECT_FALSE(negative.next(cell));
}

TEST(Messages, TheTagTellsHowManyRowsWereChanged) {
  EXPECT_EQ(rows_changed("INSERT 0 5"), 5u);
  EXPECT_EQ(rows_changed("UPDATE 12"), 12u);
  EXPECT_EQ(rows_changed("DELETE 0"), 0u);
  EXPECT_EQ(rows_changed("MERGE 3"), 3u);
  for (const std::string_view other : {"SELECT 7", "DROP TABLE", "DISCARD ALL", "IMPORT FOREIGN SCHEMA", "BEGIN", ""})
    EXPECT_EQ(rows_changed(other), 0u) << other;
}

TEST(AnswerReader, UnderstandsAnswersThatAreCutAtAnyByte) {
  const std::string bytes = kNotice + kParsed + kBound + tag("BEGIN") + kBound + row({"1", std::nullopt}) +
                            kNotification + row({"22", "x"}) + tag("SELECT 2") + kBound + message('I') + kParameter +
                            message('Z', "T");
  for (std::size_t cut = 0; cut < bytes.size(); cut++) {
    AnswerReader reader;
    EXPECT_EQ(read_all(reader, 3, std::string_view(bytes).substr(0, cut)), State::more) << cut;
    ASSERT_EQ(reader.read(bytes), State::ready) << cut;
    EXPECT_EQ(reader.position(), bytes.size());
    EXPECT_EQ(reader.transaction_status(), 'T');
    EXPECT_FALSE(reader.failed());
    const auto answers = reader.answers();
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(bytes.substr(answers[0].tag, answers[0].tag_size), "BEGIN");
    EXPECT_EQ(answers[1].rows, 2u);
    EXPECT_EQ(bytes.substr(answers[1].tag, answers[1].tag_size), "SELECT 2");
    EXPECT_EQ(bytes.substr(answers[1].begin, answers[1].end - answers[1].begin),
              row({"1", std::nullopt}) + kNotification + row({"22", "x"}) + tag("SELECT 2"));
    EXPECT_EQ(answers[2].tag_size, 0u);
  }
  AnswerReader bytewise;
  bytewise.begin(3, 0);
  for (std::size_t end = 1; end < bytes.size(); end++)
    ASSERT_EQ(bytewise.read(std::string_view(bytes).substr(0, end)), State::more);
  EXPECT_EQ(bytewise.read(bytes), State::ready);
}

TEST(AnswerReader, WhatComesBehindTheEndOfTheAnswersIsLeftThere) {
  AnswerReader reader;
  const std::string answer = kBound + tag("SELECT 0") + kIdle;
  EXPECT_EQ(read_all(reader, 1, answer + kNotice), State::ready);
  EXPECT_EQ(reader.position(), answer.size());
}

TEST(AnswerReader, AnErrorEndsTheAnswersAndTheSessionGoesOn) {
  const std::string bytes =
      kBound + tag("INSERT 0 1") + error("ERROR", "22012", "division by zero") + message('Z', "E");
  for (std::size_t cut = 0; cut < bytes.size(); cut++) {
    AnswerReader reader;
    EXPECT_EQ(read_all(reader, 4, std::string_view(bytes).substr(0, cut)), State::more);
    EXPECT_EQ(reader.read(bytes), State::ready);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.answers().size(), 1u);
    EXPECT_EQ(reader.transaction_status(), 'E');
    EXPECT_EQ(read_error(reader.error(bytes))->code, "22012");
  }
  // Within an answer too, behind some of its rows.
  AnswerReader reader;
  EXPECT_EQ(read_all(reader, 1, kBound + row({"1"}) + error("ERROR", "57014", "cancelled") + kIdle), State::ready);
  EXPECT_TRUE(reader.failed());
  EXPECT_TRUE(reader.answers().empty());
}

TEST(AnswerReader, AnErrorThatEndsTheSessionIsNotWaitedBehind) {
  for (const char* severity : {"FATAL", "PANIC"}) {
    AnswerReader reader;
    const std::string bytes = kBound + error(severity, "57P01", "terminating");
    EXPECT_EQ(read_all(reader, 1, bytes), State::fatal);
    EXPECT_EQ(read_error(reader.error(bytes))->code, "57P01");
    const std::string second = error("ERROR", "40001", "conflict") + error(severity, "57P02", "crash");
    EXPECT_EQ(read_all(reader, 1, second), State::fatal);
    EXPECT_EQ(read_error(reader.error(second))->code, "57P02");
  }
}

TEST(AnswerReader, ACopyIsSeenAsOne) {
  for (const char type : {'G', 'H', 'W'}) {
    AnswerReader reader;
    EXPECT_EQ(read_all(reader, 1, kBound + message(type, std::string_view("\0\0\0", 3))), State::copy);
  }
}

TEST(AnswerReader, WhatDoesNotBelongWhereItStandsIsGarbageAndSaysWhatAndWhere) {
  const std::pair<std::string, const char*> cases[] = {
      {row({"1"}), "'D'"},                                                   // no Bind
      {tag("SELECT 1"), "'C'"},                                              // likewise
      {message('I'), "'I'"},                                                 // likewise
      {kBound + kBound, "'2'"},                                              // twice
      {kBound + kParsed, "'1'"},                                             // within an answer
      {kBound + tag("SELECT 1") + kBound, "behind 1 of 1 answers"},          // more than were asked for
      {kBound + message('C', "no end"), "'C'"},                              // a tag that is no string
      {kBound + message('C'), "'C'"},                                        // likewise
      {kBound + message('T', std::string_view("\0\0", 2)), "'T'"},           // nobody asked for a description
      {kBound + message('s'), "'s'"},                                        // nor for a part of the rows
      {message('R', std::string_view("\0\0\0\0", 4)), "'R'"},                // authentication, by now
      {kIdle, "behind 0 of 1 statements"},                                   // nothing was answered
      {kBound + kIdle, "behind 0 of 1 statements"},                          // half of it was
      {kBound + tag("SELECT 1") + message('Z', "X"), "expected I, T or E"},  // no such status
      {kBound + tag("SELECT 1") + message('Z'), "expected I, T or E"},       // none
      {message('E', std::string_view("MNo code\0\0", 10)), "SQLSTATE"},      // no SQLSTATE
      {error("ERROR", "22012", "a") + error("ERROR", "22012", "b"), "and an error"},
      {error("ERROR", "22012", "a") + kBound, "and an error"},
      {"\x16\x03\x01", "expected a message"},
  };
  for (const auto& [bytes, expected] : cases) {
    AnswerReader whole;
    ASSERT_EQ(read_all(whole, 1, bytes), State::garbage) << expected;
    EXPECT_THAT(whole.fault(), HasSubstr(expected));
    for (std::size_t cut = 0; cut < bytes.size(); cut++) {
      AnswerReader reader;
      if (read_all(reader, 1, std::string_view(bytes).substr(0, cut)) != State::garbage) {
        ASSERT_EQ(reader.read(bytes), State::garbage) << expected;
      }
      EXPECT_EQ(reader.fault(), whole.fault()) << "cut at " << cut;
    }
  }
}

TEST(AnswerReader, MessagesThatNobodyAskedForArePassedOverUpToTheirEndOrToAnError) {
  const std::string quiet = kNotice + kParameter + kNotification, last = error("FATAL", "57P01", "terminating");
  for (std::size_t cut = 0; cut <= kNotice.size(); cut++) {
    const std::string bytes = quiet + kNotice.substr(0, cut);
    std::string_view rest = bytes, found;
    EXPECT_EQ(pass_over(rest, found), State::ready);
    EXPECT_EQ(rest.size(), cut % kNotice.size());
  }
  const std::string fatal = quiet + last, wrong = quiet + kIdle;
  std::string_view rest = fatal, found;
  EXPECT_EQ(pass_over(rest, found), State::fatal);
  EXPECT_EQ(read_error(found)->code, "57P01");
  rest = wrong;
  EXPECT_EQ(pass_over(rest, found), State::garbage);
  const std::string of_no_statement = error("ERROR", "22012", "division by zero");
  rest = of_no_statement;
  EXPECT_EQ(pass_over(rest, found), State::garbage);
}

}  // namespace
}  // namespace assay::postgres
