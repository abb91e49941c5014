// Constants of a schema: what a node of the text stands for in a column of a type, and back. Internal to this folder.
#pragma once

#include "dataset/schema.h"
#include "input/node.h"

#include <cstdint>

namespace assay::dataset {

/// The smallest and greatest whole number of an integer type.
struct Limits {
  std::int64_t low, high;
};
std::optional<Limits> integer_limits(Kind);

inline constexpr std::int64_t kDay = 86'400'000'000;  // microseconds

bool is_text(Kind) noexcept;      // character, varchar, text
bool is_document(Kind) noexcept;  // json, jsonb, object
bool is_instant(Kind) noexcept;   // date_time, date_time_nano, timestamp_tz

bool is_time(Kind) noexcept;  // those, date, time and time_tz

/// Characters, of UTF-8.
std::size_t characters_of(std::string_view text) noexcept;

/// Refers to what `store` keeps. Throws Error: what was found, and what is expected.
Value constant_of(const input::Node&, const Type&, RowBatch& store);
/// So that constant_of() makes the same value of it.
input::NodePtr node_of(const Value&, const Type&);

/// "PT90S". Longest: 22 characters.
std::string duration_text(std::int64_t seconds);
std::string uuid_text(const Uuid&);
/// Of a time of day: "12:34:56.789"; of an instant: "2024-01-31T12:34:56.789Z".
std::string time_text(TimeOfDay);
std::string instant_text(Timestamp);

}  // namespace assay::dataset
