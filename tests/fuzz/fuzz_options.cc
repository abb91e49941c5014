// Options as people write them: NAME=VALUE lines, set in tables of every type. What is accepted can be read, lies in its
// range, and durations and times come back from their text.
#include "base/units.h"
#include "core/options.h"
#include "fuzz/fuzz.h"
#include "registry/registry.h"

#include <map>
#include <string>
#include <vector>

namespace {

using namespace assay;

const std::vector<OptionSpec>& every_type() {
  static const std::vector<OptionSpec> table = {
      {.name = "text", .type = OptionType::text},
      {.name = "flag", .type = OptionType::flag, .default_value = "false"},
      {.name = "count", .type = OptionType::count, .default_value = "1", .min = -100, .max = 1e9},
      {.name = "whole", .type = OptionType::whole, .default_value = "1"},
      {.name = "number", .type = OptionType::number, .default_value = "1", .min = -1, .max = 1},
      {.name = "duration", .type = OptionType::duration, .default_value = "1s", .min = 0.001, .max = 1e6},
      {.name = "rate", .type = OptionType::rate, .default_value = "1", .max = 1e7},
      {.name = "bytes", .type = OptionType::bytes, .default_value = "1", .max = 1e12},
      {.name = "choice", .type = OptionType::choice, .default_value = "a", .choices = {"a", "b"}},
  };
  return table;
}

void read_all(const Options& options) {
  for (const OptionSpec& spec : options.table()) {
    if (!options.given(spec.name)) continue;
    double value = 0;
    switch (spec.type) {
      case OptionType::text:
      case OptionType::choice:
        options.text(spec.name);
        continue;
      case OptionType::flag:
        options.flag(spec.name);
        continue;
      case OptionType::whole:
        options.whole(spec.name);
        continue;
      case OptionType::count:
        value = static_cast<double>(options.count(spec.name));
        break;
      case OptionType::number:
        value = options.number(spec.name);
        break;
      case OptionType::rate:
        value = options.rate(spec.name);
        break;
      case OptionType::bytes:
        value = static_cast<double>(options.bytes(spec.name));
        break;
      case OptionType::duration: {
        const Nanos duration = options.duration(spec.name);
        ASSAY_ASSERT(parse_duration(format_duration(duration)) == duration);
        value = to_seconds(duration);
        break;
      }
    }
    ASSAY_ASSERT(value >= spec.min && value <= spec.max);
  }
}

void set_lines(std::string_view text, std::span<const OptionSpec> table) {
  Options options(table);
  std::map<std::string, std::string> all;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(line.substr(0, equals)), value(line.substr(equals + 1));
    all.emplace(name, value);
    if (fuzz::accepted([&] { options.set(name, value); })) ASSAY_ASSERT(options.text(name) == value);
  }
  read_all(options);
  Options together(table);
  fuzz::accepted([&] { together.set_all(all); });
  read_all(together);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  set_lines(text, every_type());
  for (const WorkloadType* type : all_workloads()) {
    const std::span<const OptionSpec> table = type->info().options;
    set_lines(text, table);
    // All of one's own options at once, each a part of the input.
    std::string lines;
    for (const OptionSpec& spec : table) lines += fmt::format("{}={}\n", spec.name, text.substr(0, text.find('\n')));
    set_lines(lines, table);
  }
  return 0;
}
