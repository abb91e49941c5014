// The driver of MongoDB and of what speaks its protocol, by libmongoc: `mongodb://user@host:27017/database`. Facets rows and
// kv; see README.md of this folder. The library blocks, so each session has a thread.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& mongodb_driver();

}  // namespace assay
