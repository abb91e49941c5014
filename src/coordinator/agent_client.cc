#include "coordinator/agent_client.h"

#include "base/error.h"

#include <fstream>
#include <iterator>

namespace assay::coordinator {
namespace {

constexpr std::size_t kMostAnswer = 512 << 20;

/// The file, when it is "" or has a certificate. Throws Error.
std::string with_certificate(std::string file) {
  if (file.empty()) return file;
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    throw Error(fmt::format("{} {}; expected a PEM file with the certificate of who signed those of the agents", file,
                            in.is_open() ? "has no certificate" : "cannot be read"));
  return file;
}

}  // namespace

AgentClients::AgentClients(std::vector<std::string> urls, std::string token, std::string ca_file)
    : urls_(std::move(urls)), client_({.token = std::move(token), .ca_file = with_certificate(std::move(ca_file))}) {}

std::vector<AgentAnswer> AgentClients::ask(const std::vector<AgentRequest>& asked, bool as_text) {
  std::vector<net::HttpRequest> requests;
  for (const AgentRequest& from : asked) {
    net::HttpRequest request;
    request.method = from.method;
    request.url = urls_[from.agent] + from.path;
    if (from.method == "POST") request.headers.emplace_back("Content-Type", "application/json");
    if (!from.key.empty()) request.headers.emplace_back("Idempotency-Key", from.key);
    request.body = from.body;
    request.timeout = from.timeout;
    request.most_answer = kMostAnswer;
    requests.push_back(std::move(request));
  }
  std::vector<AgentAnswer> answers;
  for (net::Outcome& outcome : client_.send_all(requests)) {
    AgentAnswer& answer = answers.emplace_back();
    if (outcome.error) {
      answer.failure = outcome.error->what();
      continue;
    }
    answer.status = outcome.response.status;
    const bool refused = answer.status >= 400;
    if (!as_text || refused) answer.json = nlohmann::json::parse(outcome.response.body, nullptr, false);
    if (refused)
      answer.failure = answer.json.is_object() && answer.json.contains("error")
                           ? answer.json["error"].get<std::string>()
                           : fmt::format("it answers with status {}", answer.status);
    else if (as_text)
      answer.text = std::move(outcome.response.body);
    else if (answer.json.is_discarded())
      answer.failure = "its answer is no JSON: is it an assay agent?";
  }
  return answers;
}

AgentAnswer AgentClients::ask_one(AgentRequest request, bool as_text) {
  return std::move(ask({std::move(request)}, as_text).front());
}

}  // namespace assay::coordinator
