// From a URL and options to what libpq is given; and the look-up of host names, which libpq would block in.
//
// Driver options in the URL's query are taken out, everything else is libpq's and is checked by libpq.
#pragma once

#include "base/result.h"
#include "core/driver.h"
#include "drivers/postgres/connection.h"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace assay::postgres {

extern const std::vector<OptionSpec> kOptions;

struct Address {
  std::vector<std::pair<std::string, std::string>> parameters;  // for libpq, without hosts and ports
  std::vector<std::string> hosts, addresses, ports;             // in step; several are tried in turn
  std::string place;                                            // for messages, without secrets
  Options options{kOptions};
  Nanos connect_timeout{}, operation_timeout{};
};

/// Throws Error.
Address parse_address(const TargetSpec&);

/// The address with host names looked up once, by whoever comes first; waits through runtime/wait.h. Thread-safe.
class Resolver {
 public:
  explicit Resolver(Address address) : address_(std::move(address)) {}
  const Address& address() const noexcept { return address_; }
  Result<ConnectionSpec> resolve();

 private:
  const Address address_;
  std::mutex mutex_;  // never held while waiting
  bool done_ = false;
  ConnectionSpec spec_;
};

}  // namespace assay::postgres
