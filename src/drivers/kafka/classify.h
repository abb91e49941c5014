// Which kind of failure a code of librdkafka (rd_kafka_resp_err_t: negative its own, positive the broker's) is. Pure.
#pragma once

#include "base/result.h"

namespace assay::kafka {

/// Codes that are not known are `rejected`.
FailureKind classify(int code) noexcept;

}  // namespace assay::kafka
