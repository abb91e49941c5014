// The null driver answers at once and keeps nothing, or what its options script: latency, one stall, failures. It
// exists to measure assay itself and to test how assay measures.
//
//   null:                                answers at once
//   null:?latency=2ms                    each operation takes 2 ms ("exp:2ms": exponential, mean 2 ms)
//   null:?stall-at=5s&stall=1s           between 5 s and 6 s after the first operation nothing is answered
//   null:?fail=conflict&fail-every=100   every 100th operation of a session fails with that kind
//   null:?memory=true                    keeps what is put, so that the kv workload can be run against it
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& null_driver();

}  // namespace assay
