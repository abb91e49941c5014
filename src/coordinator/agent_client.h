// Requests to several agents at once, and their answers as JSON.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "net/http_client.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace assay::coordinator {

struct AgentRequest {
  std::size_t agent = 0;
  std::string method = "GET", path;
  std::string body = {};  // JSON
  Nanos timeout = std::chrono::seconds(10);
  std::string key = {};  // Idempotency-Key
};

/// An answer, or why there is none. `failure` is the agent's own word, with its status, when it refused.
struct AgentAnswer {
  long status = 0;  // 0: no answer
  nlohmann::json json;
  std::string text;  // the body, when it was asked for as text
  std::string failure;
  bool ok() const noexcept { return failure.empty(); }
};

class AgentClients {
 public:
  AgentClients(std::vector<std::string> urls, std::string token, std::string ca_file);
  /// All at once, in their order. `as_text`: bodies are not parsed.
  std::vector<AgentAnswer> ask(const std::vector<AgentRequest>&, bool as_text = false);
  AgentAnswer ask_one(AgentRequest, bool as_text = false);
  const std::string& url(std::size_t agent) const { return urls_[agent]; }
  std::size_t count() const noexcept { return urls_.size(); }

 private:
  std::vector<std::string> urls_;
  net::HttpClient client_;
};

}  // namespace assay::coordinator
