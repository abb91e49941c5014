// The fields of the result document, named once for writing and for reading, so that the two cannot drift apart.
//
// fields(archive, value) calls for each field, in the order of the file:
//   archive.field("name", member)      must be there
//   archive.signed_time("name", nanos) must be there, and may be below 0, as the difference of two clocks is
//   archive.optional("name", member)   left out when it is zero or empty, or by a version that had no such field
// The archive is the writer of document_write.cc or the reader of document_read.cc. Included by these two only.
#pragma once

#include "results/document.h"

#include <concepts>
#include <type_traits>

namespace assay::document {

inline constexpr std::string_view kFormat = "assay-result";

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

template <class A, Is<WorkloadFacts> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("options", v.options);
}

template <class A, Is<TargetFacts> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("driver", v.driver);
  a.field("url", v.url);
  a.field("server", v.server);
  a.field("server_version", v.server_version);
  a.field("settings", v.settings);
}

template <class A, Is<PhaseSpan> T>
void fields(A& a, T& v) {
  a.field("phase", v.phase);
  a.field("start_ns", v.start);
  a.field("length_ns", v.length);
}

template <class A, Is<OperationStats> T>
void fields(A& a, T& v) {
  a.field("completed", v.completed);
  a.field("items", v.items);
  a.field("bytes", v.bytes);
  a.field("retries", v.retries);
  a.field("in_doubt", v.in_doubt);
  a.failure_counts("failures", v.failures);
  a.field("response", v.response);
  a.field("service", v.service);
  a.field("wait", v.wait);
  a.field("lag", v.lag);
  a.field("failed", v.failed);
}

template <class A, Is<OperationResult> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.optional("nested", v.nested);
  a.by_phase("phases", v.phases);
}

template <class A, Is<CounterResult> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("measured", v.measured);
  a.field("whole_run", v.whole_run);
}

template <class A, Is<FailureSample> T>
void fields(A& a, T& v) {
  a.operation("operation", v.operation);  // by its name in the group
  a.field("kind", v.kind);
  a.field("native_code", v.native_code);
  a.field("message", v.message);
  a.field("count", v.count);
}

template <class A, Is<SeriesCell> T>
void fields(A& a, T& v) {
  a.optional("count", v.count);
  a.optional("completed", v.completed);
  a.optional("errors", v.errors);
  a.optional("retries", v.retries);
  a.optional("in_doubt", v.in_doubt);
  a.optional("items", v.items);
  a.optional("bytes", v.bytes);
  a.encoded_histogram("response", v.response);
  a.encoded_histogram("service", v.service);
  a.encoded_histogram("wait", v.wait);
  a.encoded_histogram("lag", v.lag);
}

template <class A, Is<SeriesInterval> T>
void fields(A& a, T& v) {
  a.field("index", v.index);
  a.field("phase", v.phase);
  a.field("operations", v.operations);
}

template <class A, Is<GroupResult> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("target", v.target);
  a.field("clients", v.clients);
  a.field("sessions", v.sessions);
  a.field("schedule", v.schedule);
  a.field("operations", v.operations);
  a.field("counters", v.counters);
  a.enter_group(v);  // from here on operations are named
  a.field("failures", v.failures);
  a.field("other_failures", v.other_failures);
  a.field("abandoned", v.abandoned);
  a.field("round_trips", v.round_trips);
  a.series("series", v.series);
}

template <class A, Is<Event> T>
void fields(A& a, T& v) {
  a.field("at_ns", v.at);
  a.field("length_ns", v.length);
  a.field("kind", v.kind);
  a.field("text", v.text);
}

template <class A, Is<Figure> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("value", v.value);
  a.field("unit", v.unit);
  a.field("formula", v.formula);
  a.field("available", v.available);
}

template <class A, Is<Requirement> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("clause", v.clause);
  a.field("limit", v.limit);
  a.field("actual", v.actual);
  a.field("verdict", v.verdict);
  a.field("decides", v.decides);
}

template <class A, Is<Finding> T>
void fields(A& a, T& v) {
  a.field("condition", v.condition);
  a.field("text", v.text);
  a.field("violations", v.violations);
  a.field("rows", v.rows);
}

template <class A, Is<CheckResult> T>
void fields(A& a, T& v) {
  a.field("when", v.when);
  a.field("state", v.state);
  a.field("conditions", v.conditions);
  a.field("findings", v.findings);
}

template <class A, Is<RateSearchStep> T>
void fields(A& a, T& v) {
  a.field("rate", v.rate);
  a.field("completed", v.completed);
  a.field("held", v.held);
  a.field("why", v.why);
}

template <class A, Is<RateSearchFacts> T>
void fields(A& a, T& v) {
  a.field("condition", v.condition);
  a.field("steps", v.steps);
  a.field("highest", v.highest);
  a.field("lowest_failed", v.lowest_failed);
  a.field("held", v.held);
  a.field("complete", v.complete);
}

template <class A, Is<TargetSeries> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("unit", v.unit);
  a.field("counter", v.counter);
  a.samples("samples", v.samples);  // [[ns, value], …]
}

template <class A, Is<OwnCost> T>
void fields(A& a, T& v) {
  a.field("cpu_seconds", v.cpu_seconds);
  a.field("operations", v.operations);
  a.field("peak_rss_bytes", v.peak_rss_bytes);
  a.field("threads", v.threads);
  a.field("busiest_loop", v.busiest_loop);
  a.optional("loops", v.loops);
  a.optional("io_uring_loops", v.io_uring_loops);
}

template <class A, Is<AgentResult> T>
void fields(A& a, T& v) {
  a.field("name", v.name);
  a.field("shard", v.shard);
  a.optional("lost", v.lost);
  a.field("completed", v.completed);
  a.field("errors", v.errors);
  a.field("p99_lag_ns", v.p99_lag);
  a.field("max_lag_ns", v.max_lag);
  a.signed_time("clock_offset_ns", v.clock_offset);
  a.field("clock_error_ns", v.clock_error);
  a.signed_time("late_ns", v.late);
  a.field("own_cost", v.own_cost);
}

template <class A, Is<MachineFacts> T>
void fields(A& a, T& v) {
  a.field("os", v.os);
  a.field("kernel", v.kernel);
  a.field("cpu_model", v.cpu_model);
  a.field("cpus", v.cpus);
  a.field("memory_bytes", v.memory_bytes);
  a.field("cgroup_version", v.cgroup_version);
  a.field("cgroup_cpus", v.cgroup_cpus);
  a.field("cgroup_memory_bytes", v.cgroup_memory_bytes);
}

template <class A, Is<RunVerdict> T>
void fields(A& a, T& v) {
  a.field("verdict", v.verdict);
  a.field("reasons", v.reasons);
}

template <class A, Is<Document> T>
void fields(A& a, T& v) {
  a.header(kFormat, Document::kVersion);
  a.field("id", v.id);
  a.field("assay_version", v.assay_version);
  a.field("started", v.started);
  a.field("ended", v.ended);
  a.field("partial", v.partial);
  a.field("verdict", v.verdict);
  a.identity("seed", v.seed);  // as text: a reader with floating-point numbers would change it
  a.field("workload", v.workload);
  a.field("targets", v.targets);
  a.field("schedule", v.schedule);
  a.field("phases", v.phases);
  a.field("figures", v.figures);
  a.field("requirements", v.requirements);
  a.field("checks", v.checks);
  a.optional("search", v.search);
  a.field("events", v.events);
  a.field("in_doubt", v.in_doubt);
  a.field("warnings", v.warnings);
  a.field("own_cost", v.own_cost);
  a.optional("agents", v.agents);
  a.field("machine", v.machine);
  a.field("groups", v.groups);
  a.field("target_series", v.target_series);
}

}  // namespace assay::document
