#include "workloads/tpcc/run_mark.h"

#include "core/meta.h"
#include "workloads/tpcc/loaded.h"

#include <fmt/format.h>

#include <random>

namespace assay::tpcc {
namespace {

constexpr std::string_view kPrefix = "run/";

std::string value_of(std::string_view state, Shard shard) {
  return fmt::format("{} {}/{}", state, shard.index, shard.count);
}

}  // namespace

void RunMark::begin(Session& session, Shard shard) {
  shard_ = shard;
  over_.clear();
  std::random_device random;
  name_ = fmt::format("{}{:08x}{:08x}", kPrefix, random(), random());
  Meta meta(session, kWorkload);
  meta.put(name_, value_of("begun", shard));
  for (const auto& [name, value] : meta.all(kPrefix))
    if (value.starts_with("ended")) over_.insert(name);
}

std::size_t RunMark::end(Session& session) {
  Meta meta(session, kWorkload);
  std::size_t others = 0;
  for (const auto& [name, value] : meta.all(kPrefix)) {
    if (name == name_ || over_.contains(name)) continue;
    bool own_job = false;
    for (std::uint32_t i = 0; i < shard_.count; i++)
      own_job |= i != shard_.index && value.ends_with(fmt::format(" {}/{}", i, shard_.count));
    if (!own_job) others++;
  }
  meta.put(name_, value_of("ended", shard_));
  return others;
}

}  // namespace assay::tpcc
