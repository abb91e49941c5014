// The smallest driver that works: byte strings in the memory of this process, `template:NAME`. It is there to be copied
// (docs/adding-a-driver.md) and to prove that a driver is one folder; nobody measures anything with it.
//
// Facet kv. All sessions of one Target share its data, which ends with the last of them.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& template_driver();

}  // namespace assay
