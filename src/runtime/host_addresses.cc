#include "runtime/host_addresses.h"

#include "base/error.h"
#include "runtime/wait.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <unistd.h>

#include <memory>
#include <thread>

namespace assay::runtime {
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

}  // namespace

Result<std::vector<std::string>> host_addresses(const std::string& host, TimePoint deadline) {
  const auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->run(AI_NUMERICHOST);
  if (lookup->error == 0) return lookup->addresses;
  lookup->error = 0;
  std::thread([lookup] {
    lookup->run(0);
    [[maybe_unused]] const auto written = write(lookup->pipe[1], "!", 1);
  }).detach();
  switch (wait_once(lookup->pipe[0], Interest::read, deadline)) {
    case Ready::timed_out:
      return fail(FailureKind::timeout,
                  fmt::format("the name of the host '{}' was not found within the connect timeout", host));
    case Ready::cancelled:
      return fail(FailureKind::cancelled, "connecting was cancelled");
    case Ready::ready:
      break;
  }
  char mark = 0;  // the pipe also orders the thread's writes before our reads
  [[maybe_unused]] const auto got = read(lookup->pipe[0], &mark, 1);
  if (lookup->error != 0 || lookup->addresses.empty())
    return fail(FailureKind::disconnected, fmt::format("unknown host '{}': {}", host, gai_strerror(lookup->error)));
  return lookup->addresses;
}

}  // namespace assay::runtime
