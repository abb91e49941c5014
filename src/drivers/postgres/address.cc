#include "drivers/postgres/address.h"

#include "base/error.h"
#include "base/units.h"
#include "core/url.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <libpq-fe.h>
#include <map>
#include <memory>

namespace assay::postgres {

const std::vector<OptionSpec> kOptions = {
    {.name = "pipeline",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "send batched statements in one round trip; false: one round trip for each"},
    {.name = "exchange",
     .type = OptionType::choice,
     .default_value = "auto",
     .help = "who speaks the protocol for prepared statements: assay where it can (not over TLS), or libpq always",
     .choices = {"auto", "libpq"}},
    {.name = "load",
     .type = OptionType::choice,
     .default_value = "copy",
     .help = "how tables are loaded: binary COPY, or multi-row INSERT; not of kv, which has no tables",
     .choices = {"copy", "insert"},
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
     .help = "the server ends a statement after this time; 0: the server's own setting",
     .min = 0},
    {.name = "lock-timeout",
     .type = OptionType::duration,
     .default_value = "0",
     .help = "the server gives up waiting for a lock after this time; 0: the server's own setting",
     .min = 0},
    {.name = "application-name",
     .type = OptionType::text,
     .default_value = "assay",
     .help = "the name of our sessions in pg_stat_activity"},
    {.name = "password-file",
     .type = OptionType::text,
     .default_value = "",
     .help = "a file whose first line is the password (else: PGPASSWORD, ~/.pgpass)"},
};

namespace {

using Parameters = std::map<std::string, std::string>;

bool is_option(std::string_view name) {
  return std::any_of(kOptions.begin(), kOptions.end(), [&](const OptionSpec& spec) { return spec.name == name; });
}

/// Takes our options out of the URL's query.
std::string without_options(const std::string& url, const Options& given, Options& options) {
  const std::size_t mark = url.find('?');
  if (mark == std::string::npos) return url;
  std::string rest;
  std::map<std::string, std::string> ours;
  std::string_view query = std::string_view(url).substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = percent_decoded(pair.substr(0, equals));
    if (!is_option(name)) {
      rest += (rest.empty() ? "?" : "&") + std::string(pair);
      continue;
    }
    if (equals == pair.size()) throw Error(fmt::format("the URL gives the option {} without a value", name));
    if (!ours.emplace(name, percent_decoded(pair.substr(equals + 1))).second ||
        (given.given(name) && given.text(name) != ours[name]))
      throw Error(fmt::format("the option {} is given twice", name));
  }
  options.set_all(ours);
  if (options.given("insert-rows") && options.text("load") != "insert")
    throw Error("insert-rows has no effect with load=copy; it needs load=insert");
  return url.substr(0, mark) + rest;
}

Parameters parse_by_libpq(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(url.c_str(), &message),
                                                                            PQconninfoFree);
  if (!parsed) {
    std::string text = message == nullptr ? "no memory" : message;
    PQfreemem(message);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    // libpq repeats what it did not understand, which may be the password or all of the URL.
    if (!secrets_in(url).empty()) text = text.substr(0, text.find(": \""));
    std::vector<std::string_view> names;
    names.reserve(std::size(kOptions));
    for (const OptionSpec& spec : kOptions) names.push_back(spec.name);
    throw Error(fmt::format("{}: {}; expected postgres://user@host:port/database, with parameters of libpq or {}",
                            without_secrets(url), text, fmt::join(names, ", ")));
  }
  Parameters out;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; option++)
    if (option->val != nullptr) out[option->keyword] = option->val;
  return out;
}

/// What libpq would take from the environment and its own defaults.
Parameters defaults() {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> all(PQconndefaults(), PQconninfoFree);
  Parameters out;
  for (const PQconninfoOption* option = all.get(); option != nullptr && option->keyword != nullptr; option++)
    if (option->val != nullptr) out[option->keyword] = option->val;
  return out;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out(1);
  for (const char c : list) {
    if (c == ',')
      out.emplace_back();
    else
      out.back() += c;
  }
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

void add_server_settings(const Options& options, const Parameters& fallback, Parameters& parameters) {
  std::string& text = parameters["options"];
  if (text.empty() && fallback.count("options")) text = fallback.at("options");
  const auto add = [&](const char* setting, std::string_view option) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(options.duration(option)).count();
    if (options.duration(option) > Nanos(0))
      text += fmt::format("{}-c {}={}", text.empty() ? "" : " ", setting, std::max<std::int64_t>(ms, 1));
  };
  add("statement_timeout", "statement-timeout");
  add("lock_timeout", "lock-timeout");
  if (text.empty()) parameters.erase("options");
}

void set_hosts(Address& out, Parameters& parameters, const Parameters& fallback) {
  const auto take = [&](const std::string& name) {
    const auto found = parameters.find(name);
    std::string value = found != parameters.end() ? found->second : fallback.count(name) ? fallback.at(name) : "";
    parameters.erase(name);
    return value;
  };
  const std::string host = take("host"), address = take("hostaddr"), port = take("port");
  out.hosts = split(host);
  out.addresses = split(address);
  out.ports = split(port);
  for (std::string& one : out.ports)
    if (one.empty()) one = "5432";
  const std::size_t n = std::max(out.hosts.size(), out.addresses.size());
  const auto fits = [n](std::size_t size) { return size == n || size == 1; };
  if (!fits(out.hosts.size()) || !fits(out.addresses.size()) || !fits(out.ports.size()))
    throw Error(fmt::format("the URL has {} hosts, {} hostaddr and {} ports; expected as many of each, or one port",
                            out.hosts.size(), out.addresses.size(), out.ports.size()));
  for (const std::string& one : out.ports) parse_port(one);
  out.hosts.resize(n, host.empty() ? "" : out.hosts[0]);
  out.addresses.resize(n);
  out.ports.resize(n, out.ports[0]);
}

}  // namespace

Address parse_address(const TargetSpec& spec) {
  Address out;
  out.options = spec.options.table().empty() ? Options(kOptions) : spec.options;
  Parameters parameters = parse_by_libpq(without_options(spec.url, spec.options, out.options));
  require_effect(out.options, spec);
  const Parameters fallback = defaults();
  out.connect_timeout = spec.connect_timeout;
  out.operation_timeout = spec.operation_timeout;
  if (const auto given = parameters.find("connect_timeout"); given != parameters.end()) {
    out.connect_timeout = std::chrono::seconds(parse_count(given->second));
    parameters.erase(given);
  }
  if (const auto given = parameters.find("client_encoding"); given != parameters.end() && given->second != "UTF8")
    throw Error(fmt::format("client_encoding is {}; this driver speaks UTF8 only", given->second));
  parameters["client_encoding"] = "UTF8";
  if (!parameters.count("application_name") || out.options.given("application-name"))
    parameters["application_name"] = out.options.text("application-name");
  if (!parameters.count("gssencmode") && std::getenv("PGGSSENCMODE") == nullptr) parameters["gssencmode"] = "disable";
  if (out.options.given("password-file")) {
    if (parameters.count("password")) throw Error("the password is given twice: in the URL and by password-file");
    parameters["password"] = password_in(out.options.text("password-file"));
  }
  add_server_settings(out.options, fallback, parameters);
  const bool service = parameters.count("service") != 0;  // then libpq reads host and port from its service file
  if (!service) set_hosts(out, parameters, fallback);
  const auto shown = [&](const std::string& name) {
    return parameters.count(name) ? parameters.at(name) : fallback.count(name) ? fallback.at(name) : "";
  };
  const std::string user = shown("user"), database = shown("dbname");
  std::string places;
  for (std::size_t i = 0; i < out.hosts.size(); i++) {
    const std::string& name = out.hosts[i].empty() ? out.addresses[i] : out.hosts[i];
    places += fmt::format("{}{}:{}", i ? "," : "", name.empty() ? "(local socket)" : name, out.ports[i]);
  }
  out.place = fmt::format("{}, database '{}', user '{}'", service ? "service " + parameters.at("service") : places,
                          database.empty() ? user : database, user);
  out.parameters.assign(parameters.begin(), parameters.end());
  return out;
}

}  // namespace assay::postgres
