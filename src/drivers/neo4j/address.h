// Where a Neo4j server is and who we are to it: the URL and the options of a target, and the host's addresses.
//
// bolt:// and neo4j:// are plain, +s is TLS with the certificate verified against the authorities and the host's name, +ssc
// is TLS with any certificate. neo4j:// too speaks with the server that it names and no other: there is no routing table.
// Mistakes throw Error; messages show no password.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "core/driver.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay::neo4j {

extern const std::vector<OptionSpec> kOptions;

enum class Tls { off, verified, any_certificate };

struct Address {
  std::string host;  // as given; an IPv6 address without its brackets
  unsigned port = 7687;
  std::string database;             // "": the server's default
  std::optional<std::string> user;  // none: no authentication
  std::string password;
  Tls tls = Tls::off;
  std::string authorities;  // file; "": the system's
  Options options{kOptions};
  Nanos connect_timeout{}, operation_timeout{};
  std::string place;  // "127.0.0.1:7687, database 'neo4j', user 'neo4j'": for messages
};
Address parse_address(const TargetSpec&);

/// All that a connection needs. Shared by the connections of a target.
struct ConnectionSpec {
  Address address;
  std::vector<std::string> hosts;  // numeric, tried in turn
};

/// The address with its host looked up once, by whoever comes first; waits through runtime/wait.h. Thread-safe.
class Resolver {
 public:
  explicit Resolver(Address address) : address_(std::move(address)) {}
  const Address& address() const noexcept { return address_; }
  Result<std::shared_ptr<const ConnectionSpec>> resolve();

 private:
  const Address address_;
  std::mutex mutex_;  // never held while waiting
  std::shared_ptr<const ConnectionSpec> spec_;
};

}  // namespace assay::neo4j
