// The server's side of one HTTP connection: request, answer, request, answer, … until it ends.
//
// hold() runs it on the calling thread. What it serves belongs to the server and outlives it.
#pragma once

#include "net/http_guard.h"
#include "net/http_routes.h"
#include "net/http_server.h"
#include "net/wire.h"

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>

namespace assay::net {

/// What all conversations of a server share; constant while it listens.
struct Service {
  ServerOptions options;
  Routes routes;
  Guard guard;
  std::stop_source stop;
};

/// What a conversation is doing, for who wants to end it.
struct Doing {
  std::atomic<bool> answering{false};       // a handler is under way, or its answer is being written
  std::atomic<std::int64_t> idle_since{0};  // steady-clock nanoseconds; 0 while there is a request, or part of one
};

class Conversation {
 public:
  Conversation(const Service& service, Wire& wire, std::string peer, Doing& doing)
      : service_(service), wire_(wire), peer_(std::move(peer)), doing_(doing) {}

  void hold();

 private:
  struct Reading;

  /// One request and its answer. False: the connection is to end.
  bool exchange();
  bool read_header(Reading&);
  bool read_body(Reading&);
  /// The request as handlers see it; false after having refused it.
  bool understand(Reading&);
  bool answer(Reading&);
  bool refuse(Reading&, const Response&);
  bool write_response(const Response&, bool with_body, bool keep);
  void write_events(Response&, bool with_body);
  void tell(const Reading&, int status) const;

  const Service& service_;
  Wire& wire_;
  std::string peer_;
  Doing& doing_;
  std::string unread_;  // bytes that came and were not used yet
};

}  // namespace assay::net
