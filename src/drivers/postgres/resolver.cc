#include "drivers/postgres/address.h"
#include "runtime/host_addresses.h"

#include <fmt/format.h>

#include <optional>

namespace assay::postgres {

Result<ConnectionSpec> Resolver::resolve() {
  {
    const std::lock_guard lock(mutex_);
    if (done_) return spec_;
  }
  const TimePoint deadline = real_clock().now() + address_.connect_timeout;
  ConnectionSpec spec{address_.parameters, {}, address_.place, address_.connect_timeout, address_.operation_timeout};
  std::optional<Failure> unknown;
  for (std::size_t i = 0; i < address_.hosts.size(); i++) {
    const std::string& host = address_.hosts[i];
    std::vector<std::string> found = {address_.addresses[i]};
    const bool socket = host.empty() || host[0] == '/' || host[0] == '@';
    if (found[0].empty() && !socket) {
      auto looked_up = runtime::host_addresses(host, deadline);
      if (!looked_up) {
        unknown = std::move(looked_up.error());
        if (unknown->kind == FailureKind::cancelled) return tl::unexpected(*std::move(unknown));
        unknown->message = fmt::format("cannot connect to PostgreSQL at {}: {}", address_.place, unknown->message);
        continue;  // another one may do
      }
      found = std::move(*looked_up);
    }
    for (const std::string& address : found) spec.endpoints.push_back({host, address, address_.ports[i]});
  }
  if (unknown) {  // asked again next time
    if (spec.endpoints.empty()) return tl::unexpected(*std::move(unknown));
    return spec;
  }
  const std::lock_guard lock(mutex_);
  spec_ = spec;
  done_ = true;
  return spec;
}

}  // namespace assay::postgres
