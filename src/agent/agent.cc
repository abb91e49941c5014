#include "agent/agent.h"

#include "agent/description.h"
#include "agent/metrics.h"
#include "agent/page_api.h"
#include "agent/pgdistbench.h"
#include "base/error.h"
#include "registry/registry.h"

namespace assay::agent {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(30);

net::ServerOptions guarded(net::ServerOptions options) {
  options.open_paths = {"/ping", "/healthz"};
  options.token_beyond_loopback = true;
  return options;
}

}  // namespace

Agent::Agent(AgentOptions options)
    : page_(options.page),
      tasks_(options.only != nullptr ? Tasks(options.only) : Tasks(options.folder, std::move(options.executor))),
      server_(guarded(std::move(options.server))) {
  add_pgdistbench_api(server_, tasks_, options.defaults);
  add_api(server_, tasks_, options.defaults);
  server_.route("GET", "/metrics", [this](const net::Request&) {
    return net::Response{.body = metrics_text(tasks_), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  });
  server_.route("GET", "/openapi.json",
                [](const net::Request&) { return net::Response{.body = std::string(kDescription)}; });
  if (options.page) {
    add_page(server_, options.folder);
    return;
  }
  server_.route("GET", "/", [this](const net::Request&) {
    nlohmann::json routes = nlohmann::json::array();
    const auto add = [&](const std::string& method, const std::string& path) {
      routes.push_back({{"method", method}, {"path", path}});
    };
    for (const auto& [method, path] : server_.routes()) {
      if (!path.starts_with("/work/{workload}")) {
        add(method, path);
        continue;
      }
      for (const WorkloadType* type : all_workloads()) {  // one by one, as pgdistbench does
        const std::string of_workload = fmt::format("/work/{}", type->info().name);
        if (path == "/work/{workload}") add(method, of_workload);
        for (const char* verb : {"prepare", "run", "check", "cleanup"})
          if (path == "/work/{workload}/{verb}") add(method, fmt::format("{}/{}", of_workload, verb));
      }
    }
    return net::Response{.body = nlohmann::json{{"routes", std::move(routes)}}.dump() + "\n"};
  });
}

void Agent::start() {
  server_.start();
  if (page_ && !server_.loopback()) {
    server_.stop();
    throw Error("the page is for this machine: expected an address of loopback, such as 127.0.0.1:8080");
  }
}

void Agent::stop() {
  tasks_.shut_down(kPatience);
  server_.stop();
}

}  // namespace assay::agent
