#include "drivers/postgres/address.h"
#include "runtime/host_addresses.h"

#include <fmt/format.h>

namespace assay::postgres {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); i++) out += (i ? "," : "") + list[i];
  return out;
}

}  // namespace

Result<ConnectionSpec> Resolver::resolve() {
  {
    const std::lock_guard lock(mutex_);
    if (done_) return spec_;
  }
  const TimePoint deadline = real_clock().now() + address_.connect_timeout;
  std::vector<std::string> hosts, addresses, ports;
  for (std::size_t i = 0; i < address_.hosts.size(); i++) {
    const std::string& host = address_.hosts[i];
    std::vector<std::string> found = {address_.addresses[i]};
    const bool socket = host.empty() || host[0] == '/' || host[0] == '@';
    if (found[0].empty() && !socket) {
      auto looked_up = runtime::host_addresses(host, deadline);
      if (!looked_up) {
        Failure& failure = looked_up.error();
        if (failure.kind != FailureKind::cancelled)
          failure.message = fmt::format("cannot connect to PostgreSQL at {}: {}", address_.place, failure.message);
        return tl::unexpected(std::move(failure));
      }
      found = std::move(*looked_up);
    }
    for (const std::string& address : found) {
      hosts.push_back(host);
      addresses.push_back(address);
      ports.push_back(address_.ports[i]);
    }
  }
  ConnectionSpec spec{address_.parameters, address_.place, address_.connect_timeout, address_.operation_timeout};
  if (!hosts.empty()) {
    spec.parameters.emplace_back("host", joined(hosts));
    spec.parameters.emplace_back("hostaddr", joined(addresses));
    spec.parameters.emplace_back("port", joined(ports));
  }
  const std::lock_guard lock(mutex_);
  spec_ = spec;
  done_ = true;
  return spec;
}

}  // namespace assay::postgres
