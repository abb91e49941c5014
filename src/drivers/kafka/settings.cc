#include "drivers/kafka/settings.h"

#include "base/error.h"
#include "core/url.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace assay::kafka {

const std::vector<OptionSpec> kOptions = {
    {.name = "format",
     .type = OptionType::choice,
     .default_value = "json",
     .help = "of the messages: JSON objects, or protobuf messages of a type for each table",
     .choices = {"json", "protobuf"}},
    {.name = "proto-folder", .help = "where the .proto file of each table is left when its topic is made"},
    {.name = "prefix", .help = "goes before the names of tables, and of assay_meta, to make those of topics"},
    {.name = "partitions",
     .type = OptionType::count,
     .default_value = "3",
     .help = "of the topics that are made",
     .min = 1,
     .max = 100'000},
    {.name = "replication",
     .type = OptionType::count,
     .default_value = "0",
     .help =
         "copies of the topics that are made; 0: as many as the broker makes by itself (default.replication.factor)",
     .min = 0,
     .max = 32'767},
    {.name = "acks",
     .type = OptionType::choice,
     .default_value = "all",
     .help = "who must have a message before it counts as written: all copies in sync, the leader, nobody. Only with "
             "all are "
             "there transactions: with 1 and 0, rows may be there twice or not at all after a failure",
     .choices = {"all", "1", "0"}},
    {.name = "compression",
     .type = OptionType::choice,
     .default_value = "none",
     .help = "of batches of messages",
     .choices = {"none", "gzip", "snappy", "lz4", "zstd"}},
    {.name = "linger",
     .type = OptionType::duration,
     .default_value = "5ms",
     .help = "how long a batch waits for more messages",
     .min = 0,
     .max = 900},
    {.name = "batch-size",
     .type = OptionType::bytes,
     .default_value = "1MB",
     .help = "of a batch of messages to one partition, at most",
     .min = 1,
     .max = 2e9},
    {.name = "security-protocol",
     .type = OptionType::choice,
     .default_value = "",
     .help = "how brokers are spoken to; without it plaintext, and sasl_plaintext when a user is given",
     .choices = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"}},
    {.name = "sasl-mechanism",
     .type = OptionType::choice,
     .default_value = "",
     .help = "how the user proves itself; without it PLAIN",
     .choices = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI", "OAUTHBEARER"}},
    {.name = "password-file", .help = "a file whose first line is the password (else: KAFKA_PASSWORD)"},
    {.name = "ssl-ca-location", .help = "file with the authorities that are trusted; without it those of the system"},
    {.name = "ssl-certificate-location", .help = "file with our own certificate"},
    {.name = "ssl-key-location", .help = "file with the key of our own certificate"},
    {.name = "ssl-endpoint-identification-algorithm",
     .type = OptionType::choice,
     .default_value = "https",
     .help = "https: the broker's certificate must have its name; none: it need not",
     .choices = {"none", "https"}},
    {.name = "properties", .help = "more properties of librdkafka, with its names: NAME=VALUE;NAME=VALUE"},
};

namespace {

constexpr const char* kExpected = "expected for example kafka://host:9092 or kafka://user@host:9092,other:9092";
constexpr std::string_view kPassedOn[] = {"ssl-ca-location", "ssl-certificate-location", "ssl-key-location"};

/// Properties that are the driver's own, or another option.
constexpr std::string_view kOwnProperties[] = {
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "batch.size",
    "bootstrap.servers",
    "compression.codec",
    "compression.type",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "isolation.level",
    "linger.ms",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "metadata.broker.list",
    "partitioner",
    "plugin.library.paths",  // would load code
    "queue.buffering.max.ms",
    "request.required.acks",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.username",
    "security.protocol",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "transaction.timeout.ms",
    "transactional.id",
};

std::string with_dots(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '.');
  return out;
}

std::string password_in(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line))
    throw Error(fmt::format("password-file {}: cannot be read, or is empty", path));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// Takes the URL's query into the options.
Options options_given(const TargetSpec& spec, const Url& url) {
  Options options = spec.options.table().empty() ? Options(kOptions) : spec.options;
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : url.query) {
    if (spec.options.find(name) != nullptr && spec.options.given(name) && spec.options.text(name) != value)
      throw Error(fmt::format("the option {} is given twice", name));
    values.emplace(name, value);
  }
  options.set_all(values);
  require_effect(options, spec);
  return options;
}

struct Brokers {
  std::string list;
  std::optional<std::string> user, password;
};

Brokers brokers_of(const TargetSpec& spec, const Url& url) {
  const auto bad = [&](std::string_view what) {
    return Error(fmt::format("{}: {}; {}", without_secrets(spec.url), what, kExpected));
  };
  if (!url.rest.starts_with("//")) throw bad("no brokers are named");
  std::string rest = url.rest.substr(2);
  if (rest.ends_with('/')) rest.pop_back();
  if (rest.find('/') != std::string::npos) throw bad("there is a path behind the brokers, which Kafka has not");
  const std::size_t at = rest.rfind('@');
  Brokers out;
  for (std::size_t begin = at == std::string::npos ? 0 : at + 1; begin <= rest.size();) {
    const std::size_t comma = std::min(rest.find(',', begin), rest.size());
    const std::string user = out.list.empty() && at != std::string::npos ? rest.substr(0, at + 1) : "";
    const Authority one =
        parse_authority({.scheme = url.scheme, .rest = "//" + user + rest.substr(begin, comma - begin), .query = {}});
    if (one.host.empty()) throw bad("a broker has no host");
    if (out.list.empty()) {
      out.user = one.user;
      out.password = one.password;
    }
    const bool v6 = one.host.find(':') != std::string::npos;
    out.list += fmt::format("{}{}:{}", out.list.empty() ? "" : ",", v6 ? "[" + one.host + "]" : one.host,
                            one.port.value_or(9092));
    begin = comma + 1;
  }
  return out;
}

void add_properties(const std::string& text, std::map<std::string, std::string>& out) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    const std::string pair = text.substr(begin, end - begin);
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error(
          fmt::format("properties: '{}' is no property; expected NAME=VALUE;NAME=VALUE", without_secrets(pair)));
    const std::string name = pair.substr(0, equals);
    for (const char* secret : {"password", "secret", ".pem", "jaas"})
      if (name.find(secret) != std::string::npos)
        throw Error(
            fmt::format("properties: {} is a secret, which an option would show; a password is read from the file "
                        "that password-file names",
                        name));
    if (std::find(std::begin(kOwnProperties), std::end(kOwnProperties), name) != std::end(kOwnProperties))
      throw Error(fmt::format("properties: {} is not free: the driver sets it, or another option does", name));
    if (!out.emplace(name, pair.substr(equals + 1)).second)
      throw Error(fmt::format("properties: {} is given twice", name));
    begin = end + 1;
  }
}

void set_user(const Options& options, const Brokers& brokers, Settings& out) {
  std::string protocol = options.text("security-protocol");
  const bool sasl = protocol.starts_with("sasl");
  if (brokers.user && !protocol.empty() && !sasl)
    throw Error(fmt::format("user '{}' has no effect with security-protocol={}; expected sasl_plaintext or sasl_ssl",
                            *brokers.user, protocol));
  if (protocol.empty()) protocol = brokers.user ? "sasl_plaintext" : "plaintext";
  out.properties["security.protocol"] = protocol;
  if (!protocol.starts_with("sasl")) {
    for (const char* name : {"sasl-mechanism", "password-file"})
      if (options.given(name)) throw Error(fmt::format("{} has no effect with security-protocol={}", name, protocol));
    return;
  }
  const std::string mechanism = options.text("sasl-mechanism").empty() ? "PLAIN" : options.text("sasl-mechanism");
  out.properties["sasl.mechanism"] = mechanism;
  if (mechanism == "GSSAPI" || mechanism == "OAUTHBEARER") return;
  if (!brokers.user)
    throw Error(fmt::format("security-protocol={} needs a user; expected kafka://user@host:9092", protocol));
  if (brokers.password && options.given("password-file"))
    throw Error("the password is given twice: in the URL and by password-file");
  const char* environment = std::getenv("KAFKA_PASSWORD");
  out.properties["sasl.username"] = *brokers.user;
  out.properties["sasl.password"] = brokers.password                 ? *brokers.password
                                    : options.given("password-file") ? password_in(options.text("password-file"))
                                    : environment != nullptr         ? environment
                                                                     : "";
}

void set_tls(const Options& options, Settings& out) {
  const bool tls = out.properties["security.protocol"].ends_with("ssl");
  if (!tls) {
    for (const OptionSpec& option : kOptions)
      if (option.name.starts_with("ssl-") && options.given(option.name))
        throw Error(fmt::format("{} has no effect with security-protocol={}; expected ssl or sasl_ssl", option.name,
                                out.properties["security.protocol"]));
    return;
  }
  for (const std::string_view name : kPassedOn) {
    const std::string file = options.text(name);
    if (file.empty()) continue;
    if (access(file.c_str(), R_OK) != 0) throw Error(fmt::format("{}: cannot read {}", name, file));
    out.properties[with_dots(name)] = file;
  }
  if (options.given("ssl-certificate-location") != options.given("ssl-key-location"))
    throw Error("ssl-certificate-location and ssl-key-location belong together; one is missing");
  out.properties["ssl.endpoint.identification.algorithm"] = options.text("ssl-endpoint-identification-algorithm");
}

}  // namespace

Settings parse_settings(const TargetSpec& spec) {
  const Url url = parse_url(spec.url);
  const Options options = options_given(spec, url);
  const Brokers brokers = brokers_of(spec, url);
  Settings out;
  out.brokers = brokers.list;
  out.place = brokers.user ? fmt::format("{}, user '{}'", brokers.list, *brokers.user) : brokers.list;
  out.connect_timeout = spec.connect_timeout;
  out.operation_timeout = spec.operation_timeout;
  out.prefix = options.text("prefix");
  out.protobuf = options.text("format") == "protobuf";
  out.proto_folder = options.text("proto-folder");
  if (!out.proto_folder.empty() && !out.protobuf) throw Error("proto-folder has no effect without format=protobuf");
  out.partitions = options.count("partitions");
  out.replication = options.count("replication");
  out.transactions = options.text("acks") == "all";
  out.producing = {
      {"acks", options.text("acks")},
      {"compression.type", options.text("compression")},
      {"linger.ms", fmt::format("{}", to_millis(options.duration("linger")))},
      {"batch.size", std::to_string(options.bytes("batch-size"))},
  };
  set_user(options, brokers, out);
  set_tls(options, out);
  add_properties(options.text("properties"), out.properties);
  topic_of(out, "x");
  return out;
}

std::string topic_of(const Settings& settings, std::string_view table) {
  std::string topic = settings.prefix + std::string(table);
  const bool legal = std::all_of(topic.begin(), topic.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (!legal || topic.empty() || topic.size() > 249 || topic == "." || topic == "..")
    throw Error(
        fmt::format("Kafka has no topics named '{}'; expected 1 to 249 letters, digits and ._- of ASCII", topic));
  return topic;
}

}  // namespace assay::kafka
