#include "plan/schema.h"

#include "input/fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::plan {
namespace {

using input::choice;
using input::count;
using input::formed;
using input::of_record;
using input::required;
using input::shaped;
using input::text;

/// What an option of the command line says in words that only its command knows.
const Form* form_of_option(std::string_view name) {
  if (name == "rate") return &kSchedule;
  if (name == "think-time") return &kThinkTime;
  return name == "find-max" ? &kCondition : nullptr;
}

void append_options(RecordSpec& record, std::span<const OptionSpec> table) {
  for (const OptionSpec& option : table)
    record.fields.push_back({.value = option, .form = form_of_option(option.name), .options = true});
}

FieldSpec table_field(std::string_view name, const RecordSpec* record, std::string_view help) {
  FieldSpec field = of_record(name, Shape::record, record, help);
  field.options = true;
  return field;
}

FieldSpec variant_field(std::string_view name, std::string_view selector, std::vector<FieldSpec::Variant> variants,
                        std::string_view help) {
  FieldSpec field = shaped(name, Shape::record, help);
  field.selector = selector;
  field.variants = std::move(variants);
  return field;
}

}  // namespace

const RecordSpec* Schema::add(RecordSpec record) {
  records_.push_back(std::move(record));
  return &records_.back();
}

const RecordSpec* Schema::add_options(std::string_view name, std::string_view help, std::span<const OptionSpec> table) {
  RecordSpec record{.name = names_.emplace_back(name), .help = help, .fields = {}};
  append_options(record, table);
  return add(std::move(record));
}

const RecordSpec* Schema::add_system(const Catalogue& catalogue) {
  FieldSpec password = shaped("password", Shape::secret, "where the password is found");
  FieldSpec plain = password;
  plain.inline_secret = true;
  const RecordSpec* settings =
      add({.name = "StaticSettings",
           .help = "A PostgreSQL server that is there, as pgdistbench writes it.",
           .fields = {required(text("host", "name or address of the server")),
                      count("port", "5432", 1, 65535, "port of the server"),
                      {.value = {.name = "user", .default_value = "postgres", .help = "who connects"}},
                      plain,
                      text("database", "its name; without it that of the user"),
                      choice("sslmode", {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
                             "disable", "whether the connection is encrypted"),
                      {.value = {.name = "updateMissingOnly",
                                 .type = OptionType::flag,
                                 .default_value = "false",
                                 .help = "of a Kubernetes secret that is there, add only what it lacks"}}}});
  std::vector<FieldSpec::Variant> drivers;
  for (const Catalogue::Table& driver : catalogue.drivers)
    drivers.push_back(
        {driver.name, add_options(fmt::format("{}_target", driver.name), driver.summary, driver.options)});
  FieldSpec kind =
      required(choice("kind", {"static", "cnpg"}, "", "static: it is there; cnpg: a CloudNativePG cluster"));
  kind.any_case = true;
  FieldSpec options =
      variant_field("options", "url", std::move(drivers), "options of the driver, as in `assay drivers NAME`");
  options.chosen_by = [&catalogue](const std::string& url) { return std::string(catalogue.driver_of(url)); };
  options.options = options.strict = true;
  RecordSpec system{
      .name = "System",
      .help = "A system under test: where it is, or how it is made.",
      .fields = {text("name", "its name; without it that of the entry"), text("namespace", "the Kubernetes namespace"),
                 kind, count("count", "1", 1, 1000, "how many alike"),
                 formed("url", kUrl, "", "of a static system: its URL, as of --target"), password, options,
                 shaped("metadata", Shape::any, "labels and annotations of what is made"),
                 variant_field("spec", "kind", {{"static", settings}},
                               "what is made, as its operator defines it; of a static system where it is")}};
  append_options(system, catalogue.system);
  return add(std::move(system));
}

const RecordSpec* Schema::add_runner(const RecordSpec* reference) {
  FieldSpec systems = shaped("systems", Shape::records, "the systems it puts under load; none: benchmarks name theirs");
  systems.record = reference;
  return add(
      {.name = "Runner",
       .help = "Agents that make the load.",
       .fields = {text("name", "its name; without it that of the entry"),
                  text("namespace", "the Kubernetes namespace"),
                  choice("kind", {"process", "static", "kubernetes"}, "",
                         "agents started on this machine, at addresses, or as pods; without it by what else is given"),
                  count("agents", "", 1, 10'000, "how many; without it the addresses, spec.replicas, or 1"),
                  {.value = {.name = "addresses", .help = "of static agents"}, .shape = Shape::list, .form = &kAddress},
                  shaped("token", Shape::secret, "where the token is found that static agents ask for"),
                  text("ca", "PEM file of who signed the certificates of static agents"),
                  choice("on-agent-loss", {"go-on", "stop"}, "go-on",
                         "what a lost agent does to the run; it is an event of the result either way"),
                  systems,
                  shaped("metadata", Shape::any, "labels and annotations of the Deployment"),
                  shaped("spec", Shape::any, "the Kubernetes Deployment's spec"),
                  shaped("resources", Shape::any, "requests and limits of the agent's container"),
                  text("image", "of the agent's container"),
                  choice("imagePullPolicy", {"Always", "IfNotPresent", "Never"}, "",
                         "when the image is fetched; without it Always")}});
}

const RecordSpec* Schema::add_benchmark(const Catalogue& catalogue, const RecordSpec* reference) {
  std::vector<std::string_view> names;
  std::vector<FieldSpec::Variant> tables;
  for (const Catalogue::Table& workload : catalogue.workloads) {
    names.push_back(workload.name);
    tables.push_back(
        {workload.name, add_options(fmt::format("{}_options", workload.name), workload.summary, workload.options)});
  }
  FieldSpec options = variant_field("options", "workload", tables, "of the workload, as in `assay workloads NAME`");
  options.options = options.strict = true;
  const FieldSpec workload =
      choice("workload", names, "",
             "what is run; without it, of a group its benchmark's, and of a benchmark that of each of its groups");
  const RecordSpec* load =
      add_options("Load", "A run: its phases, rate and clients, as of `assay run`.", catalogue.load);
  FieldSpec system = of_record("system", Shape::reference, reference,
                               "what is put under load; without it the runner's, or the only one");
  const FieldSpec name = text("name", "its name");

  RecordSpec group{.name = "Group",
                   .help = "Clients of one workload, beside other groups.",
                   .fields = {required(name), workload, options, system}};
  append_options(group, catalogue.group);
  const RecordSpec* groups = add(std::move(group));
  const RecordSpec* step =
      add({.name = "Step",
           .help = "One run of several; what it does not say is the benchmark's.",
           .fields = {name, table_field("load", load, "what differs from the benchmark's"), options}});
  FieldSpec condition{.value = {.name = "fail-if", .help = "conditions that fail the run; docs/thresholds.md"},
                      .shape = Shape::list,
                      .form = &kCondition};
  FieldSpec abort = condition;
  abort.value.name = "abort-if";
  abort.value.help = "conditions that end the run as soon as one holds, and fail it";
  const RecordSpec* thresholds =
      add({.name = "Thresholds", .help = "What judges a run.", .fields = {condition, abort}});
  const RecordSpec* action = add(
      {.name = "Action",
       .help = "A timed step beside the load.",
       .fields = {
           name,
           required({.value = {.name = "at", .type = OptionType::duration, .help = "since the load began", .min = 0}}),
           required(choice("kind", {"rate", "clients", "remove", "command"}, "",
                           "another rate or number of clients of a group, its removal, or a program")),
           text("group", "whose rate or clients; without it the only one's"),
           formed("rate", kSchedule, "", "from then on"),
           count("clients", "", 1, 1e7, "from then on"),
           {.value = {.name = "command", .help = "the program and its arguments"}, .shape = Shape::list}}});

  FieldSpec config = variant_field("config", "benchmark", add_configs(), "pgdistbench's form of options and load");
  config.strict = true;
  RecordSpec benchmark{
      .name = "Benchmark",
      .help = "A workload that is run against a system.",
      .fields = {text("name", "its name; without it that of the entry"),
                 of_record("runner", Shape::reference, reference, "who makes the load; without it this process"),
                 system, workload, options,
                 choice("benchmark", {"tpcc", "tpch", "chbench", "k8stress"}, "",
                        "pgdistbench's form: the workload of `config`"),
                 config, table_field("load", load, "phases, rate and clients of the run"),
                 of_record("groups", Shape::records, groups,
                           "several groups of clients at once; without it the workload's own"),
                 of_record("steps", Shape::records, step, "several runs, one behind the other; without it one"),
                 count("repetitions", "1", 1, 1000, "how often each run is made"),
                 of_record("thresholds", Shape::record, thresholds, "what judges each run"),
                 of_record("actions", Shape::records, action, "timed steps beside the load")}};
  append_options(benchmark, catalogue.benchmark);
  return add(std::move(benchmark));
}

Schema::Schema(const Catalogue& catalogue) {
  const RecordSpec* reference = add({.name = "Reference",
                                     .help = "Another entry of the plan, by its name.",
                                     .fields = {required(text("name", "of the entry")),
                                                text("namespace", "the entry's"), text("kind", "the entry's")},
                                     .alone = "name"});
  const RecordSpec* system = add_system(catalogue);
  const RecordSpec* runner = add_runner(reference);
  const RecordSpec* benchmark = add_benchmark(catalogue, reference);
  plan_ = add({.name = "Plan",
               .help = "Systems, runners and benchmarks.",
               .fields = {{.value = {.name = "include", .help = "other files of the plan, beside this one"},
                           .shape = Shape::list},
                          of_record("systems", Shape::named, system, "what is put to the test"),
                          of_record("runners", Shape::named, runner, "who makes the load"),
                          of_record("benchmarks", Shape::named, benchmark, "what is run")},
               .extensions = "x-"});
}

}  // namespace assay::plan
