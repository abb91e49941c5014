// The least that any client can do: prepared selects of one row by its key, messages of the protocol made beforehand and
// handed to io_uring, whose answers are only looked at for their end. Nothing is verified, timed or recorded. What is left
// between it and a measuring client is what that may cost at all; its throughput is what no client exceeds by much.
//
// bare_ring URL SESSIONS SECONDS FIRST_KEY KEYS; prints how many were answered. Keys have nine digits.

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <libpq-fe.h>
#include <random>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const char* text) {
  std::fprintf(stderr, "bare_ring: %s\n", text);
  std::exit(1);
}

void put(std::string& out, long number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

constexpr std::size_t kKeySize = 9;

struct Session {
  PGconn* connection = nullptr;
  std::string request;  // Bind, Execute, Sync: PostgreSQL's documentation, Message Formats
  std::size_t key = 0;  // where in it
  std::array<char, 4096> answer{};
  std::size_t size = 0;

  explicit Session(const char* url) : connection(PQconnectdb(url)) {
    if (PQstatus(connection) != CONNECTION_OK) fail(PQerrorMessage(connection));
    PQclear(PQprepare(connection, "g", "select v from assay_kv where k = $1", 0, nullptr));
    std::string bind = std::string(1, 0) + "g" + std::string(1, 0);  // portal, statement
    put(bind, 1, 2);                                                 // one format of parameters: binary
    put(bind, 1, 2);
    put(bind, 1, 2);  // one parameter
    put(bind, kKeySize, 4);
    const std::size_t at = bind.size();
    bind += std::string(kKeySize, '0');
    put(bind, 1, 2);  // one format of columns: binary
    put(bind, 1, 2);
    request = "B";
    put(request, static_cast<long>(bind.size() + 4), 4);
    key = request.size() + at;
    request += bind + "E";
    put(request, 9, 4);
    request += '\0';
    put(request, 0, 4);  // all rows
    request += "S";
    put(request, 4, 4);
  }
  /// A ReadyForQuery is the last that comes, and six bytes long; a select that found its row has one before it that is longer.
  bool whole() const { return size > 60 && answer[size - 6] == 'Z'; }
};

}  // namespace

int main(int count, char** words) {
  if (count != 6) fail("expected URL SESSIONS SECONDS FIRST_KEY KEYS");
  std::vector<Session> sessions;
  for (int s = std::atoi(words[2]); s > 0; s--) sessions.emplace_back(words[1]);
  const long first = std::atol(words[4]);
  std::mt19937 random{1};
  std::uniform_int_distribution<long> keys(first, first + std::atol(words[5]) - 1);
  io_uring ring{};
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  if (io_uring_queue_init_params(1024, &ring, &parameters) != 0) fail("no io_uring here");
  io_uring_register_ring_fd(&ring);
  const auto receive = [&](Session& session) {
    io_uring_sqe* const request = io_uring_get_sqe(&ring);
    io_uring_prep_recv(request, PQsocket(session.connection), session.answer.data() + session.size,
                       session.answer.size() - session.size, 0);
    request->ioprio |= IORING_RECVSEND_POLL_FIRST;
    io_uring_sqe_set_data(request, &session);
  };
  const auto ask = [&](Session& session) {
    const std::string key = std::to_string(keys(random));
    if (key.size() != kKeySize) fail("expected keys of nine digits");
    std::memcpy(session.request.data() + session.key, key.data(), kKeySize);
    session.size = 0;
    io_uring_sqe* const request = io_uring_get_sqe(&ring);
    io_uring_prep_send(request, PQsocket(session.connection), session.request.data(), session.request.size(),
                       MSG_NOSIGNAL | MSG_WAITALL);
    request->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data(request, nullptr);
    receive(session);
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(words[3]));
  for (Session& session : sessions) ask(session);
  unsigned long long answered = 0;
  while (std::chrono::steady_clock::now() < end) {
    if (const int n = io_uring_submit_and_wait(&ring, 1); n < 0 && n != -EINTR) fail(std::strerror(-n));
    unsigned head = 0, seen = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring, head, completion) {
      seen++;
      Session* const session = static_cast<Session*>(io_uring_cqe_get_data(completion));
      if (completion->res <= 0 || session == nullptr) fail("the connection was lost");
      session->size += static_cast<std::size_t>(completion->res);
      if (session->answer[0] != '2') fail("an answer that was not expected");
      if (!session->whole()) {
        if (session->size == session->answer.size()) fail("an answer that was too long");
        receive(*session);
        continue;
      }
      answered++;
      ask(*session);
    }
    io_uring_cq_advance(&ring, seen);
  }
  std::printf("%llu\n", answered);
}
