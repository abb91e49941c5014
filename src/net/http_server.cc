#include "net/http_server.h"

#include "base/error.h"
#include "net/http_conversation.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

namespace assay::net {
namespace {

constexpr Nanos kLastWords = std::chrono::seconds(1);

std::string name_of(const sockaddr_storage& address, socklen_t length) {
  char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace

struct HttpServer::Inner {
  struct Connection {
    Connection(Descriptor socket, TlsFiles tls) : wire(std::move(socket), std::move(tls)) {}
    Wire wire;
    Doing doing;
    std::atomic<bool> ended{false};
    bool evicted = false;  // only the accepting thread reads and writes it
    std::thread thread;
  };

  explicit Inner(ServerOptions options)
      : service{.options = std::move(options), .routes = {}, .guard = {}, .stop = {}} {}

  void accept_all();
  void accept_from(int listening);
  /// Joins the threads of connections that have ended, which closes them.
  void reap();
  /// Makes room when all places are taken. False: nobody idles.
  bool make_room();
  void converse(Connection&, const std::string& peer);
  void wake() const;
  void stop();

  Service service;
  TlsFiles tls;
  Listening listening;
  Descriptor wake_in, wake_out;  // a pipe that ends the accepting thread's poll
  std::thread acceptor;
  std::list<Connection> connections;  // of the accepting thread; of who stops it after that has ended
  std::mutex mutex;                   // with `one_ended`
  std::condition_variable one_ended;
  std::mutex stopping;
  bool out_of_descriptors = false;
};

void HttpServer::Inner::wake() const {
  const char byte = 0;
  [[maybe_unused]] const ssize_t put = write(wake_in.get(), &byte, 1);  // a full pipe wakes just as well
}

void HttpServer::Inner::reap() {
  connections.remove_if([](Connection& c) {
    if (!c.ended) return false;
    c.thread.join();
    return true;
  });
}

bool HttpServer::Inner::make_room() {
  const auto staying = std::count_if(connections.begin(), connections.end(), [](auto& c) { return !c.evicted; });
  if (static_cast<std::size_t>(staying) < service.options.most_connections) return true;
  Connection* idlest = nullptr;
  std::int64_t since = 0;
  for (Connection& c : connections) {
    const std::int64_t idle = c.doing.idle_since;
    if (c.evicted || idle == 0 || (idlest != nullptr && idle >= since)) continue;
    idlest = &c;
    since = idle;
  }
  if (idlest == nullptr) return false;
  idlest->evicted = true;
  idlest->wire.cut();
  return true;
}

void HttpServer::Inner::accept_from(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  Descriptor accepted(accept4(socket, reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (accepted.get() < 0) {
    // With no descriptor left, poll would report the waiting connection again at once: make room and wait for it.
    out_of_descriptors = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return;
  }
  reap();
  if (!make_room()) {
    constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
        "Content-Length: 34\r\n\r\n{\"error\": \"too many connections\"}\n";
    if (tls == nullptr) ::send(accepted.get(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
    return;
  }
  Connection& connection = connections.emplace_back(std::move(accepted), tls);
  try {
    connection.thread =
        std::thread([this, &connection, peer = name_of(address, length)] { converse(connection, peer); });
  } catch (const std::system_error&) {
    connections.pop_back();  // no thread to be had: the peer sees a closed connection
  }
}

void HttpServer::Inner::converse(Connection& connection, const std::string& peer) {
  try {
    Conversation(service, connection.wire, peer, connection.doing).hold();
  } catch (...) {
    // Out of memory, at worst: it ends this connection.
  }
  connection.wire.cut();  // the peer shall not wait for the reaper
  const std::lock_guard lock(mutex);
  connection.ended = true;
  one_ended.notify_all();
  wake();
}

void HttpServer::Inner::accept_all() {
  std::vector<pollfd> waited;
  for (const Descriptor& socket : listening.sockets) waited.push_back({socket.get(), POLLIN, 0});
  waited.push_back({wake_out.get(), POLLIN, 0});
  while (!service.stop.stop_requested()) {
    pollfd* const wake_entry = &waited.back();
    if (out_of_descriptors) {
      poll(wake_entry, 1, 100);
      out_of_descriptors = false;
    }
    if (poll(waited.data(), waited.size(), -1) <= 0) continue;
    if (wake_entry->revents != 0) {
      char dropped[256];
      while (read(wake_out.get(), dropped, sizeof dropped) > 0) {
      }
      reap();
    }
    for (const pollfd& one : waited)
      if (&one != wake_entry && one.revents != 0) accept_from(one.fd);
  }
}

void HttpServer::Inner::stop() {
  const std::lock_guard once(stopping);
  if (!acceptor.joinable()) return;
  service.stop.request_stop();
  wake();
  acceptor.join();
  listening.sockets.clear();  // from here on connections are refused
  for (Connection& c : connections)
    if (!c.doing.answering) c.wire.cut();
  {
    std::unique_lock lock(mutex);
    one_ended.wait_for(lock, kLastWords, [&] {
      return std::all_of(connections.begin(), connections.end(), [](const Connection& c) { return c.ended.load(); });
    });
  }
  for (Connection& c : connections) c.wire.cut();
  for (Connection& c : connections) c.thread.join();
  connections.clear();
}

HttpServer::HttpServer(ServerOptions options) : inner_(std::make_unique<Inner>(std::move(options))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::route(std::string method, std::string pattern, Handler handler) {
  ASSAY_ASSERT(!inner_->acceptor.joinable());
  inner_->service.routes.add(std::move(method), std::move(pattern), std::move(handler));
}

void HttpServer::start() {
  Inner& in = *inner_;
  ASSAY_ASSERT(!in.acceptor.joinable() && !in.service.stop.stop_requested());
  const ServerOptions& options = in.service.options;
  if (options.certificate.empty() != options.key.empty())
    throw Error("TLS takes a certificate file and a key file: only one of them was given");
  if (!options.certificate.empty()) in.tls = load_tls(options.certificate, options.key);
  in.listening = listen_at(options.listen);
  if (options.token_beyond_loopback && !in.listening.loopback && options.token.empty()) {
    in.listening = {};
    throw Error(fmt::format("'{}' can be reached from other machines: expected a token, or an address of loopback",
                            options.listen));
  }
  in.service.guard = {in.listening.loopback, options.hosts, options.token, options.open_paths};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    throw Error(fmt::format("no pipe for the HTTP server: {}", std::strerror(errno)), ExitCode::internal);
  in.wake_out = Descriptor(ends[0]);
  in.wake_in = Descriptor(ends[1]);
  in.acceptor = std::thread([&in] { in.accept_all(); });
}

std::vector<std::pair<std::string, std::string>> HttpServer::routes() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Route& route : inner_->service.routes.all()) all.emplace_back(route.method, route.pattern);
  return all;
}

std::string HttpServer::address() const {
  const std::string& listen = inner_->service.options.listen;
  const std::string host = listen.substr(0, listen.rfind(':'));
  return fmt::format("{}:{}", host.empty() ? "127.0.0.1" : host, inner_->listening.port);
}

std::string HttpServer::url() const {
  return fmt::format("{}://{}", inner_->tls == nullptr ? "http" : "https", address());
}

bool HttpServer::loopback() const { return inner_->listening.loopback; }
void HttpServer::stop() { inner_->stop(); }

}  // namespace assay::net
