// SQLite's own figures of a target: the sizes of its files, its pages, and what its sessions did to their caches.
#pragma once

#include "core/driver.h"
#include "drivers/sqlite/connection.h"

#include <memory>

namespace assay::sqlite {

/// Opens its own connection on the first sample; a lost one is opened again.
std::unique_ptr<Sampler> make_sampler(const Settings&, std::shared_ptr<const Counters>);

}  // namespace assay::sqlite
