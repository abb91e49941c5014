// The least that any client can do: prepared selects of one row by its key, messages of the protocol made beforehand and
// handed to io_uring, whose answers are only looked at for their end. Nothing is verified, timed or recorded. What is left
// between it and a measuring client is what that may cost at all; its throughput is what no client exceeds by much.
//
// bare_ring URL SESSIONS SECONDS FIRST_KEY KEYS; prints how many were answered. Keys have nine digits.

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
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
};

/// A ReadyForQuery is the last that comes, and six bytes long; a select that found its row has one before it that is longer.
bool whole(const char* answer, std::size_t size) { return size > 60 && answer[0] == '2' && answer[size - 6] == 'Z'; }

// Memory of the ring, in which what comes is received: so many pieces of so many bytes.
constexpr unsigned kPieces = 128, kPieceSize = 4096 + 64;
alignas(4096) std::array<char, 4096> pieces_of_kernel;
std::array<char, std::size_t{kPieces} * kPieceSize> memory;

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
  auto* const pieces = reinterpret_cast<io_uring_buf_ring*>(pieces_of_kernel.data());
  const auto piece = [](unsigned i) { return memory.data() + std::size_t{i} * kPieceSize; };
  const auto give = [&](unsigned i) {
    io_uring_buf_ring_add(pieces, piece(i), kPieceSize, static_cast<unsigned short>(i), io_uring_buf_ring_mask(kPieces),
                          0);
    io_uring_buf_ring_advance(pieces, 1);
  };
  io_uring_buf_reg registered{};
  registered.ring_addr = reinterpret_cast<std::uintptr_t>(pieces);
  registered.ring_entries = kPieces;
  if (io_uring_register_buf_ring(&ring, &registered, 0) != 0) fail("the ring takes no memory");
  io_uring_buf_ring_init(pieces);
  for (unsigned i = 0; i < kPieces; i++) give(i);
  const auto receive = [&](Session& session) {  // from now on, all that comes
    io_uring_sqe* const request = io_uring_get_sqe(&ring);
    io_uring_prep_recv_multishot(request, PQsocket(session.connection), nullptr, 0, 0);
    request->flags |= IOSQE_BUFFER_SELECT;
    io_uring_sqe_set_data(request, &session);
  };
  const auto ask = [&](Session& session) {
    const std::string key = std::to_string(keys(random));
    if (key.size() != kKeySize) fail("expected keys of nine digits");
    std::memcpy(session.request.data() + session.key, key.data(), kKeySize);
    io_uring_sqe* const request = io_uring_get_sqe(&ring);
    io_uring_prep_send(request, PQsocket(session.connection), session.request.data(), session.request.size(),
                       MSG_NOSIGNAL | MSG_WAITALL);
    request->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data(request, nullptr);
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(words[3]));
  for (Session& session : sessions) {
    receive(session);
    ask(session);
  }
  unsigned long long answered = 0;
  while (std::chrono::steady_clock::now() < end) {
    if (const int n = io_uring_submit_and_wait(&ring, 1); n < 0 && n != -EINTR) fail(std::strerror(-n));
    unsigned head = 0, seen = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring, head, completion) {
      seen++;
      Session* const session = static_cast<Session*>(io_uring_cqe_get_data(completion));
      if (session == nullptr || (completion->flags & IORING_CQE_F_BUFFER) == 0) fail("the connection was lost");
      const unsigned i = completion->flags >> IORING_CQE_BUFFER_SHIFT;
      if (!whole(piece(i), static_cast<std::size_t>(completion->res))) fail("an answer that was not expected");
      give(i);
      if ((completion->flags & IORING_CQE_F_MORE) == 0) receive(*session);
      answered++;
      ask(*session);
    }
    io_uring_cq_advance(&ring, seen);
  }
  std::printf("%llu\n", answered);
}
