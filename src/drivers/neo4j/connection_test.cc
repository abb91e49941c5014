// Peers that are no Neo4j, or one that has lost its mind: what they send is bytes of the tests' own.
#include "drivers/neo4j/connection.h"

#include "drivers/neo4j/neo4j.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace assay::neo4j {
namespace {

using ::testing::HasSubstr;

/// Accepts one connection, and says each text after it has read something.
class Peer {
 public:
  explicit Peer(std::vector<std::string> says) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&own), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size);
    port_ = ntohs(own.sin_port);
    thread_ = std::jthread([this, says = std::move(says)] {
      const int peer = accept(listener_, nullptr, nullptr);
      char heard[65536];
      for (const std::string& text : says) {
        if (recv(peer, heard, sizeof heard, 0) <= 0) break;
        EXPECT_EQ(send(peer, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
      }
      close(peer);
    });
  }
  ~Peer() {
    thread_.join();
    close(listener_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  Failure failure() const {
    const auto target = neo4j_driver().open({.url = "bolt://u:p@127.0.0.1:" + std::to_string(port_),
                                             .options = Options(kOptions),
                                             .connect_timeout = std::chrono::seconds(20)});
    const auto connected = target->connect();
    return connected ? Failure{} : connected.error();
  }

 private:
  int listener_;
  unsigned port_ = 0;
  std::jthread thread_;
};

const std::string kBolt54("\0\0\4\5", 4);

TEST(Neo4jConnection, SaysWhatAnswersThere) {
  const struct {
    std::vector<std::string> says;
    FailureKind kind;
    const char* message;
  } kCases[] = {
      {{"HTTP/1.1 400 Bad Request\r\n\r\n"}, FailureKind::rejected, "speaks HTTP, not Bolt"},
      {{std::string(4, '\0')}, FailureKind::rejected, "no version of Bolt from 5.1 to 5.4"},
      {{"220 mail.example ESMTP\r\n"}, FailureKind::rejected, "does not speak Bolt"},
      {{std::string("\0\0\5\5", 4)}, FailureKind::rejected, "does not speak Bolt"},  // we did not offer 5.5
      {{""}, FailureKind::disconnected, "closed the connection"},
      {{kBolt54, ""}, FailureKind::disconnected, "closed the connection"},
      {{kBolt54, std::string("\0\3abc\0\0", 7)}, FailureKind::disconnected, "not Bolt"},
      {{kBolt54, std::string("\0\2\xB1\x70\0\0", 6)}, FailureKind::disconnected, "not Bolt"},  // cut off
      {{kBolt54, std::string("\0\1\x01\0\0", 5)}, FailureKind::disconnected, "not Bolt"},      // a number
  };
  for (const auto& c : kCases) {
    const Failure failure = Peer(c.says).failure();
    EXPECT_EQ(to_string(failure.kind), to_string(c.kind)) << c.message;
    EXPECT_THAT(failure.message, HasSubstr(c.message));
    EXPECT_THAT(failure.message, HasSubstr("cannot connect to the server at 127.0.0.1:"));
    EXPECT_FALSE(failure.in_doubt);
  }
}

TEST(Neo4jConnection, SkipsSignsOfLifeAndPutsChunksTogether) {
  // FAILURE {code: "Neo.ClientError.Security.Unauthorized", message: "no"} in two chunks, behind two empty ones.
  std::string body;
  Packer packer(body);
  packer.structure(0x7F, 1);
  packer.map(2);
  packer.pair("code", "Neo.ClientError.Security.Unauthorized");
  packer.pair("message", "no");
  const auto chunk = [](std::string_view text) {
    return std::string{static_cast<char>(text.size() >> 8), static_cast<char>(text.size())} + std::string(text);
  };
  const std::string_view whole = body;
  const Failure failure =
      Peer({kBolt54, std::string(4, '\0') + chunk(whole.substr(0, 5)) + chunk(whole.substr(5)) + std::string(2, '\0')})
          .failure();
  EXPECT_EQ(failure.kind, FailureKind::rejected);
  EXPECT_EQ(failure.native_code, "Neo.ClientError.Security.Unauthorized");
  EXPECT_THAT(failure.message, HasSubstr("user 'u': no"));
}

}  // namespace
}  // namespace assay::neo4j
