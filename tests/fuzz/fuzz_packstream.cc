// What a server of Bolt may send: bytes that are PackStream, or nearly. Items that were read stay within each other, and become
// values of columns of any type.
#include "drivers/neo4j/packstream.h"
#include "drivers/neo4j/values.h"
#include "fuzz/fuzz.h"

using assay::ColumnType;
using assay::neo4j::Item;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<Item> items;
  if (!assay::neo4j::unpack({reinterpret_cast<const char*>(data), size}, items)) return 0;
  ASSAY_ASSERT(items[0].span == items.size());
  for (std::size_t i = 0; i < items.size(); i++) {
    const Item& item = items[i];
    ASSAY_ASSERT(item.span >= 1 && i + item.span <= items.size());
    ASSAY_ASSERT(assay::neo4j::find(item, "a") == nullptr || item.type == Item::Type::map);
    for (const ColumnType type : {ColumnType::real, ColumnType::decimal, ColumnType::uuid, ColumnType::timestamp,
                                  ColumnType::array, ColumnType::json}) {
      assay::RowBatch batch(1);
      batch.add(assay::neo4j::unpack_cell(item, {.name = "", .type = type}, batch));
      static_cast<void>(to_text(batch.row(0)[0]));
    }
  }
  return 0;
}
