// The agent's own HTTP API, /api/v1 (docs/agent.md): tasks, their events, results.
#pragma once

#include "agent/tasks.h"
#include "net/http_server.h"

#include <string>

namespace assay::agent {

/// What tasks get that say nothing else.
struct Defaults {
  std::string target;  // URL; "" when there is none
};

/// Adds its routes. `tasks` outlives the server.
void add_api(net::HttpServer&, Tasks&, const Defaults&);

/// The URL of the environment as pgdistbench's drivers have it (PGHOST, PGPORT, PGUSER, PGPASS or PGPASSWORD, PGDATABASE,
/// PGSSLMODE); "" without PGHOST. Sets PGPASSWORD from PGPASS.
std::string target_of_environment();
/// The URL of a mounted secret: files uri, or host, port, username (user), password, dbname (database), sslmode. Throws Error.
std::string target_of_secret(const std::filesystem::path& folder);

}  // namespace assay::agent
