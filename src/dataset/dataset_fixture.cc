#include "dataset/dataset_fixture.h"

namespace assay::dataset {

const char* const kEveryType = R"(version: 1
seed: 7
rows: 300
tables:
- name: authors
  id: {type: big_int, generator: {type: sequential, start: 10, step: 3}}
  fields:
  - {name: code, type: {type: var_char, length: 20}, generator: {type: pattern, pattern: "a-{index}-{rand:4}"}, unique: true}
  - {name: region, type: {type: small_int}, generator: {type: int_range, min: -5, max: 5}, nullable: true, null_rate: 0.25}
- name: all_types
  weight: 2
  primary_key: [author_id, line]
  columns:
  - {name: author_id, type: bigint, references: {table: authors}}
  - {name: line, type: int, generator: {type: int_range, min: 1, max: 9}}
  - {name: flag, type: bool}
  - {name: bit, type: {type: tiny_int, width: 1}, generator: {type: weighted_bool, true_weight: 0.3}}
  - {name: tiny, type: tinyint, generator: {type: int_range, min: -128, max: 127}}
  - {name: small, type: small_int}
  - {name: whole, type: int, generator: {type: int_range, min: -1000, max: 1000, distribution: {type: normal, mean: 10, stddev: 50}}}
  - {name: big, type: big_int, generator: {type: int_range, min: -9223372036854775808, max: 9223372036854775807}}
  - {name: skewed, type: big_int, generator: {type: int_range, min: 0, max: 99, distribution: zipf}}
  - {name: f, type: float, generator: {type: float_range, min: -2.5, max: 1000.25}}
  - {name: d, type: double, generator: {type: float_range, min: 0.1, max: 0.3, distribution: {type: normal, mean: 0.2}}}
  - {name: d2, type: double, generator: {type: int_range, min: 1, max: 6}}
  - {name: money, type: {type: decimal, precision: 12, scale: 4}, generator: {type: decimal_range, min: 0.5, max: 999999.9999}}
  - {name: whole_money, type: {type: decimal, precision: 8, scale: 0}, generator: {type: int_range, min: 1, max: 5}}
  - {name: c, type: {type: char, length: 5}}
  - {name: vc, type: {type: varchar, length: 36}, generator: uuid_v4}
  - {name: t, type: text}
  - {name: word, type: text, generator: word}
  - {name: plain, type: text, generator: {type: words, min_words: 1, max_words: 4, ascii: true}}
  - {name: letters, type: text, generator: {type: string, min_length: 0, max_length: 20, alphabet: unicode}}
  - {name: hex, type: text, generator: {type: string, min_length: 6, max_length: 6, alphabet: hex}, unique: true}
  - {name: kind, type: text, generator: {type: one_of, values: [a, 'b', "yes", null_], weights: [5, 1, 0, 2]}}
  - {name: thumb, type: blob, nullable: true, null_rate: 0.5}
  - {name: raw, type: bytes, generator: {type: bytes, min_length: 0, max_length: 9}}
  - {name: fixed, type: bytes, generator: {type: static, value: "0x00ff10"}}
  - {name: day, type: date, generator: {type: timestamp_range, start: 2020-02-28, end: 2020-03-01}}
  - {name: day2, type: date}
  - {name: hour, type: time}
  - {name: hour_tz, type: time_tz, generator: {type: timestamp_range, start: "2024-01-01", end: "2024-01-02"}}
  - {name: at, type: date_time, generator: {type: timestamp_range, start: 2024-01-01, end: 2024-12-31T23:59:59Z, resolution: 1s}}
  - {name: at_nano, type: date_time_nano, generator: {type: timestamp_range, start: 2024-01-01, end: 2024-02-01, resolution: 1us, distribution: {type: normal, mean: 2024-01-15, stddev: 36h}}}
  - {name: at_tz, type: timestamp_tz, generator: timestamp_now}
  - {name: u, type: uuid}
  - {name: ul, type: ulid}
  - {name: doc, type: json}
  - {name: doc2, type: jsonb, generator: {type: static, value: {b: [1, 2.5, x, null, true, "7"], aa: {}}}}
  - name: doc3
    type: object
    generator:
      type: object
      fields:
      - {name: street, type: street_address}
      - {name: n, type: int, nullable: true, null_rate: 0.5}
      - {name: tags, type: {type: array, element_type: text}, generator: {type: sample_array, pool: ['a"b', c], max_length: 3}}
      - {name: inner, type: object, generator: {type: object, fields: [{name: at, type: timestamp}, {name: u, type: uuid}, {name: price, type: decimal}]}}
  - {name: doc4, type: json, generator: {type: one_of, values: [1, "x", null, [1], {a: b}]}}
  - {name: took, type: duration, generator: {type: duration_range, min_secs: 5, max_secs: 90}}
  - {name: owner, type: thing, generator: {type: thing, table: authors, distribution: zipf}}
  - {name: numbers, type: {type: array, element_type: int}, generator: {type: sample_array, pool: [1, 2, 3], min_length: 1, max_length: 4}}
  - {name: roles, type: {type: set, values: [read, write, own]}}
  - {name: state, type: {enum: [new, old]}}
  - {name: place, type: {type: geometry, geometry_type: point}}
  - {name: line_string, type: {type: geometry, geometry_type: line_string}}
  - {name: polygon, type: {type: geometry, geometry_type: polygon}}
  - {name: points, type: {type: geometry, geometry_type: multi_point}}
  - {name: lines, type: {type: geometry, geometry_type: multi_line_string}}
  - {name: polygons, type: {type: geometry, geometry_type: multi_polygon}}
  - {name: places, type: {type: geometry, geometry_type: geometry_collection}}
  - {name: nothing, type: int, generator: "null", nullable: true}
  - {name: full_name, type: name}
  - {name: first, type: first_name}
  - {name: last, type: last_name}
  - {name: user, type: username, unique: true}
  - {name: mail, type: email}
  - {name: call, type: phone, unique: true}
  - {name: town, type: city}
  - {name: land, type: country}
  - {name: code, type: postcode}
  - {name: home, type: address}
  - {name: firm, type: company}
  - {name: page, type: url}
- name: reviews
  rows: 500
  columns:
  - {name: id, type: uuid, primary_key: true}
  - {name: author_id, type: big_int, nullable: true}
  - {name: line, type: int, nullable: true}
  - {name: answer_to, type: uuid, nullable: true, references: {table: reviews, column: id}}
  - {name: author_code, type: {type: varchar, length: 40}, references: {table: authors, column: code, distribution: {type: zipf, exponent: 1.2}}}
  foreign_keys:
  - {columns: [author_id, line], table: all_types, references: [author_id, line], null_rate: 0.1}
)";

}  // namespace assay::dataset
