// From a URL (mongodb:// or mongodb+srv://) and options to what a connection needs. What stands in the URL and is not in our
// table of options is libmongoc's, by its own names (authSource, replicaSet, tls, readPreference, w, …); what it does not know
// is an error here, where the library would only warn.
//
// The password comes from the URL or the option password-file.
#pragma once

#include "core/driver.h"

#include <memory>
#include <string>

struct _mongoc_uri_t;  // NOLINT(bugprone-reserved-identifier): libmongoc's name

namespace assay::mongodb {

extern const std::vector<OptionSpec> kOptions;

/// How a decimal is stored.
enum class Decimals : std::uint8_t { decimal128, text };

/// Shared by the connections of a target, which only read it.
struct Address {
  std::shared_ptr<const _mongoc_uri_t> uri;
  std::string database, user;
  std::string place;  // for messages, without secrets: "127.0.0.1:27017"
  std::string tls_ca, tls_certificate, tls_certificate_password;
  bool tls = false, tls_any_certificate = false, tls_any_name = false;
  bool own_write_concern = false;  // the URL says w or journal
  Decimals decimals = Decimals::decimal128;
  Nanos connect_timeout{}, operation_timeout{};
};

/// Throws Error.
Address parse_address(const TargetSpec&);

}  // namespace assay::mongodb
