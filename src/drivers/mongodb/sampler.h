// The server's own figures, from serverStatus: those of these that it has.
#pragma once

#include "core/driver.h"
#include "drivers/mongodb/connection.h"

#include <memory>

namespace assay::mongodb {

/// Opens its own connection on the first sample; a lost one is opened again.
class MongoSampler final : public Sampler {
 public:
  explicit MongoSampler(std::shared_ptr<const Address> address) : address_(std::move(address)) {}
  Result<std::vector<TargetMetric>> sample() override;

 private:
  const std::shared_ptr<const Address> address_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace assay::mongodb
