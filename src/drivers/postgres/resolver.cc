#include "base/error.h"
#include "drivers/postgres/address.h"
#include "runtime/wait.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <unistd.h>

#include <memory>
#include <thread>

namespace assay::postgres {
namespace {

/// Shared by the thread that looks up and whoever waits for it: either may be the last.
struct Lookup {
  std::string host;
  int error = 0;
  std::vector<std::string> addresses;
  int pipe[2] = {-1, -1};  // becomes readable when the answer is there

  Lookup() {
    if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0)
      throw Error("cannot make a pipe: is the limit of open files reached?", ExitCode::internal);
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    close(pipe[0]);
    close(pipe[1]);
  }

  void run(int flags) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    for (const addrinfo* a = found; error == 0 && a != nullptr; a = a->ai_next) {
      char text[NI_MAXHOST];
      if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
        addresses.emplace_back(text);
    }
    if (found != nullptr) freeaddrinfo(found);
  }
};

/// The numeric addresses of a host. getaddrinfo cannot be made to wait as a fiber does, so a thread calls it.
Result<std::vector<std::string>> look_up(const std::string& host, const std::string& place, TimePoint deadline) {
  const auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->run(AI_NUMERICHOST);
  if (lookup->error == 0) return lookup->addresses;
  lookup->error = 0;
  std::thread([lookup] {
    lookup->run(0);
    [[maybe_unused]] const auto written = write(lookup->pipe[1], "!", 1);
  }).detach();
  switch (runtime::wait_once(lookup->pipe[0], runtime::Interest::read, deadline)) {
    case runtime::Ready::timed_out:
      return fail(FailureKind::timeout, fmt::format("cannot connect to PostgreSQL at {}: the name of the host '{}' "
                                                    "was not found within the connect timeout",
                                                    place, host));
    case runtime::Ready::cancelled:
      return fail(FailureKind::cancelled, "connecting was cancelled");
    case runtime::Ready::ready:
      break;
  }
  char mark = 0;  // the pipe also orders the thread's writes before our reads
  [[maybe_unused]] const auto got = read(lookup->pipe[0], &mark, 1);
  if (lookup->error != 0 || lookup->addresses.empty())
    return fail(FailureKind::disconnected, fmt::format("cannot connect to PostgreSQL at {}: unknown host '{}': {}",
                                                       place, host, gai_strerror(lookup->error)));
  return lookup->addresses;
}

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
      auto looked_up = look_up(host, address_.place, deadline);
      if (!looked_up) return tl::unexpected(std::move(looked_up.error()));
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
