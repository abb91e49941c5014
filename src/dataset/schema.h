// The schema of generated data: tables, columns, types, what makes the values, keys, numbers of rows.
//
// read_schema() makes one, whole or not at all; docs/schema.md is its reference for users. Everything in it is resolved: a
// generator's limits are in units of its column's type, tables and columns are indexes. Copies share the constants that
// generators choose from. Immutable afterwards, thread-safe.
#pragma once

#include "core/table.h"
#include "input/mistakes.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace assay::dataset {

enum class Kind : std::uint8_t {
  boolean,
  tiny_int,  // 8 bits, as small_int, integer and big_int have 16, 32 and 64
  small_int,
  integer,
  big_int,
  single,   // float: a multiple of a power of ten with at most 6 digits, so that every store gives it back
  real,     // double: the same with 15 digits
  decimal,  // at most 38 digits, of which values have at most 18
  character,
  varchar,
  text,
  blob,
  bytes,
  date,
  time,
  time_tz,         // the time of day in UTC
  date_time,       // whole milliseconds, unless the generator says otherwise, as the coarsest store (MongoDB) has them
  date_time_nano,  // the same: a Value has microseconds
  timestamp_tz,    // the instant in UTC
  uuid,
  ulid,  // 26 characters
  json,
  jsonb,
  object,
  duration,  // whole seconds, as text: PT90S
  thing,     // the name of a record: table:key
  array,
  set,  // an array of some of the values, in their order
  enumeration,
  geometry,  // GeoJSON
};
/// As it is written: "big_int".
std::string_view name_of(Kind);

enum class Geometry : std::uint8_t {
  point,
  line_string,
  polygon,
  multi_point,
  multi_line_string,
  multi_polygon,
  geometry_collection
};
std::string_view name_of(Geometry);

struct Type {
  Kind kind = Kind::text;
  int width = 1;                         // tiny_int: of its display
  int length = 0;                        // characters, of character and varchar
  int precision = 10, scale = 2;         // decimal
  std::vector<std::string> values = {};  // enumeration, set
  Geometry geometry = Geometry::point;
  std::shared_ptr<const Type> element = {};  // array
};

/// Digits that values of a decimal have at most: they are whole numbers of 64 bits.
inline int value_digits(const Type& type) { return std::min(type.precision, 18); }

/// How often which value: `uniform`; `zipf`: the value of rank r with a frequency of 1/r^exponent; `normal`: cut off at the
/// limits.
struct Distribution {
  enum class Shape : std::uint8_t { uniform, zipf, normal } shape = Shape::uniform;
  double exponent = 0.99;
  std::optional<double> mean,
      deviation;  // as people write values of the column; nullopt: in the middle, a sixth of the range
};

// -- What makes the values. Numbers are in the unit of the column's type: 1, 10^-scale, a microsecond, a day, a second. ----

struct Sequence {  // start + row · step
  std::int64_t start = 0, step = 1;
};
struct Range {  // low + step · index, index < count
  std::int64_t low = 0, step = 1;
  std::uint64_t count = 1;  // 0: 2^64
  int scale = 0;            // of single and real: the value is that · 10^-scale
  Distribution distribution = {};
};
struct Instants {                                              // start + row · step + less than step: never decreases
  std::int64_t start = 1'704'067'200'000'000, step = 500'000;  // 2024-01-01
};
struct Pattern {
  std::string text;  // with {index}, {uuid}, {rand:N}
};
struct Chance {
  double of_true = 0.5;
};
struct OneOf {
  std::vector<Value> values = {};
  std::vector<double> weights = {};  // empty: by the distribution
  Distribution distribution = {};
};
struct Sample {
  std::vector<Value> pool = {};
  std::int64_t least = 0, most = 0;  // elements
};
struct Static {
  Value value;
};
struct Null {};
struct RandomUuid {};
struct SortedUlid {
  Instants instants;
};
enum class Alphabet : std::uint8_t { alphanumeric, lower, hex, digits, unicode };
struct Characters {
  std::int64_t least = 8, most = 16;
  Alphabet alphabet = Alphabet::alphanumeric;
};
enum class Wording : std::uint8_t {
  name,
  first_name,
  last_name,
  username,
  email,
  phone,
  street_address,
  city,
  country,
  postcode,
  address,
  company,
  url,
  word,
  words
};
struct Words {
  Wording what = Wording::words;
  bool ascii = false;                 // without names of other scripts
  std::int64_t least = 3, most = 12;  // of words
};
struct Octets {
  std::int64_t least = 8, most = 32;
};
struct Column;
struct Object {
  std::vector<Column> fields;  // empty: a small document
};
struct Shapes {};  // geometries anywhere on the globe
struct Link {      // of a thing: the key of a row
  std::size_t table = 0;
  Distribution distribution = {};
};
/// The values of a foreign key's columns come from the rows that it points at.
struct Referenced {
  std::size_t foreign_key = 0;
};
using Generator = std::variant<Sequence, Range, Instants, Pattern, Chance, OneOf, Sample, Static, Null, RandomUuid,
                               SortedUlid, Characters, Words, Octets, Object, Shapes, Link, Referenced>;

struct Column {
  std::string name;
  Type type = {};
  Generator generator = {};
  bool nullable = false;
  double null_rate = 0;
  bool unique = false;  // by itself: a key of one column, or said so
  input::Mark mark = {};
};

struct ForeignKey {
  std::vector<std::size_t> columns = {};
  std::size_t table = 0;
  std::vector<std::size_t> references = {};  // columns of that table, in the order of `columns`
  Distribution distribution = {};            // of the rows pointed at, which are scattered over the table
  double null_rate = 0;                      // all of its columns at once
  bool deferred =
      false;  // its table comes later in the order of loading, or is this one: to be enforced when all is there
  input::Mark mark = {};
};

/// Columns that are unique together and none of which is by itself: their values are those of a permutation of all
/// combinations.
struct JointKey {
  std::vector<std::size_t> columns;
};

struct Table {
  std::string name;
  std::uint64_t rows = 0;
  std::optional<std::uint64_t> own_rows;  // as given; without it the schema's rows · weight
  double weight = 1;
  std::vector<Column> columns;
  std::vector<std::size_t> primary_key;
  std::vector<ForeignKey> foreign_keys;
  std::optional<JointKey> joint_key;  // the primary key, when it is one
  input::Mark mark = {};
  std::optional<std::size_t> column(std::string_view name) const;
};

inline constexpr std::uint64_t kDefaultRows = 1000, kDefaultSeed = 42;
inline constexpr std::uint64_t kMostRows = 9'000'000'000'000'000;  // of a table: whole numbers that a double holds

struct Schema {
  std::uint64_t seed = kDefaultSeed;
  std::uint64_t rows = kDefaultRows;  // of a table that does not say
  std::vector<Table> tables;
  std::vector<std::size_t> load_order;  // each table behind those that its foreign keys point at, the deferred aside
  std::shared_ptr<const RowBatch> constants;  // holds what Values of generators point to
  std::optional<std::size_t> table(std::string_view name) const;
};

/// What the command line says instead of the file.
struct Overrides {
  std::optional<std::uint64_t> rows, seed;
};

struct Reading {
  input::Mistakes mistakes;
  std::optional<Schema> schema;  // when nothing is wrong with it
};

/// YAML or JSON; "-" is stdin. Throws Error when the file itself cannot be read.
Reading read_schema(const std::filesystem::path&, const Overrides& = {});
Reading read_schema_text(std::string_view text, std::string name, const Overrides& = {});

/// The schema as it is understood, everything said that was left out, as YAML that reads as the same schema.
std::string show_schema(const Schema&);

/// How a target without arrays holds them.
enum class Arrays : std::uint8_t { native, json };
/// For the rows facet. What only some stores tell apart is the type that holds it everywhere: every timestamp is one, a geometry
/// is json, a duration text. Text in keys is a varchar where it is short enough.
assay::Table to_table(const Schema&, std::size_t table, Arrays = Arrays::native);

}  // namespace assay::dataset
