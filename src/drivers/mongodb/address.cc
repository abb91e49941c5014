#include "drivers/mongodb/address.h"

#include "base/error.h"
#include "core/url.h"
#include "drivers/mongodb/library.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>

namespace assay::mongodb {

const std::vector<OptionSpec> kOptions = {
    {.name = "decimals",
     .type = OptionType::choice,
     .default_value = "decimal128",
     .help = "how decimals are stored; text: as strings, for servers without Decimal128",
     .choices = {"decimal128", "text"},
     .facet = Facet::rows},
    {.name = "password-file",
     .type = OptionType::text,
     .default_value = "",
     .help = "a file whose first line is the password of the URL's user"},
};

namespace {

constexpr std::string_view kExpected = "mongodb://user@host:27017/database";

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line))
    throw Error(fmt::format("password-file {}: cannot be read, or is empty", path));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// Ours of the URL's query; what is left is the library's.
Options options_of(const TargetSpec& spec, Url& url) {
  Options options = spec.options.table().empty() ? Options(kOptions) : spec.options;
  std::map<std::string, std::string> values;
  std::erase_if(url.query, [&](const auto& pair) {
    const auto& [name, value] = pair;
    if (options.find(name) == nullptr) return false;
    if (options.given(name) && options.text(name) != value)
      throw Error(fmt::format("the option {} is given twice", name));
    values.emplace(name, value);
    return true;
  });
  options.set_all(values);
  return options;
}

using Uri = std::unique_ptr<mongoc_uri_t, decltype(&mongoc_uri_destroy)>;

Uri parse_uri(const Url& url) {
  std::string text = url.scheme + ":" + url.rest;
  for (std::size_t i = 0; i < url.query.size(); i++)
    text += fmt::format("{}{}={}", i == 0 ? "?" : "&", url.query[i].first, percent_encoded(url.query[i].second));
  bson_error_t error{};
  const LibraryWarnings warnings;
  Uri uri(mongoc_uri_new_with_error(text.c_str(), &error), mongoc_uri_destroy);
  const std::string shown = without_secrets(url.scheme + ":" + url.rest);
  if (uri == nullptr)
    throw Error(
        fmt::format("{}: {}; expected for example {}", shown, without_possible_secrets(error.message), kExpected));
  if (!warnings.all().empty())
    throw Error(fmt::format("{}: {}; expected are the connection string options of libmongoc {} and: {}", shown,
                            without_possible_secrets(warnings.all()), MONGOC_VERSION_S, "decimals, password-file"));
  return uri;
}

void default_to(mongoc_uri_t& uri, const char* name, Nanos value) {
  if (mongoc_uri_has_option(&uri, name)) return;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(value).count();
  mongoc_uri_set_option_as_int32(&uri, name, static_cast<std::int32_t>(std::clamp<std::int64_t>(ms, 1, 1 << 30)));
}

std::string option_text(const mongoc_uri_t& uri, const char* name) {
  const char* value = mongoc_uri_get_option_as_utf8(&uri, name, "");
  return value == nullptr ? "" : value;
}

std::string readable(std::string path, const char* what) {
  if (!path.empty() && !std::ifstream(path)) throw Error(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
  return path;
}

std::string place_of(const mongoc_uri_t& uri) {
  if (const char* name = mongoc_uri_get_srv_hostname(&uri); name != nullptr) return name;
  std::string out;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(&uri); host != nullptr; host = host->next)
    out += (out.empty() ? "" : ",") + std::string(host->host_and_port);
  return out;
}

}  // namespace

Address parse_address(const TargetSpec& spec) {
  start_library();
  Url url = parse_url(spec.url);
  if (url.scheme != "mongodb" && url.scheme != "mongodb+srv")
    throw Error(
        fmt::format("{} is no URL of MongoDB; expected for example {}", without_possible_secrets(spec.url), kExpected));
  const Options options = options_of(spec, url);
  Uri uri = parse_uri(url);
  Address out;
  const char* database = mongoc_uri_get_database(uri.get());
  if (database == nullptr || *database == '\0')
    throw Error(fmt::format("{} names no database; expected for example {}", without_secrets(spec.url), kExpected));
  out.database = database;
  if (const char* user = mongoc_uri_get_username(uri.get()); user != nullptr) out.user = user;
  if (const std::string file = options.text("password-file"); !file.empty()) {
    if (out.user.empty()) throw Error("password-file has no effect without a user in the URL");
    if (mongoc_uri_get_password(uri.get()) != nullptr) throw Error("the password is in the URL and in password-file");
    mongoc_uri_set_password(uri.get(), first_line(file).c_str());
  }
  const mongoc_write_concern_t* concern = mongoc_uri_get_write_concern(uri.get());
  if (!mongoc_write_concern_is_acknowledged(concern))
    throw Error("w=0: what the server does not acknowledge cannot be measured nor relied upon; expected w=1 or more");
  out.own_write_concern = !mongoc_write_concern_is_default(concern);
  out.place = place_of(*uri);
  out.tls = mongoc_uri_get_tls(uri.get());
  out.tls_ca = readable(option_text(*uri, MONGOC_URI_TLSCAFILE), "tlsCAFile");
  out.tls_certificate = readable(option_text(*uri, MONGOC_URI_TLSCERTIFICATEKEYFILE), "tlsCertificateKeyFile");
  out.tls_certificate_password = option_text(*uri, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD);
  const bool insecure = mongoc_uri_get_option_as_bool(uri.get(), MONGOC_URI_TLSINSECURE, false);
  out.tls_any_certificate =
      insecure || mongoc_uri_get_option_as_bool(uri.get(), MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, false);
  out.tls_any_name = insecure || mongoc_uri_get_option_as_bool(uri.get(), MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, false);
  out.decimals = options.text("decimals") == "text" ? Decimals::text : Decimals::decimal128;
  out.connect_timeout = spec.connect_timeout;
  out.operation_timeout = spec.operation_timeout;
  // Wire's deadlines end connecting and operations before the library's own time-outs do, unless the URL asks for less.
  default_to(*uri, MONGOC_URI_CONNECTTIMEOUTMS, spec.connect_timeout + std::chrono::seconds(1));
  default_to(*uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, spec.connect_timeout + std::chrono::seconds(1));
  default_to(*uri, MONGOC_URI_SOCKETTIMEOUTMS, std::chrono::hours(24));
  // Retries are assay's, where they are counted.
  for (const char* name : {MONGOC_URI_RETRYWRITES, MONGOC_URI_RETRYREADS})
    if (!mongoc_uri_has_option(uri.get(), name)) mongoc_uri_set_option_as_bool(uri.get(), name, false);
  out.uri = std::shared_ptr<mongoc_uri_t>(uri.release(), mongoc_uri_destroy);
  return out;
}

}  // namespace assay::mongodb
