#include "workloads/kv/kv_options.h"

#include "base/error.h"
#include "base/units.h"
#include "workloads/kv/verified_value.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

namespace assay::kv {
namespace {

struct OpText {
  std::string_view name, summary;
};
constexpr std::array<OpText, kOps> kOpTexts{{
    {"get", "read one value"},
    {"put", "write one value, whether its key is there or not"},
    {"update", "replace the value of a key that is there"},
    {"insert", "write one value under a key that was never there"},
    {"delete", "remove one key"},
    {"scan", "read the values of a range of keys"},
    {"batch_get", "read several values at once"},
    {"batch_put", "write several values at once"},
    {"read_modify_write", "read one value, then replace it"},
}};

constexpr std::string_view kDefaultMix = "get=95,put=5";
constexpr std::uint64_t kMostValue = 1 << 20, kMostScan = 100'000;

const std::vector<OptionSpec> kOptions = {
    {.name = "rows",
     .type = OptionType::count,
     .default_value = "",
     .help = "keys to prepare; without it 100k, and in a run those that were prepared",
     .min = 1,
     .max = 1e12,
     .verbs = kPrepare | kRun | kCheck},
    {.name = "preset",
     .type = OptionType::choice,
     .default_value = "none",
     .help = "a core workload of YCSB: mix, distribution, 1000-byte values, hashed keys",
     .choices = {"none", "a", "b", "c", "d", "e", "f"},
     .verbs = kPrepare | kRun},
    {.name = "mix",
     .type = OptionType::text,
     .default_value = "",
     .help =
         "operations and their weights; without it and without a preset get=95,put=5. Operations: get, put, update, "
         "insert, delete, scan, batch_get, batch_put, read_modify_write",
     .verbs = kRun},
    {.name = "distribution",
     .type = OptionType::choice,
     .default_value = "",
     .help =
         "which keys are used how often; without it uniform, or the preset's. zipfian scatters the frequent keys over "
         "all, zipfian_plain does not",
     .choices = {"uniform", "zipfian", "zipfian_plain", "latest", "sequential"},
     .verbs = kRun},
    {.name = "zipfian-constant",
     .type = OptionType::number,
     .default_value = "0.99",
     .help = "θ of zipfian and latest: the key of rank r is drawn with a frequency of 1/r^θ",
     .min = 0.01,
     .max = 10,
     .verbs = kRun},
    {.name = "value-size",
     .type = OptionType::text,
     .default_value = "",
     .help =
         "bytes of a value, at least 32, or a range like 100..1000 (uniform); without it 100, or 1000 with a preset",
     .verbs = kPrepare | kRun | kCheck},
    {.name = "batch-size",
     .type = OptionType::count,
     .default_value = "10",
     .help = "keys of a batch_get or batch_put",
     .min = 1,
     .max = 10'000,
     .verbs = kRun},
    {.name = "scan-length",
     .type = OptionType::text,
     .default_value = "",
     .help = "rows of a scan, or a range (uniform); without it 100, or 1..100 with a preset",
     .verbs = kRun},
    {.name = "collection",
     .type = OptionType::text,
     .default_value = "assay_kv",
     .help = "the table, bucket or namespace that holds the keys; made by prepare"},
    {.name = "key-prefix",
     .type = OptionType::text,
     .default_value = "",
     .help = "what every key begins with; without it user",
     .verbs = kPrepare | kRun | kCheck},
    {.name = "key-digits",
     .type = OptionType::count,
     .default_value = "",
     .help = "decimal digits of a key behind the prefix; without it 12",
     .min = 1,
     .max = 18,
     .verbs = kPrepare | kRun | kCheck},
    {.name = "key-order",
     .type = OptionType::choice,
     .default_value = "",
     .help = "whether the digits of a key are the row's number (ordered) or a permutation of it (hashed); without "
             "it ordered, or hashed with a preset",
     .choices = {"ordered", "hashed"},
     .verbs = kPrepare | kRun | kCheck},
};

const std::vector<Preset>& preset_list() {
  using D = Distribution;
  // YCSB: https://github.com/brianfrankcooper/YCSB/tree/master/workloads. minscanlength is 1, requestdistribution
  // zipfian is its scrambled one.
  static const std::vector<Preset> list = {
      {"a", {{Op::get, 0.5}, {Op::update, 0.5}}, D::zipfian, {1, 100}},
      {"b", {{Op::get, 0.95}, {Op::update, 0.05}}, D::zipfian, {1, 100}},
      {"c", {{Op::get, 1}}, D::zipfian, {1, 100}},
      {"d", {{Op::get, 0.95}, {Op::insert, 0.05}}, D::latest, {1, 100}},
      {"e", {{Op::scan, 0.95}, {Op::insert, 0.05}}, D::zipfian, {1, 100}},
      {"f", {{Op::get, 0.5}, {Op::read_modify_write, 0.5}}, D::zipfian, {1, 100}},
  };
  return list;
}

constexpr std::string_view kDistributions[] = {"uniform", "zipfian", "zipfian_plain", "latest", "sequential"};

Distribution parse_distribution(std::string_view name) {
  const auto found = std::find(std::begin(kDistributions), std::end(kDistributions), name);
  ASSAY_ASSERT(found != std::end(kDistributions));
  return static_cast<Distribution>(found - std::begin(kDistributions));
}

Op parse_op(std::string_view name) {
  for (int i = 0; i < kOps; i++)
    if (kOpTexts[static_cast<std::size_t>(i)].name == name) return static_cast<Op>(i);
  std::vector<std::string_view> names;
  for (const OpText& text : kOpTexts) names.push_back(text.name);
  throw Error(fmt::format("--mix names '{}'; expected one of {}", name, fmt::join(names, ", ")));
}

/// For options whose default depends on the preset.
std::string given_or(const Options& options, std::string_view name, std::string_view otherwise) {
  return options.given(name) ? options.text(name) : std::string(otherwise);
}

/// A name that any target takes as the name of a table.
void check_collection(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || name.size() > 60 || !letter(name.front()) ||
      !std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); }))
    throw Error(
        fmt::format("--collection is '{}'; expected 1 to 60 of a-z, 0-9 and _, not beginning with a digit", name));
  if (name == "assay_meta")
    throw Error("--collection is 'assay_meta', where assay keeps its own record; choose another");
}

void check_layout(const Config& config) {
  const Layout& layout = config.layout;
  if (layout.prefix.size() > 200 ||
      std::any_of(layout.prefix.begin(), layout.prefix.end(), [](char c) { return c < ' ' || c > '~'; }))
    throw Error(fmt::format("--key-prefix is '{}'; expected at most 200 printable ASCII characters", layout.prefix));
  if (layout.rows > layout.key_space())
    throw Error(fmt::format("--key-digits {} makes {} keys, --rows asks for {}; expected more digits", layout.digits,
                            layout.key_space(), layout.rows));
  if (config.batch_size > layout.rows && (config.has(Op::batch_get) || config.has(Op::batch_put)))
    throw Error(
        fmt::format("--batch-size is {}, there are {} rows; expected at most as many", config.batch_size, layout.rows));
}

/// Options of what is not in the mix.
void refuse_without_effect(const Config& config, const Options& options) {
  std::vector<std::string> mistakes;
  const Distribution d = config.distribution;
  if (options.given("zipfian-constant") && (d == Distribution::uniform || d == Distribution::sequential))
    mistakes.push_back(
        fmt::format("--zipfian-constant has no effect with the distribution {}; it needs --distribution "
                    "zipfian, zipfian_plain or latest",
                    kDistributions[static_cast<std::size_t>(d)]));
  if (options.given("batch-size") && !config.has(Op::batch_get) && !config.has(Op::batch_put))
    mistakes.push_back("--batch-size has no effect without batch_get or batch_put in the mix");
  if (options.given("scan-length") && !config.has(Op::scan))
    mistakes.push_back("--scan-length has no effect without scan in the mix");
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
}

}  // namespace

std::string_view to_string(Op op) noexcept { return kOpTexts[static_cast<std::size_t>(op)].name; }
std::string_view summary_of(Op op) noexcept { return kOpTexts[static_cast<std::size_t>(op)].summary; }
bool reads(Op op) noexcept {
  return op == Op::get || op == Op::scan || op == Op::batch_get || op == Op::read_modify_write;
}
std::span<const Preset> presets() { return preset_list(); }
std::span<const OptionSpec> option_table() { return kOptions; }

std::vector<Share> parse_mix(std::string_view text) {
  std::vector<Share> mix;
  if (text.ends_with(',')) throw Error(fmt::format("--mix is '{}', which ends with a comma", text));
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      throw Error(fmt::format("--mix has '{}'; expected operation=weight, like get=95,put=5", part));
    const Op op = parse_op(part.substr(0, equals));
    double weight = 0;
    try {
      weight = parse_number(part.substr(equals + 1));
    } catch (const Error&) {
      weight = -1;
    }
    if (!(weight >= 0 && weight <= 1e9))
      throw Error(fmt::format("--mix has '{}'; expected a weight from 0 to 1000000000", part));
    if (std::any_of(mix.begin(), mix.end(), [&](const Share& s) { return s.op == op; }))
      throw Error(fmt::format("--mix names {} twice", to_string(op)));
    mix.push_back({op, weight});
  }
  std::erase_if(mix, [](const Share& s) { return s.weight == 0; });
  if (mix.empty())
    throw Error(fmt::format("--mix is '{}'; expected at least one operation with a weight above 0", text));
  return mix;
}

bool Config::has(Op op) const noexcept {
  return std::any_of(mix.begin(), mix.end(), [&](const Share& s) { return s.op == op; });
}

bool Config::writes() const noexcept {
  return std::any_of(mix.begin(), mix.end(),
                     [](const Share& s) { return s.op != Op::get && s.op != Op::scan && s.op != Op::batch_get; });
}

Config read_options(const Options& options) {
  const std::string name = options.text("preset");
  const auto preset = std::find_if(presets().begin(), presets().end(), [&](const Preset& p) { return p.name == name; });
  const bool ycsb = preset != presets().end();
  if (ycsb && options.given("mix"))
    throw Error(fmt::format("--preset {} and --mix contradict each other; expected one of them", name));

  Config config;
  config.collection = options.text("collection");
  check_collection(config.collection);
  config.mix = ycsb ? preset->mix : parse_mix(given_or(options, "mix", kDefaultMix));
  config.distribution = ycsb && !options.given("distribution")
                            ? preset->distribution
                            : parse_distribution(given_or(options, "distribution", "uniform"));
  config.zipfian_constant = options.number("zipfian-constant");
  config.batch_size = static_cast<std::uint64_t>(options.count("batch-size"));
  config.scan_length = ycsb && !options.given("scan-length")
                           ? preset->scan_length
                           : Range::parse(given_or(options, "scan-length", "100"), "scan-length", 1, kMostScan);
  Layout& layout = config.layout;
  layout.rows = static_cast<std::uint64_t>(parse_count(given_or(options, "rows", "100k")));
  layout.prefix = given_or(options, "key-prefix", "user");
  layout.digits = static_cast<int>(parse_count(given_or(options, "key-digits", "12")));
  layout.hashed = given_or(options, "key-order", ycsb ? "hashed" : "ordered") == "hashed";
  layout.value_size =
      Range::parse(given_or(options, "value-size", ycsb ? "1000" : "100"), "value-size", kValueHeader, kMostValue);
  check_layout(config);
  refuse_without_effect(config, options);
  return config;
}

std::map<std::string, std::string> in_force(const Config& config) {
  std::map<std::string, std::string> options = config.layout.entries();
  options.erase("seed");
  std::vector<std::string> mix;
  for (const Share& share : config.mix) mix.push_back(fmt::format("{}={}", to_string(share.op), share.weight));
  options["mix"] = fmt::format("{}", fmt::join(mix, ","));
  options["distribution"] = kDistributions[static_cast<std::size_t>(config.distribution)];
  options["scan-length"] = config.scan_length.text();
  return options;
}

void adopt(Config& config, const Layout& prepared, const Options& given) {
  const std::map<std::string, std::string> asked = config.layout.entries(), there = prepared.entries();
  std::vector<std::string> differences;
  for (const auto& [name, value] : asked)
    if (name != "seed" && given.given(name) && there.at(name) != value)
      differences.push_back(fmt::format("--{} {} (found {})", name, value, there.at(name)));
  if (!differences.empty())
    throw Error(
        fmt::format("the collection '{}' was prepared otherwise than asked for: {}; leave that out, or run "
                    "`assay cleanup kv` and prepare again",
                    config.collection, fmt::join(differences, ", ")));
  config.layout = prepared;
  check_layout(config);
}

}  // namespace assay::kv
