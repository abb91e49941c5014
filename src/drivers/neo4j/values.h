// Values as properties of nodes, and back.
//
// | column | property | |
// | boolean, integer, bigint, real | Boolean, Integer, Float | |
// | decimal | String | "12.50": Neo4j has no exact decimals |
// | character, varchar, text | String | |
// | bytes | ByteArray | |
// | uuid | String | 8-4-4-4-12 hexadecimal digits |
// | date, time | Date, LocalTime | |
// | timestamp | ZonedDateTime | in UTC |
// | json | String | |
// | array | List of one of these types, each element as above | JSON where elements are null, of several types, lists or bytes |
// Nothing here throws. What is read lives in the batch.
#pragma once

#include "core/table.h"
#include "drivers/neo4j/packstream.h"

#include <string>
#include <string_view>

namespace assay::neo4j {

/// False when it is no value that can be stored: a text that is not UTF-8. Part of it may then have been packed.
bool pack_value(const Value&, Packer&);
/// A number in a column of reals is made one.
bool pack_cell(const Value&, const Column&, Packer&);
/// What is no value of the column's type stays what it is.
Value unpack_cell(const Item&, const Column&, RowBatch&);

bool is_utf8(std::string_view) noexcept;

}  // namespace assay::neo4j
