// An agent: an HTTP server that carries out one task at a time, for a coordinator, a page, or whoever asks.
#pragma once

#include "agent/api.h"
#include "agent/tasks.h"
#include "net/http_server.h"

#include <filesystem>
#include <memory>

namespace assay::agent {

struct AgentOptions {
  net::ServerOptions server;
  std::filesystem::path folder;  // of its tasks and results
  Defaults defaults;
  bool page = false;  // serve the live page at "/", with the results of `folder`
};

class Agent {
 public:
  /// Throws Error.
  explicit Agent(AgentOptions);
  void start() { server_.start(); }
  /// What is under way is stopped, and its result kept; then no more is answered.
  void stop();
  std::string url() const { return server_.url(); }
  net::HttpServer& server() noexcept { return server_; }
  Tasks& tasks() noexcept { return tasks_; }

 private:
  Tasks tasks_;
  net::HttpServer server_;  // behind: its handlers use the tasks
};

}  // namespace assay::agent
