// Kafka: a topic for each table, a message for each row. Sink only: facet rows, without transactions of the caller and without
// keys. Sessions wait inside librdkafka: each has a thread. See README.md.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& kafka_driver();

}  // namespace assay
