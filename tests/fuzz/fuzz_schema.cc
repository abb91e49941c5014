// Schemas of generated data as people write them: whatever the text, it is a schema, or mistakes that say something; a schema
// shows itself as one that reads as the same, and its rows can be made, in any order.
#include "dataset/generator.h"
#include "fuzz/fuzz.h"

#include <algorithm>

namespace {

using namespace assay;

/// A schema may ask for texts and lists that are long on purpose: those are not made here.
bool is_small(const dataset::Schema& schema) {
  std::size_t columns = 0;
  for (const dataset::Table& table : schema.tables) columns += table.columns.size();
  return columns < 200;
}

bool is_long(const std::string_view text) {
  // A number of four digits or more may be a length.
  std::size_t digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : c == 'k' || c == 'M' || c == 'G' ? 9 : 0;
    if (digits > 3)
      return text.find("length") != std::string_view::npos || text.find("words") != std::string_view::npos;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  dataset::Reading reading = dataset::read_schema_text(text, "schema");
  for (const input::Mistake& mistake : reading.mistakes.sorted()) {
    const std::string line = reading.mistakes.line(mistake);
    ASSAY_ASSERT(line.size() > 10);
    for (const char c : line) ASSAY_ASSERT(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  }
  ASSAY_ASSERT(reading.schema.has_value() != reading.mistakes.any());
  if (!reading.schema || !is_small(*reading.schema) || is_long(text)) return 0;
  const std::string shown = dataset::show_schema(*reading.schema);
  dataset::Reading again = dataset::read_schema_text(shown, "schema");
  ASSAY_ASSERT(again.schema.has_value());
  ASSAY_ASSERT(dataset::show_schema(*again.schema) == shown);
  const dataset::RowGenerator first(std::make_shared<const dataset::Schema>(*std::move(reading.schema)));
  const dataset::RowGenerator second(std::make_shared<const dataset::Schema>(*std::move(again.schema)));
  for (std::size_t t = 0; t < first.schema().tables.size(); t++) {
    const std::uint64_t rows = std::min<std::uint64_t>(first.schema().tables[t].rows, 4);
    ASSAY_ASSERT(first.most_rows(t) >= first.schema().tables[t].rows);
    const std::size_t columns = first.schema().tables[t].columns.size();
    RowBatch together(columns), apart(columns);
    first.add(t, 0, rows, together);
    for (std::uint64_t row = rows; row-- > 0;) second.add(t, row, 1, apart);
    for (std::uint64_t row = 0; row < rows; row++)
      for (std::size_t c = 0; c < columns; c++)
        ASSAY_ASSERT(to_text(together.row(row)[c]) == to_text(apart.row(rows - 1 - row)[c]));
    (void)dataset::to_table(first.schema(), t);
  }
  return 0;
}
