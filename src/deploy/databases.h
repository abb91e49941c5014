// How a database is deployed for a load test: its image, its settings for the memory that it has, how one asks whether
// it is ready, and how workers reach it. One function of the source; docs/deploy.md explains the settings. Pure.
#pragma once

#include "deploy/deployment.h"

#include <optional>
#include <string>
#include <string_view>

namespace assay::deploy {

/// What its processes need to start with these settings, in bytes.
std::uint64_t least_memory(Source);
/// `image` is another one than the default, when it is given; `connections`: so many come at once. Throws Error when the
/// memory does not do for it.
Database database_of(Source, const Limits&, std::optional<std::uint64_t> tmpfs, std::string_view password,
                     std::optional<std::string> image, std::uint64_t connections = 0);
/// The environment from which workers know where the database of `database_of` is.
std::vector<Setting> connection_of(Source, std::string_view password);
/// The same for one that is there already: a URL, brokers, a folder.
std::vector<Setting> connection_to(Source, std::string where);

}  // namespace assay::deploy
