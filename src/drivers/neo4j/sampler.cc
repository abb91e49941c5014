#include "drivers/neo4j/sampler.h"

namespace assay::neo4j {
namespace {

struct Figure {
  const char *name, *unit;
  bool counter;
  double scale;      // of what the server says
  const char* text;  // a statement that answers one number, or null
};

constexpr Figure kFigures[] = {
    {"heap_used", "bytes", false, 1,
     "CALL dbms.queryJmx('java.lang:type=Memory') YIELD attributes "
     "RETURN toFloat(attributes.HeapMemoryUsage.value.properties.used)"},
    {"heap_committed", "bytes", false, 1,
     "CALL dbms.queryJmx('java.lang:type=Memory') YIELD attributes "
     "RETURN toFloat(attributes.HeapMemoryUsage.value.properties.committed)"},
    {"gc_count", "collections", true, 1,
     "CALL dbms.queryJmx('java.lang:type=GarbageCollector,name=*') YIELD attributes "
     "RETURN toFloat(sum(attributes.CollectionCount.value))"},
    {"gc_time", "seconds", true, 1e-3,
     "CALL dbms.queryJmx('java.lang:type=GarbageCollector,name=*') YIELD attributes "
     "RETURN toFloat(sum(attributes.CollectionTime.value))"},
    {"cpu_time", "seconds", true, 1e-9,
     "CALL dbms.queryJmx('java.lang:type=OperatingSystem') YIELD attributes "
     "RETURN toFloat(attributes.ProcessCpuTime.value)"},
    {"threads", "threads", false, 1,
     "CALL dbms.queryJmx('java.lang:type=Threading') YIELD attributes RETURN toFloat(attributes.ThreadCount.value)"},
    {"transactions_open", "transactions", false, 1, "SHOW TRANSACTIONS YIELD transactionId RETURN toFloat(count(*))"},
};

}  // namespace

Result<std::vector<TargetMetric>> Neo4jSampler::sample() {
  if (connection_ == nullptr || connection_->lost()) {
    auto spec = resolver_.resolve();
    if (!spec) return tl::unexpected(std::move(spec.error()));
    auto opened = Connection::open(*spec, tls_);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    connection_ = std::move(*opened);
  }
  std::vector<TargetMetric> out;
  for (const Figure& figure : kFigures) {
    const auto asked = connection_->run(figure.text, {}, Effect::read, [&](const Item& row) {
      if (const Item& value = *(&row + 1); value.type == Item::Type::real)
        out.push_back({figure.name, figure.unit, figure.counter, value.real * figure.scale});
    });
    if (!asked && asked.error().kind != FailureKind::rejected) return tl::unexpected(asked.error());
  }
  return out;
}

}  // namespace assay::neo4j
