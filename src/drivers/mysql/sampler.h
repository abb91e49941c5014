// The server's own figures, by SHOW GLOBAL STATUS over a session of the sampler's own: InnoDB's counters, commits, locks,
// threads. They are of the whole server, not of the target's database.
#pragma once

#include "core/driver.h"
#include "drivers/mysql/address.h"
#include "drivers/mysql/statement.h"

#include <memory>

namespace assay::mysql {

class MysqlSampler final : public Sampler {
 public:
  /// The resolver must outlive it.
  explicit MysqlSampler(Resolver& resolver) : resolver_(resolver) {}
  /// Opens its session anew when it was lost.
  Result<std::vector<TargetMetric>> sample() override;

 private:
  Resolver& resolver_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Executor> executor_;
  Slot slot_;
};

}  // namespace assay::mysql
