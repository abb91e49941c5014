#include "workloads/populate/options.h"

#include "base/error.h"
#include "base/units.h"
#include "dataset/schema.h"

#include <algorithm>
#include <charconv>

namespace assay::populate {
namespace {

const std::vector<OptionSpec> kOptions = {
    {.name = "schema",
     .type = OptionType::text,
     .default_value = "",
     .help =
         "file with the schema of the data (docs/schema.md), YAML or JSON; without it that of the data in the target",
     .verbs = kPrepare | kRun},
    {.name = "row-count",
     .type = OptionType::count,
     .default_value = "",
     .help = "rows of a table that does not say; without it the schema's",
     .min = 0,
     .max = static_cast<double>(dataset::kMostRows),
     .verbs = kPrepare | kRun},
    {.name = "mode",
     .type = OptionType::choice,
     .default_value = "create",
     .help = "what becomes of tables that are there: create wants none, truncate empties them first, append adds rows",
     .choices = {"create", "truncate", "append"},
     .verbs = kPrepare},
    {.name = "batch-size",
     .type = OptionType::count,
     .default_value = "5000",
     .help = "rows that are written at once, in a transaction where the target has any",
     .min = 1,
     .max = 1e6,
     .verbs = kPrepare | kRun},
    {.name = "tables",
     .type = OptionType::text,
     .default_value = "",
     .help = "only these tables of the schema: a,b; without it all. Foreign keys to others are not made",
     .verbs = kPrepare | kRun},
    {.name = "rows",
     .type = OptionType::text,
     .default_value = "",
     .help = "only rows A to B-1 of each table, counted from 0: A..B; without it all. Whoever loads the last of them "
             "makes the "
             "indexes and foreign keys",
     .verbs = kPrepare},
    {.name = "record",
     .type = OptionType::text,
     .default_value = "",
     .help =
         "name of this load, where a target has several beside one another, each of other tables; without it the one "
         "without a name",
     .verbs = kPrepare | kCheck | kCleanup},
    {.name = "schema-only",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "makes the tables with indexes and foreign keys, and no rows",
     .verbs = kPrepare},
    {.name = "data-only",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "writes rows into tables that are there, and makes none",
     .verbs = kPrepare},
    {.name = "dry-run",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "makes all rows and sends nothing: how fast they are made",
     .verbs = kPrepare},
    {.name = "max-rate",
     .type = OptionType::rate,
     .default_value = "",
     .help = "rows a second at most; without it as fast as can be",
     .verbs = kPrepare},
    {.name = "changes",
     .type = OptionType::text,
     .default_value = "",
     .help =
         "the run changes rows that are there, with these weights: insert=20,update=60,delete=20; without it the run "
         "loads them",
     .verbs = kRun},
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) out.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

RowRange parse_rows(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto bad = [&] {
    return Error(fmt::format("--rows is '{}'; expected A..B with A below B: 0..1000 is the first thousand", text));
  };
  if (dots == std::string::npos || dots == 0 || dots + 2 == text.size()) throw bad();
  const std::int64_t first = parse_count(text.substr(0, dots)), end = parse_count(text.substr(dots + 2));
  if (first < 0 || end <= first) throw bad();
  return {static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(end)};
}

}  // namespace

ChangeMix parse_changes(std::string_view text) {
  ChangeMix mix;
  std::vector<std::string> seen;
  for (const std::string& part : split(text)) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = part.substr(0, equals);
    double* const weight = name == "insert"   ? &mix.insert
                           : name == "update" ? &mix.update
                           : name == "delete" ? &mix.remove
                                              : nullptr;
    if (weight == nullptr) throw Error(fmt::format("--changes names '{}'; expected insert, update or delete", name));
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      throw Error(fmt::format("--changes names '{}' twice", name));
    seen.push_back(name);
    const std::string value = equals < part.size() ? part.substr(equals + 1) : "";
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *weight);
    if (error != std::errc{} || end != value.data() + value.size() || !(*weight >= 0) || *weight > 1e9)
      throw Error(fmt::format("--changes gives '{}' the weight '{}'; expected a number of 0 or more", name, value));
  }
  if (!mix.any()) throw Error("--changes has no weight above 0; expected for example insert=20,update=60,delete=20");
  return mix;
}

std::string to_text(const ChangeMix& mix) {
  return fmt::format("insert={},update={},delete={}", mix.insert, mix.update, mix.remove);
}

std::span<const OptionSpec> option_table() { return kOptions; }

Settings read_options(const Options& options) {
  Settings out;
  std::vector<std::string> mistakes;
  const auto attempt = [&](auto&& work) {
    try {
      work();
    } catch (const Error& error) {
      mistakes.emplace_back(error.what());
    }
  };
  out.schema_file = options.text("schema");
  if (options.given("row-count")) out.row_count = static_cast<std::uint64_t>(options.count("row-count"));
  out.mode_given = options.given("mode");
  out.mode = options.text("mode") == "truncate" ? Mode::truncate
             : options.text("mode") == "append" ? Mode::append
                                                : Mode::create;
  out.batch_rows = static_cast<std::uint64_t>(options.count("batch-size"));
  out.dry_run = options.flag("dry-run");
  out.schema_only = options.flag("schema-only");
  out.data_only = options.flag("data-only");
  out.tables = split(options.text("tables"));
  for (auto name = out.tables.begin(); name != out.tables.end(); ++name)
    if (std::count(out.tables.begin(), name, *name) == 1)  // once before, so that it is told once
      mistakes.push_back(fmt::format("--tables names '{}' twice; expected each table once", *name));
  if (options.given("max-rate")) out.most_rows_per_second = options.rate("max-rate");
  if (options.given("rows")) attempt([&] { out.rows = parse_rows(options.text("rows")); });
  if (options.given("changes")) attempt([&] { out.changes = parse_changes(options.text("changes")); });
  if (out.changes.any() && options.given("batch-size"))
    mistakes.emplace_back("--batch-size has no effect with --changes, which are made one by one");
  if (options.given("tables") && out.tables.empty()) mistakes.emplace_back("--tables names no table");
  if (out.schema_only && out.data_only)
    mistakes.emplace_back("--schema-only and --data-only are given; expected one of them");
  if (const std::string name = options.text("record"); !name.empty()) {
    const bool good =
        name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
          return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
        });
    if (!good)
      mistakes.push_back(fmt::format("--record is '{}'; expected at most 64 letters, digits, - and _ of ASCII", name));
    out.owner = fmt::format("{}.{}", kWorkload, name);
  }
  if (out.schema_only && out.rows) mistakes.emplace_back("--rows has no effect with --schema-only, which writes none");
  if (out.row_count && out.schema_file.empty())
    mistakes.emplace_back("--row-count is of a schema, and none is given; expected --schema too");
  if (out.dry_run && out.schema_only) mistakes.emplace_back("--dry-run with --schema-only would do nothing");
  if (out.dry_run && out.schema_file.empty())
    mistakes.emplace_back("--dry-run needs --schema: it asks nothing of the target");
  refuse_mistakes(mistakes);
  return out;
}

}  // namespace assay::populate
