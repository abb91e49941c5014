// The least that a client of libpq can do: prepared selects of one row by its key, over epoll on one thread, nothing verified,
// timed or recorded. What is left between it and pgbench is what a measuring client may cost at all when libpq speaks the
// protocol.
//
// bare_libpq URL SESSIONS SECONDS FIRST_KEY KEYS; prints how many were answered.

#include <sys/epoll.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <libpq-fe.h>
#include <random>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const char* text) {
  std::fprintf(stderr, "bare_libpq: %s\n", text);
  std::exit(1);
}

struct Sessions {
  std::vector<PGconn*> all;
  int poll = epoll_create1(0);
  std::mt19937 random{1};
  std::uniform_int_distribution<long> keys;

  void open(const char* url) {
    PGconn* const c = PQconnectdb(url);
    if (PQstatus(c) != CONNECTION_OK) fail(PQerrorMessage(c));
    PQclear(PQprepare(c, "get", "select v from assay_kv where k = $1", 0, nullptr));
    PQsetnonblocking(c, 1);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = all.size()}};
    epoll_ctl(poll, EPOLL_CTL_ADD, PQsocket(c), &event);
    all.push_back(c);
  }

  void send(PGconn* c) {
    const std::string key = std::to_string(keys(random));
    const char* const value = key.data();
    const int length = static_cast<int>(key.size()), binary = 1;
    if (PQsendQueryPrepared(c, "get", 1, &value, &length, &binary, 1) != 1) fail(PQerrorMessage(c));
  }

  /// False: the answer is not whole yet.
  bool receive(PGconn* c) const {
    if (PQconsumeInput(c) != 1) fail(PQerrorMessage(c));
    if (PQisBusy(c) != 0) return false;
    while (PGresult* const result = PQgetResult(c)) {
      if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) fail("a key was not there");
      PQclear(result);
    }
    return true;
  }
};

}  // namespace

int main(int count, char** words) {
  if (count != 6) fail("expected URL SESSIONS SECONDS FIRST_KEY KEYS");
  Sessions sessions;
  const long first = std::atol(words[4]);
  sessions.keys = std::uniform_int_distribution<long>(first, first + std::atol(words[5]) - 1);
  for (int s = std::atoi(words[2]); s > 0; s--) sessions.open(words[1]);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(words[3]));
  for (PGconn* const c : sessions.all) sessions.send(c);
  unsigned long long answered = 0;
  std::vector<epoll_event> ready(sessions.all.size());
  while (std::chrono::steady_clock::now() < end) {
    const int n = epoll_wait(sessions.poll, ready.data(), static_cast<int>(ready.size()), 1000);
    for (int i = 0; i < n; i++) {
      PGconn* const c = sessions.all[ready[static_cast<std::size_t>(i)].data.u64];
      if (!sessions.receive(c)) continue;
      answered++;
      sessions.send(c);
    }
  }
  for (PGconn* const c : sessions.all) PQfinish(c);
  std::printf("%llu\n", answered);
}
