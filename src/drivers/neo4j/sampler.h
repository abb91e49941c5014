// The server's own figures, over a connection of the sampler's own: heap, garbage collection, threads and processor time of
// its Java machine, by dbms.queryJmx, and the transactions that are open. They are of the whole server. A user who may not ask
// for them gets none.
#pragma once

#include "core/driver.h"
#include "drivers/neo4j/connection.h"

#include <memory>
#include <vector>

namespace assay::neo4j {

class Neo4jSampler final : public Sampler {
 public:
  /// The resolver must outlive it.
  Neo4jSampler(Resolver& resolver, TlsContext tls) : resolver_(resolver), tls_(std::move(tls)) {}
  /// Opens its connection anew when it was lost.
  Result<std::vector<TargetMetric>> sample() override;

 private:
  Resolver& resolver_;
  const TlsContext tls_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace assay::neo4j
