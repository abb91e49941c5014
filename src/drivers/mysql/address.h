// From a URL, options and what the user has set up for MySQL's own clients to what a connection needs; and the look-up of
// the host's name, which the client library would block in.
//
// The password comes from the first of: the URL, the option password-file, MYSQL_PWD, the section [client] of ~/.my.cnf
// (or of the file that MYSQL_HOME names the folder of). The user comes from the URL, ~/.my.cnf, or is the one of the system.
#pragma once

#include "base/result.h"
#include "core/driver.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::mysql {

extern const std::vector<OptionSpec> kOptions;

enum class Tls { disabled, preferred, required, verify_ca, verify_identity };

struct Address {
  std::string host, socket;  // one of them; a socket is a path
  unsigned port = 3306;
  std::string user, password, database;
  Tls tls = Tls::preferred;
  std::string ca, certificate, key;  // files, or ""
  std::string place;                 // for messages, without secrets
  Options options{kOptions};
  Nanos connect_timeout{}, operation_timeout{};
};

/// Throws Error.
Address parse_address(const TargetSpec&);
/// The settings in the sections [client], [client-server] and [client-mariadb] of a file of MySQL's clients; names with '-'
/// for '_'. A later one wins. No file, or one that cannot be read: none.
std::map<std::string, std::string> client_settings(const std::string& path);

/// All that Connection::open needs. Shared by the connections of a target.
struct ConnectionSpec {
  Address address;
  std::vector<std::string> hosts;  // numeric, tried in turn; empty with a socket
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

}  // namespace assay::mysql
