// What a PostgreSQL server answers to prepared statements, read in one piece and in two: the same is understood, and nothing
// beyond the bytes that are there is touched.
#include "drivers/postgres/messages.h"
#include "fuzz/fuzz.h"

#include <string>

namespace {

using namespace assay;
using namespace assay::postgres;
using State = AnswerReader::State;

void look_at(std::string_view bytes, const AnswerReader& reader) {
  ArrayMemory arrays;
  for (const AnswerReader::Answer& answer : reader.answers()) {
    ASSAY_ASSERT(answer.begin <= answer.end && answer.end <= reader.position() && reader.position() <= bytes.size());
    rows_changed(bytes.substr(answer.tag, answer.tag_size));
    std::string_view rest = bytes.substr(answer.begin, answer.end - answer.begin);
    Message message;
    std::size_t size = 0, rows = 0;
    for (; !rest.empty(); rest.remove_prefix(size)) {
      ASSAY_ASSERT(take_message(rest, message, size) == Framing::whole);
      if (message.type != 'D') continue;
      rows++;
      RowCells cells(message.body);
      std::optional<std::string_view> cell;
      while (!cells.at_end() && cells.next(cell))
        if (cell)
          for (const Oid type : {oid::kInt4, oid::kNumeric, oid::kTextArray, oid::kJsonb}) decode(type, *cell, arrays);
    }
    ASSAY_ASSERT(rows == answer.rows);
  }
}

}  // namespace

/// The first byte: how many statements were sent; the second: where the bytes are cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t statements = 1 + data[0] % 4;
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  AnswerReader whole, cut;
  whole.begin(statements, 0);
  const State state = whole.read(bytes);
  cut.begin(statements, 0);
  State in_two = cut.read(bytes.substr(0, bytes.size() * data[1] / 256));
  if (in_two == State::more) in_two = cut.read(bytes);
  ASSAY_ASSERT(in_two == state && cut.position() == whole.position() && cut.fault() == whole.fault());
  ASSAY_ASSERT(cut.answers().size() == whole.answers().size() && cut.failed() == whole.failed());
  look_at(bytes, whole);
  if (whole.failed()) ASSAY_ASSERT(read_error(whole.error(bytes)));
  std::string_view rest = bytes, error;
  pass_over(rest, error);
  return 0;
}
