#include "deploy/request.h"

#include "base/error.h"
#include "core/options.h"
#include "core/url.h"
#include "dataset/schema.h"
#include "deploy/databases.h"
#include "deploy/environment.h"
#include "input/text_file.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::deploy {
namespace {

constexpr std::uint64_t kMi = 1 << 20, kGi = 1 << 30;
constexpr std::size_t kMostSchema = 1'000'000;  // a ConfigMap holds 1 MiB

constexpr std::array kPresets = {
    Preset{"small", 2, {0.5, 512 * kMi}, 256 * kMi, {1, kGi}, 10'000, 500},
    Preset{"medium", 4, {1, kGi}, kGi, {2, 2 * kGi}, 100'000, 1'000},
    Preset{"large", 8, {2, 4 * kGi}, 4 * kGi, {5, 8 * kGi}, 1'000'000, 5'000},
};

/// Everything that is wrong with a request, by and by.
class Reader {
 public:
  explicit Reader(const Request& request) : request_(request) {}

  Described read() {
    const Preset& preset = *find_preset();
    Deployment& out = described_.deployment;
    out.source = request_.source;
    out.image = request_.image;
    out.row_count = request_.row_count.value_or(preset.row_count);
    out.batch_size = request_.batch_size.value_or(preset.batch_size);
    out.dry_run = request_.dry_run;
    out.shared_volumes = request_.shared_volumes;
    if (!request_.storage_class.empty()) out.storage_class = request_.storage_class;
    out.limits = limits("", request_.cpu_limit, request_.memory_limit, preset.worker, 32 * kMi);
    out.sessions = std::max(2u, static_cast<std::uint32_t>(std::ceil(2 * out.limits.cpus)));
    read_tmpfs(preset);
    read_database(preset);
    read_message_format();
    read_schema(request_.workers.value_or(preset.workers));
    refuse_mistakes(mistakes_);
    return std::move(described_);
  }

 private:
  const Preset* find_preset() {
    const auto found = std::find_if(kPresets.begin(), kPresets.end(),
                                    [&](const Preset& preset) { return preset.name == request_.preset; });
    if (found == kPresets.end())
      throw Error(fmt::format("--preset is '{}'; expected small, medium or large", request_.preset));
    return &*found;
  }

  template <class Step>
  void attempt(const Step& step) {
    try {
      step();
    } catch (const Error& error) {
      mistakes_.emplace_back(error.what());
    }
  }

  std::uint64_t size(std::string_view option, const std::string& text, std::uint64_t otherwise, std::uint64_t least) {
    if (text.empty()) return otherwise;
    std::uint64_t bytes = otherwise;
    try {
      bytes = parse_size(text);
    } catch (const Error& error) {
      mistakes_.push_back(fmt::format("--{}: {}", option, error.what()));
      return otherwise;
    }
    if (bytes < least)
      mistakes_.push_back(fmt::format("--{} is {}; expected {} or more", option, text, size_text(least)));
    return std::max(bytes, least);
  }

  Limits limits(std::string_view whose, std::optional<double> cpus, const std::string& memory, const Limits& preset,
                std::uint64_t least) {
    return {cpus.value_or(preset.cpus), size(fmt::format("{}memory-limit", whose), memory, preset.memory, least)};
  }

  /// What is in a tmpfs counts as memory of the container that writes it.
  void refuse_larger(std::string_view option, std::uint64_t tmpfs, std::string_view limit, std::uint64_t memory) {
    if (tmpfs > memory)
      mistakes_.push_back(
          fmt::format("--{} is {} with a --{} of {}, as part of which it counts; expected no more than that", option,
                      size_text(tmpfs), limit, size_text(memory)));
  }

  void read_tmpfs(const Preset& preset) {
    Deployment& out = described_.deployment;
    if (!request_.tmpfs) {
      if (!request_.tmpfs_size.empty()) mistakes_.emplace_back("--tmpfs-size has no effect without --tmpfs");
      return;
    }
    out.tmpfs = size("tmpfs-size", request_.tmpfs_size, std::min(preset.tmpfs, out.limits.memory), kMi);
    refuse_larger("tmpfs-size", *out.tmpfs, "memory-limit", out.limits.memory);
    if (!has_server(request_.source) && request_.partition == Partition::rows &&
        request_.workers.value_or(preset.workers) > 1)
      mistakes_.push_back(
          fmt::format("--tmpfs gives each worker a folder of its own, and {} workers share the files of {}; expected "
                      "--workers 1, --partition-by table, or no --tmpfs",
                      request_.workers.value_or(preset.workers), name_of(request_.source)));
    else if (!has_server(request_.source))
      described_.notes.emplace_back(
          "with --tmpfs the files are gone when their worker has ended: what is measured is all that stays");
  }

  void refuse_of_database(std::string_view why) {
    const auto refuse = [&](std::string_view option, bool given) {
      if (given) mistakes_.push_back(fmt::format("--{} has no effect: {}", option, why));
    };
    refuse("database-image", !request_.database_image.empty());
    refuse("database-cpu-limit", request_.database_cpu_limit.has_value());
    refuse("database-memory-limit", !request_.database_memory_limit.empty());
    refuse("database-tmpfs", request_.database_tmpfs);
    refuse("database-tmpfs-size", !request_.database_tmpfs_size.empty());
  }

  void read_database(const Preset& preset) {
    Deployment& out = described_.deployment;
    if (!has_server(request_.source)) {
      if (!request_.connection_string.empty())
        mistakes_.push_back(
            fmt::format("--connection-string has no effect with {}, whose files are in {} of the workers",
                        name_of(request_.source), kData));
      refuse_of_database(fmt::format("{} needs no database", name_of(request_.source)));
      out.connection = connection_of(request_.source, {});
      out.files_to = kData;
      return;
    }
    if (!request_.connection_string.empty()) {
      refuse_of_database("with --connection-string no database is deployed");
      require_source(request_.connection_string);
      out.connection = connection_to(request_.source, request_.connection_string);
      return;
    }
    require_password();
    const Limits of_database =
        limits("database-", request_.database_cpu_limit, request_.database_memory_limit, preset.database, 256 * kMi);
    std::optional<std::uint64_t> tmpfs;
    if (request_.tmpfs || request_.database_tmpfs) {
      const std::uint64_t left = of_database.memory - std::min(of_database.memory, least_memory(request_.source));
      const std::uint64_t proposed = std::max(std::min(of_database.memory / 2, left), 64 * kMi);
      tmpfs = size("database-tmpfs-size", request_.database_tmpfs_size, proposed, 64 * kMi);
      refuse_larger("database-tmpfs-size", *tmpfs, "database-memory-limit", of_database.memory);
    } else if (!request_.database_tmpfs_size.empty()) {
      mistakes_.emplace_back("--database-tmpfs-size has no effect without --tmpfs or --database-tmpfs");
    }
    attempt([&] {
      out.database =
          database_of(request_.source, of_database, tmpfs, request_.password,
                      request_.database_image.empty() ? std::nullopt : std::optional(request_.database_image),
                      std::uint64_t{request_.workers.value_or(preset.workers)} * out.sessions);
    });
    out.connection = connection_of(request_.source, request_.password);
  }

  /// It stands in URLs and in files that Docker, Compose and shells read, each with characters of its own that mean something.
  void require_password() {
    const bool good =
        request_.password.size() >= 8 && std::all_of(request_.password.begin(), request_.password.end(), [](char c) {
          return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
        });
    if (!good)
      mistakes_.emplace_back(
          "the password of the database has less than 8 characters or others than letters, digits, - and _ of ASCII");
  }

  /// Messages as the consumer of the load test expects them. A URL that says it is taken at its word.
  void read_message_format() {
    Deployment& out = described_.deployment;
    if (request_.source != Source::kafka) {
      if (!request_.message_format.empty())
        mistakes_.push_back(
            fmt::format("--message-format is of kafka; it has no effect with {}", name_of(request_.source)));
      return;
    }
    std::string& brokers = out.connection.front().value;
    constexpr std::string_view kOption = "format=";
    const std::size_t options = brokers.find('?');
    const std::size_t at = options == std::string::npos ? options : brokers.find(kOption, options);
    if (at != std::string::npos) {
      const std::string said = brokers.substr(at + kOption.size(), brokers.find('&', at) - at - kOption.size());
      out.protobuf = said == "protobuf";
      if (!request_.message_format.empty() && request_.message_format != said)
        mistakes_.push_back(
            fmt::format("--message-format is {} and the connection string says {}; expected one of them",
                        request_.message_format, said));
      return;
    }
    out.protobuf = request_.message_format != "json";
    if (!out.protobuf) return;
    if (brokers.find("://") == std::string::npos) brokers = "kafka://" + brokers;
    brokers += options == std::string::npos ? "?format=protobuf" : "&format=protobuf";
  }

  /// What a worker would refuse when all is deployed.
  void require_source(const std::string& url) {
    constexpr std::string_view kSchemes[] = {"mysql mariadb",
                                             "mariadb mysql",
                                             "postgresql postgres",
                                             "mongodb mongodb+srv",
                                             "neo4j neo4j+s neo4j+ssc bolt bolt+s bolt+ssc",
                                             "kafka"};
    const std::size_t slashes = url.find("://");
    if (slashes == std::string::npos && request_.source == Source::kafka) return;
    const std::string scheme = url.substr(0, slashes == std::string::npos ? 0 : slashes);
    const std::string schemes = fmt::format(" {} ", kSchemes[static_cast<std::size_t>(request_.source)]);
    if (scheme.empty() || schemes.find(fmt::format(" {} ", scheme)) == std::string::npos)
      mistakes_.push_back(fmt::format("--connection-string is '{}'; expected a URL of {}, such as {}://host",
                                      without_possible_secrets(url), name_of(request_.source),
                                      name_of(request_.source)));
    if (url.find("://localhost") != std::string::npos || url.find("://127.") != std::string::npos ||
        url.find("@localhost") != std::string::npos || url.find("@127.") != std::string::npos)
      described_.notes.emplace_back("in a container, the host of --connection-string is the container itself");
  }

  void read_schema(std::uint32_t workers) {
    if (request_.schema.empty()) {
      mistakes_.emplace_back("--schema is missing; expected the file with the schema of the data (docs/schema.md)");
      return;
    }
    if (request_.schema == "-") {
      mistakes_.emplace_back("--schema is '-'; expected a file, which is copied for the workers");
      return;
    }
    Deployment& out = described_.deployment;
    attempt([&] {
      out.schema_text = input::read_file(request_.schema, {.name = "schema", .has = "tables"});
      out.schema_name = request_.schema.filename().string();
      dataset::Reading reading = dataset::read_schema_text(out.schema_text, request_.schema.string(),
                                                           {.rows = out.row_count, .seed = request_.seed});
      for (const input::Mistake& mistake : reading.mistakes.sorted())
        (mistake.note ? described_.notes : mistakes_).push_back(reading.mistakes.line(mistake));
      if (out.schema_text.size() > kMostSchema)
        mistakes_.push_back(
            fmt::format("--schema has {} bytes; expected at most {}", out.schema_text.size(), kMostSchema));
      if (!reading.schema) return;
      out.seed = reading.schema->seed;
      out.workers = workers_of(*reading.schema, request_.partition, workers, out.seed);
    });
  }

  const Request& request_;
  Described described_;
  std::vector<std::string> mistakes_;
};

}  // namespace

std::span<const Preset> presets() { return kPresets; }

Described describe(const Request& request) { return Reader(request).read(); }

}  // namespace assay::deploy
