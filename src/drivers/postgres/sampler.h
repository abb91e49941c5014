// The server's own figures, by SQL over a session of the sampler's own: pg_stat_database of the target's database,
// WAL, checkpoints, what active sessions wait for, size.
#pragma once

#include "core/driver.h"
#include "drivers/postgres/address.h"
#include "drivers/postgres/statement.h"

namespace assay::postgres {

/// Answers rows (name, unit, counter, value). `server_version` as of PQserverVersion.
std::string sampler_query(int server_version);

class PostgresSampler final : public Sampler {
 public:
  /// The resolver must outlive it.
  explicit PostgresSampler(Resolver& resolver) : resolver_(resolver) {}
  /// Opens its session anew when it was lost.
  Result<std::vector<TargetMetric>> sample() override;

 private:
  Resolver& resolver_;
  std::unique_ptr<Connection> connection_;
  std::string query_;
  Arguments arguments_;
  Slot slot_;
};

}  // namespace assay::postgres
