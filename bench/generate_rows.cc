// generate_rows: how many values of a kind one thread of assay generates in a second of processor time, into batches of 1,024
// rows. Prints JSON: {"NAME": values a second, …}.
#include "dataset/generator.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace {

using namespace assay;

struct Kind {
  std::string_view name;
  std::string_view column;  // without its name
};

constexpr Kind kKinds[] = {
    {"integers", "type: int, generator: {type: int_range, min: 1, max: 1000000}"},
    {"sequence", "type: big_int, generator: sequential"},
    {"unique_integers", "type: int, generator: {type: int_range, min: 0, max: 2000000000}, unique: true"},
    {"zipf_integers", "type: int, generator: {type: int_range, min: 1, max: 1000000, distribution: zipf}"},
    {"normal_doubles", "type: double, generator: {type: float_range, min: 0, max: 100, distribution: normal}"},
    {"decimals", "type: decimal"},
    {"timestamps", "type: timestamp"},
    {"nullable_integers", "type: int, null_rate: 0.1"},
    {"references", "type: int, references: parents"},
    {"short_strings", "type: text, generator: {type: string, min_length: 8, max_length: 16}"},
    {"names", "type: name"},
    {"emails", "type: email"},
    {"patterns", "type: text, generator: {type: pattern, pattern: 'user_{index}_{rand:4}'}"},
    {"sentences", "type: text"},
    {"uuids", "type: uuid"},
    {"documents", "type: json"},
};

/// Of this process; nobody else's.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

double values_per_second(const Kind& kind, double seconds) {
  constexpr std::uint64_t kBatch = 1024;
  constexpr std::size_t kColumns = 4;
  std::string text =
      "tables:\n- {name: parents, rows: 1000000, id: {type: int}}\n- name: t\n  rows: 1000000000\n  columns:\n";
  for (std::size_t c = 0; c < kColumns; c++) text += fmt::format("  - {{name: c{}, {}}}\n", c, kind.column);
  dataset::Reading reading = dataset::read_schema_text(text, std::string(kind.name));
  for (const input::Mistake& mistake : reading.mistakes.sorted())
    if (!mistake.note) fmt::print(stderr, "{}\n", reading.mistakes.line(mistake));
  const dataset::RowGenerator generator(std::make_shared<const dataset::Schema>(reading.schema.value()));
  RowBatch batch(kColumns);
  std::uint64_t row = 0;
  const auto fill = [&] {
    batch.clear();
    generator.add(1, row, kBatch, batch);
    row += kBatch;
  };
  for (int i = 0; i < 10; i++) fill();
  const std::uint64_t first = row;
  const double begin = cpu_seconds();
  double spent = 0;
  do {
    for (int i = 0; i < 20; i++) fill();
    spent = cpu_seconds() - begin;
  } while (spent < seconds);
  return static_cast<double>(row - first) * kColumns / spent;
}

}  // namespace

int main() {
  std::string out = "{";
  for (const Kind& kind : kKinds)
    out += fmt::format("{}\"{}\": {:.0f}", out.size() > 1 ? ", " : "", kind.name, values_per_second(kind, 0.2));
  std::puts((out + "}").c_str());
}
