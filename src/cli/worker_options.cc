#include "cli/worker_options.h"

#include "core/url.h"
#include "registry/registry.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace assay::cli {
namespace {

std::string environment_value(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A kind of source, as the documented options name it.
struct SourceKind {
  std::string_view name;
  std::string_view driver;   // that its URLs have
  const char* variable;      // where the connection string may stand
  std::string_view example;  // of a connection string
};

constexpr std::array kSources = {
    SourceKind{"mysql", "mysql", "MYSQL_CONNECTION_STRING", "mysql://user@host:3306/database"},
    SourceKind{"mariadb", "mysql", "MARIADB_CONNECTION_STRING", "mariadb://user@host:3306/database"},
    SourceKind{"postgresql", "postgres", "POSTGRESQL_CONNECTION_STRING", "postgresql://user@host:5432/database"},
    SourceKind{"mongodb", "mongodb", "MONGODB_CONNECTION_STRING", "mongodb://host:27017/database"},
    SourceKind{"neo4j", "neo4j", "NEO4J_CONNECTION_STRING", "bolt://host:7687"},
    SourceKind{"kafka", "kafka", "KAFKA_BROKERS", "host:9092,host:9093"},
    SourceKind{"csv", "csv", "OUTPUT_DIR", "/data"},
    SourceKind{"jsonl", "jsonl", "OUTPUT_DIR", "/data"},
    SourceKind{"sqlite", "sqlite", "SQLITE_CONNECTION_STRING", "sqlite:data.db"},
};

const SourceKind& source_named(std::string_view name) {
  return *std::find_if(kSources.begin(), kSources.end(), [&](const SourceKind& kind) { return kind.name == name; });
}

/// The driver of a URL's scheme, also of one that this build has not; "" when there is none.
std::string_view driver_of_scheme(std::string_view scheme) {
  for (const DriverEntry& entry : all_drivers()) {
    const auto& schemes = entry.driver != nullptr ? entry.driver->info().schemes : entry.schemes;
    if (std::find(schemes.begin(), schemes.end(), scheme) != schemes.end()) return entry.name;
  }
  return "";
}

/// "user:password@" before the host where the URL names no user.
std::string with_user(const std::string& url, const std::string& user, const std::string& password) {
  const auto slashes = url.find("://");
  if (user.empty() || slashes == std::string::npos) return url;
  const auto end = url.find_first_of("/?", slashes + 3);
  if (url.substr(0, end).find('@') != std::string::npos) return url;
  const std::string secret = password.empty() ? "" : ":" + percent_encoded(password);
  return url.substr(0, slashes + 3) + percent_encoded(user) + secret + "@" + url.substr(slashes + 3);
}

/// The database behind the host where the URL names none.
std::string with_database(const std::string& url, const std::string& database) {
  const auto slashes = url.find("://");
  if (database.empty() || slashes == std::string::npos) return url;
  const auto query = url.find('?', slashes + 3);
  const std::string before = url.substr(0, query), behind = query == std::string::npos ? "" : url.substr(query);
  const auto slash = before.find('/', slashes + 3);
  if (slash != std::string::npos && slash + 1 < before.size()) return url;
  return before.substr(0, slash) + "/" + percent_encoded(database) + behind;
}

std::string url_of(const SourceKind& kind, const std::string& text) {
  const bool has_scheme = text.find("://") != std::string::npos || text.starts_with(fmt::format("{}:", kind.name));
  if (kind.name == "kafka" && !has_scheme) return "kafka://" + text;
  if ((kind.name == "csv" || kind.name == "jsonl") && !has_scheme) return fmt::format("{}:{}", kind.name, text);
  const auto colon = text.find(':');
  const std::string scheme = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (driver_of_scheme(scheme) != kind.driver && scheme != kind.name)
    throw Error(fmt::format("the connection string '{}' is none of the source {}; expected for example {}",
                            without_possible_secrets(text), kind.name, kind.example));
  if (kind.name == "neo4j") {
    const std::string url = with_user(text, environment_value("NEO4J_USERNAME"), environment_value("NEO4J_PASSWORD"));
    return with_database(url, environment_value("NEO4J_DATABASE"));
  }
  if (kind.name == "mongodb") return with_database(text, environment_value("MONGODB_DATABASE"));
  return text;
}

}  // namespace

std::span<const OptionSpec> worker_options() {
  static const std::vector<OptionSpec> table = {
      {.name = "worker-id",
       .default_value = "",
       .help = "its name in reports; without it CONTAINER_ID, HOSTNAME or the machine's name"},
      {.name = "source",
       .type = OptionType::choice,
       .default_value = "",
       .help = "what is filled; without it --target says it",
       .choices =
           [] {
             std::vector<std::string_view> names;
             names.reserve(std::size(kSources));
             for (const SourceKind& kind : kSources) names.push_back(kind.name);
             return names;
           }()},
      {.name = "connection-string",
       .default_value = "",
       .help = "where the source is: a URL, brokers of Kafka, a folder for csv and jsonl; without it --target or the "
               "variable of the source, such as MYSQL_CONNECTION_STRING"},
      {.name = "operation",
       .type = OptionType::choice,
       .default_value = "populate",
       .help = "fill its share, or verify what is there",
       .choices = {"populate", "verify"}},
      {.name = "metrics-output",
       .default_value = "",
       .help = "file of its report, JSON, written whole at the begin and at the end; expected in the folder that assay "
               "aggregate reads"},
      {.name = "expect-cpus",
       .default_value = "",
       .help = "processors that the deployment asked for, such as 0.5: others are an error before anything is done"},
      {.name = "expect-memory", .default_value = "", .help = "likewise the limit of memory, such as 512Mi"},
      {.name = "expect-tmpfs",
       .default_value = "",
       .help = "likewise folders in memory: PATH or PATH:SIZE, several separated by ','"},
  };
  return table;
}

std::string worker_target(const Options& own, const std::string& target) {
  const std::string source = own.text("source"), given = own.text("connection-string");
  if (!target.empty() && !given.empty())
    throw Error("--target and --connection-string are given; expected one of them");
  if (source.empty() && !given.empty())
    throw Error(fmt::format("--connection-string needs --source, which says what it is of, such as --source {}",
                            kSources.front().name));
  if (source.empty()) {
    std::string url = target.empty() ? environment_value("ASSAY_TARGET") : target;
    if (url.empty())
      throw Error("the target is missing; expected --source and --connection-string, or --target, or ASSAY_TARGET");
    return url;
  }
  const SourceKind& kind = source_named(source);
  const std::string text = !target.empty() ? target : given.empty() ? environment_value(kind.variable) : given;
  if (text.empty())
    throw Error(
        fmt::format("--source is {} and its connection string is missing; expected --connection-string, such as {}, or "
                    "the variable {}",
                    kind.name, kind.example, kind.variable));
  return url_of(kind, text);
}

std::string worker_name(const Options& own) {
  std::string name = own.text("worker-id");
  if (name.empty()) name = environment_value("CONTAINER_ID");
  if (name.empty()) name = environment_value("HOSTNAME");
  if (name.empty()) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) name = host.data();
  }
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
  });
  if (!good)
    throw Error(
        fmt::format("the worker's name is '{}'; expected letters, digits and -_. of ASCII, such as worker-1", name));
  return name;
}

}  // namespace assay::cli
