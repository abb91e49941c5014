// The server and the client over TLS, with certificates of the test's own.
#include "base/error.h"
#include "net/http_client.h"
#include "net/http_peer_fixture.h"
#include "net/http_server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace assay::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    std::string name = testing::TempDir() + "assay-tls-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    make("own", "IP:127.0.0.1");
    make("other", "DNS:bench.example");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void make(const std::string& name, const std::string& subject) const {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -addext "
        "subjectAltName={} -keyout {} -out {} 2>/dev/null",
        subject, file(name + ".key"), file(name + ".pem"));
    ASSERT_EQ(std::system(command.c_str()), 0) << "the openssl program is needed (package openssl)";
  }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  ServerOptions options(const std::string& certificate, const std::string& key) const {
    return {.listen = "127.0.0.1:0", .certificate = file(certificate), .key = file(key), .header_timeout = 300ms};
  }
  std::string refusal(const ServerOptions& o) const {
    try {
      HttpServer(o).start();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ExitCode::usage);
      return e.what();
    }
    return "";
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(Tls, ServesWhoTrustsItsCertificate) {
  HttpServer server(options("own.pem", "own.key"));
  const std::string large(5'000'000, 'x');
  server.route("POST", "/", [&](const Request& request) { return Response{.body = request.body + large}; });
  server.route("GET", "/events", [n = 0](const Request&) {
    return Response{.events = [n = n](const std::stop_token&) mutable -> std::optional<std::string> {
      if (n++ == 3) return std::nullopt;
      return "data: x\n\n";
    }};
  });
  server.start();
  EXPECT_THAT(server.url(), testing::StartsWith("https://127.0.0.1:"));
  HttpClient client({.ca_file = file("own.pem")});
  const HttpRequest post{.method = "POST", .url = server.url(), .body = "hi", .most_answer = 6'000'000};
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client.send(post).body == "hi" + large);
  EXPECT_EQ(client.send({.url = server.url() + "/events"}).body, "data: x\n\ndata: x\n\ndata: x\n\n");
}

TEST_F(Tls, IsRefusedByWhoDoesNot) {
  HttpServer server(options("own.pem", "own.key")), misnamed(options("other.pem", "other.key"));
  server.start();
  misnamed.start();
  const auto code = [](HttpClient client, const std::string& url) {
    const Outcome outcome = std::move(client.send_all({{.url = url}}).front());
    return outcome.error ? outcome.error->code() : ExitCode::ok;
  };
  EXPECT_EQ(code(HttpClient(), server.url()), ExitCode::unreachable);
  EXPECT_EQ(code(HttpClient({.ca_file = file("other.pem")}), server.url()), ExitCode::unreachable);
  EXPECT_EQ(code(HttpClient({.ca_file = file("other.pem")}), misnamed.url()), ExitCode::unreachable);  // its name
  EXPECT_EQ(code(HttpClient({.ca_file = file("missing.pem")}), server.url()), ExitCode::usage);
}

TEST_F(Tls, ClosesWhoDoesNotFinishTheHandshake) {
  HttpServer server(options("own.pem", "own.key"));
  server.start();
  Peer silent(server.address()), plain(server.address());
  ASSERT_TRUE(plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_TRUE(plain.closes(20'000));
  EXPECT_TRUE(silent.closes(20'000));
}

TEST_F(Tls, NamesTheFileThatCannotBeUsed) {
  std::ofstream(file("empty.pem")) << "nothing\n";
  EXPECT_THAT(refusal(options("missing.pem", "own.key")), AllOf(HasSubstr("missing.pem: "), HasSubstr("No such file")));
  EXPECT_THAT(refusal(options("empty.pem", "own.key")), AllOf(HasSubstr("empty.pem: "), Not(HasSubstr("own.key"))));
  EXPECT_THAT(refusal(options("own.pem", "missing.key")), AllOf(HasSubstr("missing.key: "), HasSubstr("No such file")));
  EXPECT_THAT(refusal(options("own.pem", "other.key")), AllOf(HasSubstr("other.key: "), HasSubstr("own.pem")));
  const std::string lock =
      fmt::format("openssl pkey -in {} -aes128 -passout pass:secret -out {}", file("own.key"), file("locked.key"));
  ASSERT_EQ(std::system(lock.c_str()), 0);
  EXPECT_THAT(refusal(options("own.pem", "locked.key")), AllOf(HasSubstr("locked.key: "), HasSubstr("passphrase")));
}

}  // namespace
}  // namespace assay::net
