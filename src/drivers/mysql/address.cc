#include "drivers/mysql/address.h"

#include "base/error.h"
#include "core/url.h"
#include "runtime/host_addresses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace assay::mysql {

const std::vector<OptionSpec> kOptions = {
    {.name = "pipeline",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "send batched statements as one request, in text; false: one round trip for each, prepared"},
    {.name = "load",
     .type = OptionType::choice,
     .default_value = "auto",
     .help = "how tables are loaded: LOAD DATA LOCAL from memory, array binding (MariaDB), or multi-row INSERT; auto: "
             "the first of these that the server takes; not of kv, which has no tables",
     .choices = {"auto", "load-data", "bulk", "insert"},
     .facet = Facet::rows},
    {.name = "insert-rows",
     .type = OptionType::count,
     .default_value = "1024",
     .help = "rows in one INSERT with load=insert",
     .min = 1,
     .max = 65535,
     .facet = Facet::rows},
    {.name = "statement-timeout",
     .type = OptionType::duration,
     .default_value = "0",
     .help = "the server ends a statement (MySQL: a SELECT) after this time; 0: the server's own setting",
     .min = 0},
    {.name = "lock-timeout",
     .type = OptionType::duration,
     .default_value = "0",
     .help = "the server gives up waiting for a lock after this time, in whole seconds; 0: the server's own setting",
     .min = 0},
    {.name = "ssl-mode",
     .type = OptionType::choice,
     .default_value = "preferred",
     .help = "TLS: never, if the server has it, always, and with the server's certificate verified, without or with "
             "its name",
     .choices = {"disabled", "preferred", "required", "verify-ca", "verify-identity"}},
    {.name = "ssl-ca",
     .type = OptionType::text,
     .default_value = "",
     .help = "file with the authorities that are trusted"},
    {.name = "ssl-cert", .type = OptionType::text, .default_value = "", .help = "file with our own certificate"},
    {.name = "ssl-key",
     .type = OptionType::text,
     .default_value = "",
     .help = "file with the key of our own certificate"},
    {.name = "socket",
     .type = OptionType::text,
     .default_value = "",
     .help = "path of the server's socket, in place of host and port"},
    {.name = "password-file",
     .type = OptionType::text,
     .default_value = "",
     .help = "a file whose first line is the password (else: MYSQL_PWD, ~/.my.cnf)"},
};

namespace {

constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::string unquoted(const std::string& value) {
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
    return value.substr(1, value.size() - 2);
  return value;
}

std::string client_file() {
  if (const char* folder = std::getenv("MYSQL_HOME"); folder != nullptr) return std::string(folder) + "/my.cnf";
  if (const char* home = std::getenv("HOME"); home != nullptr) return std::string(home) + "/.my.cnf";
  return {};
}

std::string user_of_the_system() {
  std::array<char, 1024> memory;
  passwd entry{}, *found = nullptr;
  getpwuid_r(geteuid(), &entry, memory.data(), memory.size(), &found);
  return found == nullptr ? "root" : found->pw_name;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line))
    throw Error(fmt::format("password-file {}: cannot be read, or is empty", path));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// Takes the URL's query into the options. Everything in it must be one of ours.
Options options_of(const TargetSpec& spec, const Url& url) {
  Options options = spec.options.table().empty() ? Options(kOptions) : spec.options;
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : url.query) {
    if (spec.options.find(name) != nullptr && spec.options.given(name) && spec.options.text(name) != value)
      throw Error(fmt::format("the option {} is given twice", name));
    values.emplace(name, value);
  }
  options.set_all(values);
  require_effect(options, spec);
  if (options.given("insert-rows") && options.text("load") != "insert")
    throw Error(fmt::format("insert-rows has no effect with load={}; it needs load=insert", options.text("load")));
  return options;
}

void set_tls(Address& out) {
  const Options& options = out.options;
  constexpr std::string_view kModes[] = {"disabled", "preferred", "required", "verify-ca", "verify-identity"};
  const std::string mode = options.text("ssl-mode");
  for (std::size_t i = 0; i < std::size(kModes); i++)
    if (kModes[i] == mode) out.tls = static_cast<Tls>(i);
  out.ca = options.text("ssl-ca");
  out.certificate = options.text("ssl-cert");
  out.key = options.text("ssl-key");
  if (out.tls == Tls::disabled && !(out.ca + out.certificate + out.key).empty())
    throw Error("ssl-ca, ssl-cert and ssl-key have no effect with ssl-mode=disabled");
  const bool verifies = out.tls == Tls::verify_ca || out.tls == Tls::verify_identity;
  if (!out.ca.empty() && !verifies)
    throw Error(fmt::format("ssl-ca has no effect with ssl-mode={}; expected verify-ca or verify-identity", mode));
  if (out.certificate.empty() != out.key.empty()) throw Error("ssl-cert and ssl-key belong together; one is missing");
  if (verifies && out.ca.empty()) out.ca = kSystemAuthorities;
  for (const std::string* file : {&out.ca, &out.certificate, &out.key})
    if (!file->empty() && access(file->c_str(), R_OK) != 0) throw Error(fmt::format("cannot read {}", *file));
}

void set_user(Address& out, const Authority& authority) {
  const std::map<std::string, std::string> settings = client_settings(client_file());
  const auto setting = [&](const char* name) { return settings.count(name) ? settings.at(name) : std::string(); };
  out.user = authority.user ? *authority.user : setting("user");
  if (out.user.empty()) out.user = user_of_the_system();
  if (out.options.given("password-file")) {
    if (authority.password) throw Error("the password is given twice: in the URL and by password-file");
    out.password = first_line(out.options.text("password-file"));
  } else if (authority.password) {
    out.password = *authority.password;
  } else if (const char* password = std::getenv("MYSQL_PWD"); password != nullptr) {
    out.password = password;
  } else {
    out.password = setting("password");
  }
}

}  // namespace

std::map<std::string, std::string> client_settings(const std::string& path) {
  std::map<std::string, std::string> out;
  std::ifstream file(path);
  std::string section;
  for (std::string line; std::getline(file, line);) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == '!') continue;
    if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
      continue;
    }
    if (section != "client" && section != "client-server" && section != "client-mariadb") continue;
    const std::size_t equals = std::min(line.find('='), line.size());
    std::string name = trimmed(std::string_view(line).substr(0, equals));
    std::replace(name.begin(), name.end(), '_', '-');
    out[name] = equals < line.size() ? unquoted(trimmed(std::string_view(line).substr(equals + 1))) : "";
  }
  return out;
}

Address parse_address(const TargetSpec& spec) {
  const Url url = parse_url(spec.url);
  const Authority authority = parse_authority(url);
  Address out;
  out.options = options_of(spec, url);
  out.connect_timeout = spec.connect_timeout;
  out.operation_timeout = spec.operation_timeout;
  out.socket = out.options.text("socket");
  if (!out.socket.empty() && (authority.port || (!authority.host.empty() && authority.host != "localhost")))
    throw Error(fmt::format("{}: a socket and a host are given; expected mysql://user@localhost/database?socket=PATH",
                            without_secrets(spec.url)));
  if (out.socket.empty()) out.host = authority.host.empty() ? "localhost" : authority.host;
  out.port = authority.port.value_or(3306);
  out.database = authority.path;
  if (out.database.empty() || out.database.find('/') != std::string::npos)
    throw Error(
        fmt::format("{} names no database; expected mysql://user@host:port/database", without_secrets(spec.url)));
  set_tls(out);
  set_user(out, authority);
  const std::string host = out.host.find(':') == std::string::npos ? out.host : "[" + out.host + "]";
  const std::string where = out.socket.empty() ? fmt::format("{}:{}", host, out.port) : out.socket;
  out.place = fmt::format("{}, database '{}', user '{}'", where, out.database, out.user);
  return out;
}

Result<std::shared_ptr<const ConnectionSpec>> Resolver::resolve() {
  {
    const std::lock_guard lock(mutex_);
    if (spec_ != nullptr) return spec_;
  }
  auto spec = std::make_shared<ConnectionSpec>();
  spec->address = address_;
  if (address_.socket.empty()) {
    auto found = runtime::host_addresses(address_.host, real_clock().now() + address_.connect_timeout);
    if (!found) {
      Failure& failure = found.error();
      if (failure.kind != FailureKind::cancelled)
        failure.message = fmt::format("cannot connect to the server at {}: {}", address_.place, failure.message);
      return tl::unexpected(std::move(failure));
    }
    spec->hosts = std::move(*found);
  }
  const std::lock_guard lock(mutex_);
  spec_ = spec;
  return spec_;
}

}  // namespace assay::mysql
