// The figures of an agent for Prometheus, in its text format: counters of the run under way or the last one, gauges of the
// current rates, histograms of response times. Thread-safe.
#pragma once

#include "agent/tasks.h"

#include <string>

namespace assay::agent {

std::string metrics_text(const Tasks&);

}  // namespace assay::agent
