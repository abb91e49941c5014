#include "drivers/neo4j/address.h"

#include "base/error.h"
#include "core/url.h"
#include "runtime/host_addresses.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

namespace assay::neo4j {

const std::vector<OptionSpec> kOptions = {
    {.name = "unwind-rows",
     .type = OptionType::count,
     .default_value = "1000",
     .help = "rows that one UNWIND statement writes; a batch of more is several statements of one transaction",
     .min = 1,
     .max = 100'000,
     .facet = Facet::rows},
    {.name = "statement-timeout",
     .type = OptionType::duration,
     .default_value = "0",
     .help = "the server ends a transaction after this time, in whole milliseconds; 0: the server's own setting",
     .min = 0},
    {.name = "ssl-ca",
     .type = OptionType::text,
     .default_value = "",
     .help = "file with the authorities that are trusted with bolt+s and neo4j+s; without it the system's"},
    {.name = "password-file",
     .type = OptionType::text,
     .default_value = "",
     .help = "a file whose first line is the password (else: NEO4J_PASSWORD)"},
};

namespace {

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
  return options;
}

Tls tls_of(const std::string& scheme) {
  return scheme.ends_with("+s") ? Tls::verified : scheme.ends_with("+ssc") ? Tls::any_certificate : Tls::off;
}

void set_user(Address& out, const Authority& authority) {
  out.user = authority.user;
  if (out.options.given("password-file")) {
    if (authority.password) throw Error("the password is given twice: in the URL and by password-file");
    out.password = first_line(out.options.text("password-file"));
  } else if (authority.password) {
    out.password = *authority.password;
  } else if (const char* const password = std::getenv("NEO4J_PASSWORD"); password != nullptr) {
    out.password = password;
  }
  if (!out.user && !out.password.empty()) out.user = "neo4j";
}

}  // namespace

Address parse_address(const TargetSpec& spec) {
  const Url url = parse_url(spec.url);
  const Authority authority = parse_authority(url);
  Address out;
  out.options = options_of(spec, url);
  out.connect_timeout = spec.connect_timeout;
  out.operation_timeout = spec.operation_timeout;
  out.host = authority.host.empty() ? "localhost" : authority.host;
  out.port = authority.port.value_or(7687);
  out.database = authority.path;
  if (out.database.find('/') != std::string::npos)
    throw Error(fmt::format("{}: '{}' is no database; expected {}://user@host:port/database", without_secrets(spec.url),
                            out.database, url.scheme));
  out.tls = tls_of(url.scheme);
  out.authorities = out.options.text("ssl-ca");
  if (!out.authorities.empty() && out.tls != Tls::verified)
    throw Error(fmt::format("ssl-ca has no effect with {0}://; expected bolt+s:// or neo4j+s://", url.scheme));
  if (!out.authorities.empty() && access(out.authorities.c_str(), R_OK) != 0)
    throw Error(fmt::format("cannot read {}", out.authorities));
  set_user(out, authority);
  const std::string host = out.host.find(':') == std::string::npos ? out.host : "[" + out.host + "]";
  out.place = fmt::format("{}:{}", host, out.port);
  if (!out.database.empty()) out.place += fmt::format(", database '{}'", out.database);
  if (out.user) out.place += fmt::format(", user '{}'", *out.user);
  return out;
}

Result<std::shared_ptr<const ConnectionSpec>> Resolver::resolve() {
  {
    const std::lock_guard lock(mutex_);
    if (spec_ != nullptr) return spec_;
  }
  auto spec = std::make_shared<ConnectionSpec>();
  spec->address = address_;
  auto found = runtime::host_addresses(address_.host, real_clock().now() + address_.connect_timeout);
  if (!found) {
    Failure& failure = found.error();
    if (failure.kind != FailureKind::cancelled)
      failure.message = fmt::format("cannot connect to the server at {}: {}", address_.place, failure.message);
    return tl::unexpected(std::move(failure));
  }
  spec->hosts = std::move(*found);
  const std::lock_guard lock(mutex_);
  spec_ = spec;
  return spec_;
}

}  // namespace assay::neo4j
