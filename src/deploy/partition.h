// Which worker makes which rows. Pure.
#pragma once

#include "dataset/schema.h"
#include "deploy/deployment.h"

#include <cstdint>
#include <vector>

namespace assay::deploy {

/// rows: every worker takes its share of the rows of every table, so that more workers than tables help; all with one
/// seed. table: table i belongs to worker i mod N, which has the seed `seed` + its index. Workers beyond the tables
/// take tables again, from the first; those that share one share its rows and the seed of the first of them.
enum class Partition : std::uint8_t { rows, table };

/// Each table, or group of them, is then a load of its own, with a record of its own in the target.
/// Every row of every table belongs to exactly one worker. Throws Error: foreign keys between tables of two workers,
/// which with seeds of their own would point at rows that are not there.
std::vector<Worker> workers_of(const dataset::Schema&, Partition, std::uint32_t count, std::uint64_t seed);

}  // namespace assay::deploy
