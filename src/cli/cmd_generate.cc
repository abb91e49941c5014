// assay generate: a load test in containers, as files for Docker Compose and Kubernetes.

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/compose_run.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "deploy/compose.h"
#include "deploy/kubernetes.h"
#include "deploy/output.h"
#include "deploy/request.h"
#include "registry/registry.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace assay::cli {
namespace {

constexpr const char* kPasswordVariable = "ASSAY_DATABASE_PASSWORD";

std::span<const OptionSpec> generate_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "platform",
       .type = OptionType::choice,
       .default_value = "docker-compose",
       .help = "for what",
       .choices = {"docker-compose", "kubernetes", "both"}},
      {.name = "source",
       .type = OptionType::choice,
       .default_value = "",
       .help = "what is filled",
       .choices = {"mysql", "mariadb", "postgresql", "mongodb", "neo4j", "kafka", "csv", "jsonl"}},
      {.name = "preset",
       .type = OptionType::choice,
       .default_value = "medium",
       .help = "how large all is that no other option says",
       .choices = {"small", "medium", "large"}},
      {.name = "schema", .default_value = "", .help = "file with the schema of the data (docs/schema.md)"},
      {.name = "output-dir", .default_value = "./loadtest-output", .help = "folder that is written"},
      {.name = "workers",
       .type = OptionType::count,
       .default_value = "",
       .help = "processes that write; without it the preset's",
       .min = 1,
       .max = 1000},
      {.name = "partition-by",
       .type = OptionType::choice,
       .default_value = "rows",
       .help = "what a worker takes: a share of the rows of all tables, or tables",
       .choices = {"rows", "table"}},
      {.name = "row-count",
       .type = OptionType::count,
       .default_value = "",
       .help = "rows of a table whose schema does not say; without it the preset's",
       .min = 0,
       .max = static_cast<double>(dataset::kMostRows)},
      {.name = "batch-size",
       .type = OptionType::count,
       .default_value = "",
       .help = "rows that are written at once; without it the preset's",
       .min = 1,
       .max = 1e6},
      {.name = "seed",
       .type = OptionType::whole,
       .default_value = "",
       .help = "of all values; without it the schema's"},
      {.name = "cpu-limit",
       .type = OptionType::number,
       .default_value = "",
       .help = "processors of a worker, such as 0.5; without it the preset's",
       .min = 0.01,
       .max = 1024},
      {.name = "memory-limit",
       .default_value = "",
       .help = "memory of a worker, such as 512Mi or 4g; without it the preset's"},
      {.name = "tmpfs",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "data folders of workers and database in memory"},
      {.name = "tmpfs-size", .default_value = "", .help = "of a worker's, with --tmpfs; without it the preset's"},
      {.name = "database-cpu-limit",
       .type = OptionType::number,
       .default_value = "",
       .help = "processors of the database; without it the preset's",
       .min = 0.01,
       .max = 1024},
      {.name = "database-memory-limit", .default_value = "", .help = "memory of the database; without it the preset's"},
      {.name = "database-tmpfs",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "data folder of the database in memory, and not those of the workers"},
      {.name = "database-tmpfs-size", .default_value = "", .help = "of the database's; without it half of its memory"},
      {.name = "connection-string",
       .default_value = "",
       .help = "a database that is there already, instead of one that is deployed"},
      {.name = "message-format",
       .type = OptionType::choice,
       .default_value = "",
       .help = "of Kafka; without it protobuf, or what --connection-string says",
       .choices = {"json", "protobuf"}},
      {.name = "image", .default_value = "", .help = "of assay; without it assay:" ASSAY_VERSION},
      {.name = "database-image", .default_value = "", .help = "of the database; without it that of docs/deploy.md"},
      {.name = "storage-class",
       .default_value = "",
       .help = "of volumes, on Kubernetes; without it the cluster's default"},
      {.name = "shared-volumes",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "volumes that several nodes can write (ReadWriteMany): workers may then run on several"},
      {.name = "dry-run",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "workers make their rows and send none"},
      {.name = "run",
       .type = OptionType::flag,
       .default_value = "false",
       .help = "also carry it out here, with Docker Compose, and add up the results"}};
  return table;
}

template <class T>
std::optional<T> count_given(const Options& options, std::string_view name) {
  return options.given(name) ? std::optional(static_cast<T>(options.count(name))) : std::nullopt;
}
std::optional<double> number_given(const Options& options, std::string_view name) {
  return options.given(name) ? std::optional(options.number(name)) : std::nullopt;
}

/// Of a database that lives as long as the load test, and is reached from its network only.
std::string database_password() {
  if (const char* given = std::getenv(kPasswordVariable)) return given;
  constexpr std::string_view kLetters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  std::random_device chance;
  std::uniform_int_distribution<std::size_t> pick(0, kLetters.size() - 1);
  std::string password;
  for (int i = 0; i < 24; i++) password += kLetters[pick(chance)];
  return password;
}

deploy::Source source_asked_for(const std::string& name) {
  constexpr deploy::Source kAll[] = {deploy::Source::mysql,   deploy::Source::mariadb, deploy::Source::postgresql,
                                     deploy::Source::mongodb, deploy::Source::neo4j,   deploy::Source::kafka,
                                     deploy::Source::csv,     deploy::Source::jsonl};
  for (const deploy::Source source : kAll)
    if (name == deploy::name_of(source)) return source;
  throw Error("--source is missing; expected mysql, mariadb, postgresql, mongodb, neo4j, kafka, csv or jsonl");
}

deploy::Request request_of(const Options& options) {
  deploy::Request request;
  request.source = source_asked_for(options.text("source"));
  request.preset = options.text("preset");
  request.workers = count_given<std::uint32_t>(options, "workers");
  request.partition = options.text("partition-by") == "table" ? deploy::Partition::table : deploy::Partition::rows;
  request.tmpfs = options.flag("tmpfs");
  request.database_tmpfs = options.flag("database-tmpfs");
  request.dry_run = options.flag("dry-run");
  request.shared_volumes = options.flag("shared-volumes");
  request.tmpfs_size = options.text("tmpfs-size");
  request.database_tmpfs_size = options.text("database-tmpfs-size");
  request.memory_limit = options.text("memory-limit");
  request.database_memory_limit = options.text("database-memory-limit");
  request.cpu_limit = number_given(options, "cpu-limit");
  request.database_cpu_limit = number_given(options, "database-cpu-limit");
  request.schema = options.text("schema");
  request.row_count = count_given<std::uint64_t>(options, "row-count");
  request.batch_size = count_given<std::uint64_t>(options, "batch-size");
  if (options.given("seed")) request.seed = options.whole("seed");
  request.connection_string = options.text("connection-string");
  request.message_format = options.text("message-format");
  request.image = options.given("image") ? options.text("image") : "assay:" ASSAY_VERSION;
  request.database_image = options.text("database-image");
  request.storage_class = options.text("storage-class");
  request.password = database_password();
  return request;
}

void refuse_without_platform(const Options& options, bool compose, bool kubernetes) {
  std::vector<std::string> mistakes;
  if (!kubernetes)
    for (const std::string_view name : {"storage-class", "shared-volumes"})
      if (options.given(name))
        mistakes.push_back(fmt::format("--{} has no effect without --platform kubernetes or both", name));
  if (!compose && options.flag("run"))
    mistakes.emplace_back("--run is of Docker Compose; expected --platform docker-compose or both");
  refuse_mistakes(mistakes);
}

/// As workers make them when they make the topics.
std::vector<deploy::Setting> proto_files(const deploy::Deployment& deployment) {
  std::vector<deploy::Setting> files;
  const Driver& driver = find_driver("kafka://localhost");
  const std::optional<dataset::Schema> schema =
      dataset::read_schema_text(deployment.schema_text, deployment.schema_name,
                                {.rows = deployment.row_count, .seed = {}})
          .schema;
  for (std::size_t t = 0; schema && t < schema->tables.size(); t++) {
    const Table table = dataset::to_table(*schema, t, dataset::Arrays::json);
    for (TextFile& file : driver.schema_files(table)) files.push_back({std::move(file.name), std::move(file.text)});
  }
  return files;
}

/// With the mistakes that were found before.
deploy::Described described(const Options& options, std::vector<std::string> mistakes) {
  std::optional<deploy::Described> out;
  try {
    out = deploy::describe(request_of(options));
  } catch (const Error& error) {
    // A source that there is none of was told as a mistake of the option, and is not missing.
    const bool told = std::any_of(mistakes.begin(), mistakes.end(),
                                  [](const std::string& mistake) { return mistake.starts_with("--source"); });
    if (!told || !options.text("source").empty()) mistakes.emplace_back(error.what());
  }
  refuse_mistakes(mistakes);
  return *std::move(out);
}

ExitCode generate(const Options& options, std::vector<std::string> mistakes) {
  const std::string platform = options.text("platform");
  const bool compose = platform != "kubernetes", kubernetes = platform != "docker-compose";
  refuse_without_platform(options, compose, kubernetes);
  deploy::Described asked = described(options, std::move(mistakes));
  deploy::Deployment& deployment = asked.deployment;
  deployment.user = std::pair(::getuid(), ::getgid());
  for (const std::string& note : asked.notes) say("note: {}\n", note);
  if (deployment.protobuf) deployment.proto_files = proto_files(deployment);
  if (kubernetes)
    for (const std::string& note : deploy::kubernetes_notes(deployment)) say("note: {}\n", note);
  nlohmann::ordered_json summary = {{"platform", platform}};
  summary.update(deploy::summary(deployment));
  std::vector<deploy::File> files = {{std::string(deploy::kSummaryFile), summary.dump(2) + "\n"}};
  const auto add = [&](std::vector<deploy::File> more) {
    std::move(more.begin(), more.end(), std::back_inserter(files));
  };
  if (compose) add(deploy::compose_files(deployment));
  if (kubernetes) add(deploy::kubernetes_files(deployment));
  const std::filesystem::path folder = options.text("output-dir");
  deploy::write_files(folder, files, compose && deployment.files_to && !deployment.tmpfs);
  if (options.flag("run")) return run_compose(folder, deployment, !options.given("image"));
  fmt::print("{}\n", summary.dump());
  return ExitCode::ok;
}

ExitCode carry_out_generate(std::span<const std::string> arguments) {
  const std::span<const OptionSpec> tables[] = {generate_options()};
  Words words = take_apart(arguments, tables);
  if (words.help) {
    std::fputs(command_help(find_command("generate")).c_str(), stdout);
    return ExitCode::ok;
  }
  for (const std::string& word : words.positional)
    words.mistakes.push_back(fmt::format("generate: unexpected word '{}'; expected options only", word));
  Options options(generate_options());
  Options* const all[] = {&options};
  std::vector<std::string> mistakes;
  try {
    assign(words, all);
  } catch (const Error& error) {
    mistakes.emplace_back(error.what());
  }
  return generate(options, std::move(mistakes));
}

}  // namespace

Command generate_command() {
  return {"generate",
          "--source SOURCE --schema FILE [options]",
          "Write a load test in containers for Docker Compose or Kubernetes.",
          false,
          {generate_options()},
          carry_out_generate,
          kAllVerbs,
          "The password of the database that is deployed is that of the environment variable ASSAY_DATABASE_PASSWORD, "
          "or a new\n"
          "one. docs/deploy.md has the presets, and the settings of each database.\n"};
}

}  // namespace assay::cli
