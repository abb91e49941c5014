#include "workloads/tpcc/run_mark.h"

#include "core/meta.h"
#include "workloads/tpcc/loaded.h"

#include <fmt/format.h>

#include <random>

namespace assay::tpcc {
namespace {

constexpr std::string_view kBegun = "run/", kEnded = "ended/";

}  // namespace

void RunMark::begin(Session& session, Shard shard) {
  shard_ = shard;
  over_.clear();
  std::random_device random;
  id_ = fmt::format("{:08x}{:08x}", random(), random());
  Meta meta(session, kWorkload);
  meta.put(std::string(kBegun) + id_, fmt::format("{}/{}", shard.index, shard.count));
  for (const auto& entry : meta.all(kEnded)) over_.insert(entry.first.substr(kEnded.size()));
}

std::size_t RunMark::end(Session& session) {
  Meta meta(session, kWorkload);
  std::size_t others = 0;
  for (const auto& [name, shard] : meta.all(kBegun)) {
    const std::string id = name.substr(kBegun.size());
    if (id == id_ || over_.contains(id)) continue;
    const bool own_job = shard_.count > 1 && shard.ends_with(fmt::format("/{}", shard_.count)) &&
                         !shard.starts_with(fmt::format("{}/", shard_.index));
    if (!own_job) others++;
  }
  meta.put(std::string(kEnded) + id_, "");
  return others;
}

}  // namespace assay::tpcc
