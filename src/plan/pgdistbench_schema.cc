// What pgdistbench calls `config`: the names and meanings of its HTTP API and plans.
#include "input/fields.h"
#include "plan/schema.h"

namespace assay::plan {
namespace {

using input::choice;
using input::count;
using input::formed;
using input::of_record;
using input::text;

FieldSpec flag(std::string_view name, std::string_view fallback, std::string_view help) {
  return {.value = {.name = name, .type = OptionType::flag, .default_value = fallback, .help = help}};
}
FieldSpec whole(std::string_view name, std::string_view fallback, double min, std::string_view help) {
  return count(name, fallback, min, 1e7, help);
}
FieldSpec duration(std::string_view name, std::string_view fallback, std::string_view help) {
  return formed(name, kDurationOrNanoseconds, fallback, help);
}

std::vector<FieldSpec> data_fields() {
  return {whole("warehouses", "1", 1, "warehouses of the data"),
          whole("partitions", "1", 1, "parts that each table is cut into"),
          choice("partition_type", {"hash", "range", "list_hash", "list_range"}, "hash",
                 "how warehouses are dealt to parts"),
          flag("use_foreign_keys", "true", "create foreign keys"),
          choice("isolation_level",
                 {"default", "read_committed", "read_uncommitted", "repeatable_read", "snapshot", "serializable",
                  "linearizable"},
                 "default", "isolation level of the transactions"),
          flag("drop_data", "false", "drop what an earlier prepare made")};
}

std::vector<FieldSpec> tpcc_fields() {
  std::vector<FieldSpec> fields = data_fields();
  const std::vector<FieldSpec> more = {
      flag("verify", "false", "check the data after prepare and after a run"),
      whole("active_terminals", "", 1, "terminals of each agent; without it ten a warehouse"),
      whole("count", "0", 0, "transactions of each terminal; 0: no limit"),
      flag("wait_thinking", "true", "keying and think times"),
      duration("duration", "5m", "of the run; 0: until it is stopped"),
      duration("live_stats_period", "10s", "how often live figures are made"),
      duration("live_min_age", "0s", "how old an instance is before it has live figures")};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

FieldSpec queries() {
  return {.value = {.name = "queries", .help = "q1 to q22; without it all"}, .shape = Shape::list};
}

}  // namespace

std::vector<FieldSpec::Variant> Schema::add_configs() {
  const RecordSpec* tpcc =
      add({.name = "TPCCConfig", .help = "TPC-C, as pgdistbench configures it.", .fields = tpcc_fields()});
  const RecordSpec* tpch =
      add({.name = "TPCHConfig",
           .help = "TPC-H, as pgdistbench configures it.",
           .fields = {flag("check", "false", "compare answers with the reference"),
                      flag("drop_data", "false", "drop what an earlier prepare made"), data_fields()[4],
                      whole("scale_factor", "1", 1, "size of the data, about gigabytes"), queries(),
                      whole("count", "1", 1, "how often each query is run"),
                      flag("enable_query_tuning", "false", "settings that help the queries"),
                      flag("analyze", "true", "ANALYZE behind the load")}});
  RecordSpec chbench{
      .name = "CHBenchConfig", .help = "CH-benCHmark, as pgdistbench configures it.", .fields = data_fields()};
  for (FieldSpec field :
       {flag("check", "", "check the data"),
        whole("threads", "", 1, "transactional threads; without it ten a warehouse"),
        whole("active_terminals", "", 1, "the same, as pgdistbench's KCL schema names it"),
        whole("olap_threads", "1", 0, "analytical threads"), queries(), duration("duration", "5m", "of the run"),
        flag("wait_olap", "", "end with a whole set of queries; without it when wait_olap_count is given"),
        whole("wait_olap_count", "0", 0, "queries that are run at least"),
        flag("analyze", "true", "ANALYZE behind the load")})
    chbench.fields.push_back(std::move(field));
  const RecordSpec* mixed = add(std::move(chbench));

  const RecordSpec* interval =
      add({.name = "JitteredInterval",
           .help = "A time and what chance adds to it at most.",
           .fields = {duration("duration", "", "the time"), duration("jitter", "0s", "at most added")}});
  const RecordSpec* retry = add({.name = "RetryConfig",
                                 .help = "How something is tried again.",
                                 .fields = {duration("initial_interval", "1s", "before the first"),
                                            duration("max_interval", "1m", "at most"),
                                            {.value = {.name = "multiplier",
                                                       .type = OptionType::number,
                                                       .default_value = "2",
                                                       .help = "from one to the next",
                                                       .min = 1}},
                                            duration("max_elapsed_time", "5m", "in all")}});
  const RecordSpec* rampup =
      add({.name = "Rampup",
           .help = "How a user begins.",
           .fields = {of_record("create_interval", Shape::record, interval, "between two creations; without it 1s"),
                      whole("max_instances", "1", 0, "instances at most"),
                      whole("min_instances", "", 0, "at least; without it max_instances")}});
  const RecordSpec* instance =
      add({.name = "Instance",
           .help = "A PostgreSQL instance that is made.",
           .fields = {text("name", "part of its name"), text("namespace", "its Kubernetes namespace"),
                      of_record("metadata", Shape::any, nullptr, "labels and annotations"),
                      of_record("annotations", Shape::any, nullptr, "annotations"),
                      of_record("spec", Shape::any, nullptr, "as CloudNativePG defines it"),
                      duration("create_timeout", "5m", "until it is ready"),
                      of_record("delete_retry", Shape::record, retry, "of its deletion"),
                      of_record("readiness_retry", Shape::record, retry, "of the check that it is ready")}});
  const RecordSpec* profile = add({.name = "PostgresProfile",
                                   .help = "A kind of instance and its test.",
                                   .fields = {whole("weight", "10", 0, "how often it is chosen"),
                                              duration("min_lifetime", "", "it is not deleted before"),
                                              duration("max_lifetime", "", "behind which it is deleted first"),
                                              of_record("instance", Shape::record, instance, "the instance"),
                                              of_record("test", Shape::record, tpcc, "the TPC-C that is run on it")}});
  FieldSpec profiles = of_record("configs", Shape::records, profile, "kinds of instances");
  const RecordSpec* user =
      add({.name = "StressUser",
           .help = "Who makes and deletes instances.",
           .fields = {text("name", "its name"), whole("copies", "1", 1, "how many alike"),
                      whole("min_postgres", "1", 0, "instances at least"),
                      whole("max_postgres", "1", 1, "instances at most"),
                      of_record("updates_interval", Shape::record, interval, "between two changes; without it 300s"),
                      of_record("rampup", Shape::record, rampup, "how it begins"), profiles}});
  const RecordSpec* stress =
      add({.name = "K8StressConfig",
           .help = "Churn of PostgreSQL instances, as pgdistbench configures it.",
           .fields = {duration("duration", "", "of the run; without it until it is stopped"),
                      of_record("users", Shape::records, user, "who makes and deletes instances")}});
  return {{"tpcc", tpcc}, {"tpch", tpch}, {"chbench", mixed}, {"k8stress", stress}};
}

}  // namespace assay::plan
