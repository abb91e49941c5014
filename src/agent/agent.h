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
  bool page = false;                // serve the live page at "/", with the results of `folder`
  MakeExecutor executor = {};       // who carries out tasks; empty: this process
  std::shared_ptr<Task> only = {};  // the one task there is, which somebody else begins; `folder` is the page's then
};

class Agent {
 public:
  /// Throws Error.
  explicit Agent(AgentOptions);
  /// Throws Error: the address cannot be had; others than this machine would reach a page.
  void start();
  /// What is under way is stopped, and its result kept; then no more is answered.
  void stop();
  std::string url() const { return server_.url(); }
  net::HttpServer& server() noexcept { return server_; }
  Tasks& tasks() noexcept { return tasks_; }

 private:
  const bool page_;
  Tasks tasks_;
  net::HttpServer server_;  // behind: its handlers use the tasks
};

}  // namespace assay::agent
