#include "drivers/mongodb/sampler.h"

#include "drivers/mongodb/document.h"

#include <bson/bson.h>

namespace assay::mongodb {
namespace {

struct Status {
  const char* path;  // in serverStatus
  const char* name;
  const char* unit;
  bool counter;
};

// Those of MongoDB's manual ("serverStatus"); what a server has not is left out.
constexpr Status kStatus[] = {
    {"uptime", "uptime", "s", true},
    {"connections.current", "connections", "sessions", false},
    {"connections.active", "connections_active", "sessions", false},
    {"connections.totalCreated", "connections_created", "sessions", true},
    {"opcounters.insert", "inserts", "operations", true},
    {"opcounters.query", "queries", "operations", true},
    {"opcounters.update", "updates", "operations", true},
    {"opcounters.delete", "deletes", "operations", true},
    {"opcounters.getmore", "getmores", "operations", true},
    {"opcounters.command", "commands", "operations", true},
    {"metrics.commands.insert.total", "insert_commands", "commands", true},
    {"metrics.commands.find.total", "find_commands", "commands", true},
    {"metrics.commands.update.total", "update_commands", "commands", true},
    {"metrics.commands.delete.total", "delete_commands", "commands", true},
    {"metrics.commands.getMore.total", "getmore_commands", "commands", true},
    {"metrics.document.inserted", "documents_inserted", "documents", true},
    {"metrics.document.returned", "documents_returned", "documents", true},
    {"metrics.document.updated", "documents_updated", "documents", true},
    {"metrics.document.deleted", "documents_deleted", "documents", true},
    {"metrics.queryExecutor.scanned", "index_keys_scanned", "keys", true},
    {"metrics.queryExecutor.scannedObjects", "documents_scanned", "documents", true},
    {"metrics.operation.writeConflicts", "write_conflicts", "operations", true},
    {"metrics.cursor.open.total", "cursors", "cursors", false},
    {"opLatencies.reads.latency", "read_time", "microseconds", true},
    {"opLatencies.reads.ops", "reads", "operations", true},
    {"opLatencies.writes.latency", "write_time", "microseconds", true},
    {"opLatencies.writes.ops", "writes", "operations", true},
    {"network.bytesIn", "bytes_received", "bytes", true},
    {"network.bytesOut", "bytes_sent", "bytes", true},
    {"network.numRequests", "requests", "requests", true},
    {"mem.resident", "memory_resident", "MiB", false},
    {"extra_info.page_faults", "page_faults", "faults", true},
    {"globalLock.currentQueue.readers", "readers_waiting", "operations", false},
    {"globalLock.currentQueue.writers", "writers_waiting", "operations", false},
    {"globalLock.activeClients.readers", "readers_active", "operations", false},
    {"globalLock.activeClients.writers", "writers_active", "operations", false},
    {"wiredTiger.cache.bytes currently in the cache", "cache_used", "bytes", false},
    {"wiredTiger.cache.tracked dirty bytes in the cache", "cache_dirty", "bytes", false},
    {"wiredTiger.cache.pages read into cache", "cache_pages_read", "pages", true},
    {"wiredTiger.cache.pages written from cache", "cache_pages_written", "pages", true},
    {"wiredTiger.cache.pages evicted by application threads", "cache_evicted_by_operations", "pages", true},
    {"wiredTiger.log.log bytes written", "log_written", "bytes", true},
    {"wiredTiger.log.log sync operations", "log_syncs", "calls", true},
    {"wiredTiger.transaction.transaction checkpoints", "checkpoints", "checkpoints", true},
};

}  // namespace

Result<std::vector<TargetMetric>> MongoSampler::sample() {
  if (connection_ == nullptr || connection_->lost()) {
    connection_.reset();
    auto opened = Connection::open(*address_);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    connection_ = std::move(*opened);
  }
  const auto answer = connection_->command("admin", DocumentWriter().int32("serverStatus", 1).take());
  if (!answer) return tl::unexpected(answer.error());
  bson_t raw;
  std::vector<TargetMetric> out;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(answer->data()), answer->size())) return out;
  for (const Status& status : kStatus) {
    bson_iter_t at, found;
    if (!bson_iter_init(&at, &raw) || !bson_iter_find_descendant(&at, status.path, &found)) continue;
    if (!BSON_ITER_HOLDS_NUMBER(&found)) continue;
    out.push_back({status.name, status.unit, status.counter, bson_iter_as_double(&found)});
  }
  return out;
}

}  // namespace assay::mongodb
