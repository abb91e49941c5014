// Benchmarks: where they run, their steps, groups and actions.
#include "base/error.h"
#include "base/units.h"
#include "core/shared_options.h"
#include "plan/build_context.h"
#include "plan/config.h"
#include "results/measured_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace assay::plan {
namespace {

class BenchmarkBuilder : BuildContext {
 public:
  explicit BenchmarkBuilder(const BuildContext& context) : BuildContext(context) {}

  Benchmark build(const std::string& key, Value& value) {
    Benchmark out;
    out.name = name_of(key, value);
    const bool plain = value.find("workload") != nullptr, other = value.find("benchmark") != nullptr;
    if (plain && other)
      refuse(value, "benchmark",
             "benchmark stands beside workload; expected one of workload (with options and load) and benchmark (with "
             "config)");
    const std::string of_groups = first_workload_of_groups(value);
    if (!has(value, "workload") && !has(value, "benchmark") && of_groups.empty())
      refuse(value, fmt::format("{} does not say what is run; expected workload: {} (or one of each of its groups)",
                                value.path, workloads()));
    if (other)
      for (const std::string_view name : {"options", "load", "groups", "steps"})
        if (value.find(name) != nullptr)
          refuse(value, name, fmt::format("{} has no effect beside config; expected the form with workload", name));
    out.workload = plain || other ? value.text_of(plain ? "workload" : "benchmark") : of_groups;
    out.own = options_from(catalogue_.benchmark, &value);
    if (value.find("repetitions") != nullptr)
      out.repetitions = static_cast<std::uint64_t>(parse_count(value.text_of("repetitions")));
    where(value, out);
    if (other)
      take_config(value, out);
    else
      take_steps(value, out);
    take_groups(value, out);
    if (const Value* thresholds = value.find("thresholds")) {
      for (const auto& [list, into] : {std::pair{"fail-if", &out.fail_if}, {"abort-if", &out.abort_if}})
        if (const Value* conditions = thresholds->find(list))
          for (const auto& [none, condition] : conditions->members) {
            into->push_back(Threshold::parse(condition.text));
            require_names(condition, into->back(), out);
          }
    }
    take_actions(value, out);
    return out;
  }

 private:
  /// "": one of them does not say what it runs, or there are none.
  static std::string first_workload_of_groups(const Value& value) {
    const Value* groups = value.find("groups");
    if (groups == nullptr || groups->members.empty()) return "";
    for (const auto& [none, group] : groups->members)
      if (group.find("workload") == nullptr) return "";
    return groups->members.front().value.text_of("workload");
  }

  /// "Error: --name is …" as it reads in a plan.
  static std::string in_plan_words(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); i++) {
      if (text.substr(i, 2) == "--" && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n')) {
        i++;
        continue;
      }
      out += text[i] == '\n' ? ' ' : text[i];
    }
    return out;
  }

  const Catalogue::Table* table_of(std::string_view workload) const {
    for (const Catalogue::Table& table : catalogue_.workloads)
      if (table.name == workload) return &table;
    return nullptr;
  }
  /// Empty where the options are wrong, which is told elsewhere.
  std::vector<GroupShape> shapes_of(const std::string& workload, const Options& options) const {
    if (table_of(workload) == nullptr) return {};
    try {
      return catalogue_.groups_of(workload, options);
    } catch (const Error&) {
      return {};
    }
  }
  /// A condition on an operation or group that no step will have.
  void require_names(const Value& at, const Threshold& condition, const Benchmark& out) {
    for (const Step& step : out.steps) {
      MeasuredRun run;
      bool known = true;
      if (out.groups.empty()) known = add_shapes(run, shapes_of(out.workload, step.options), "");
      for (const Group& group : out.groups)
        known = known && add_shapes(run, shapes_of(group.workload, group.options), group.name);
      if (!known) continue;
      try {
        for (const ThresholdValue& value : condition.values()) value_in(run, value);
      } catch (const Error& error) {
        return refuse(at, error.what());
      }
    }
  }

  std::span<const OptionSpec> options_of(std::string_view workload) const {
    const Catalogue::Table* table = table_of(workload);
    return table == nullptr ? std::span<const OptionSpec>() : table->options;
  }

  /// Of the benchmark, and over it what a step or group has.
  static Options merged(Options base, const Value* over) {
    if (over != nullptr)
      for (const auto& [name, value] : over->members)
        if (base.find(name) != nullptr) base.set(name, value.text);
    return base;
  }

  /// Whether nothing of a map was left out as wrong: what contradicts what is told only then.
  static bool whole(const Value& record) {
    return record.node == nullptr || record.record == nullptr || record.members.size() >= record.node->members.size();
  }

  void require_good_load(const Value& at, const Options& load, const Benchmark& of) {
    std::vector<std::string> wrong;
    catalogue_.check_load(load, wrong);
    for (const std::string& text : wrong)
      if (!follows(at, text)) refuse(at, in_plan_words(text));
    if (whole(at)) require_enough(at, load, of);
  }
  /// Whether it is of an option that stands there and was left out as wrong: that one was told.
  static bool follows(const Value& at, const std::string& text) {
    if (whole(at) || at.node == nullptr) return false;
    return std::any_of(at.node->members.begin(), at.node->members.end(), [&](const auto& member) {
      return at.find(member.name) == nullptr && text.find("--" + member.name) != std::string::npos;
    });
  }
  void require_enough(const Value& at, const Options& load, const Benchmark& of) {
    if (!of.runner) return;
    for (const TooLittle& wrong : too_little_for(plan_.runners[*of.runner].agents, load)) {
      const Value* option = at.find(wrong.option);
      refuse(option == nullptr ? at : *option, in_plan_words(wrong.text));
    }
  }
  void require_good_options(const Value& at, const std::string& workload, const Options& options) {
    try {
      catalogue_.check_workload(workload, options);
    } catch (const Error& error) {
      if (!follows(at, error.what())) refuse(at, in_plan_words(error.what()));
    }
  }

  std::string workloads() const {
    std::vector<std::string_view> names;
    for (const Catalogue::Table& table : catalogue_.workloads) names.push_back(table.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  /// Who makes the load, and which systems are under it.
  void where(Value& value, Benchmark& out) {
    const Value* system = value.find("system");
    const auto named = resolve(system, entries_.systems, "system");
    if (named) require_kind(*system, plan_.systems[*named]);
    out.runner = resolve(value.find("runner"), entries_.runners, "runner");
    const bool cluster = out.workload == "k8stress";
    if (named) {
      out.systems = {*named};
    } else if (out.runner && !plan_.runners[*out.runner].systems.empty()) {
      out.systems = plan_.runners[*out.runner].systems;
    } else if (plan_.systems.size() == 1 && system == nullptr && !cluster && (out.runner || !has(value, "runner"))) {
      out.systems = {0};
      fill_in(value, "system", plan_.systems[0].name);
    } else if (system == nullptr && !cluster && (out.runner || !has(value, "runner"))) {
      refuse(value, fmt::format("{} does not say what is put under load; expected system: NAME{}", value.path,
                                out.runner ? ", or systems of its runner" : ""));
    }
    if (out.runner && named) {
      const auto& of_runner = plan_.runners[*out.runner].systems;
      if (!of_runner.empty() && std::find(of_runner.begin(), of_runner.end(), *named) == of_runner.end())
        refuse(*system, fmt::format("the runner {} does not have the system {} among its own",
                                    plan_.runners[*out.runner].name, plan_.systems[*named].name));
    }
  }

  void take_config(Value& value, Benchmark& out) {
    if (const Value* config = value.find("config")) out.config = *config;
    out.known_here = !options_of(out.workload).empty() && has_translation(out.workload);
    if (!out.known_here) {
      const Value& at = *value.find("benchmark");
      mistakes_.note(
          at.mark, at.path,
          fmt::format("{} is not in this build: its config was checked, and it cannot be run", out.workload));
      return;
    }
    Step step{.name = {}, .options = Options(options_of(out.workload)), .load = Options(catalogue_.load)};
    const Value& at = out.config ? *value.find("config") : value;
    if (!whole(at)) return;
    try {
      translate_config(out, step);
      catalogue_.check_workload(out.workload, step.options);
    } catch (const Error& error) {
      refuse(at, in_plan_words(error.what()));
    }
    out.steps.push_back(std::move(step));
  }

  void take_steps(const Value& value, Benchmark& out) {
    const Step base{.name = {},
                    .options = options_from(options_of(out.workload), value.find("options")),
                    .load = options_from(catalogue_.load, value.find("load"))};
    const Value* steps = value.find("steps");
    const Value* own_load = value.find("load");
    const Value* own_options = value.find("options");
    if (steps != nullptr && steps->members.empty() && steps->node->items.empty())
      refuse(value, "steps", fmt::format("{} has no step; expected one at least, or no steps", steps->path));
    if (steps == nullptr || steps->members.empty()) {
      require_good_load(own_load == nullptr ? value : *own_load, base.load, out);
      require_good_options(own_options == nullptr ? value : *own_options, out.workload, base.options);
      out.steps.push_back(base);
      return;
    }
    std::set<std::string> names;
    for (const auto& [none, step] : steps->members) {
      if (const std::string name = step.text_of("name"); !name.empty() && !names.insert(name).second)
        refuse(step, "name", fmt::format("the step '{}' stands here twice", name));
      Step next{.name = step.text_of("name"),
                .options = merged(base.options, step.find("options")),
                .load = merged(base.load, step.find("load"))};
      require_good_load(step.find("load") == nullptr ? step : *step.find("load"), next.load, out);
      require_good_options(step.find("options") == nullptr ? step : *step.find("options"), out.workload, next.options);
      out.steps.push_back(std::move(next));
    }
  }

  /// What each group has for itself.
  void require_no_load_of_groups(const Value* load) {
    for (const std::string_view name : {"clients", "sessions", "rate", "arrival", "think-time", "find-max"})
      if (load != nullptr && load->find(name) != nullptr)
        refuse(*load, name,
               fmt::format("load has {}, which each of the groups has for itself; expected it there", name));
  }

  void take_groups(const Value& value, Benchmark& out) {
    const Value* groups = value.find("groups");
    if (groups == nullptr) return;
    if (groups->members.empty() && groups->node->items.empty())
      refuse(value, "groups", fmt::format("{} has no group; expected one at least, or no groups", groups->path));
    require_no_load_of_groups(value.find("load"));
    if (const Value* steps = value.find("steps"))
      for (const auto& [none, step] : steps->members) require_no_load_of_groups(step.find("load"));
    Names names;
    for (const auto& [none, group] : groups->members) {
      Group next;
      next.name = group.text_of("name");
      next.workload = group.find("workload") == nullptr ? out.workload : group.text_of("workload");
      if (next.workload.empty()) continue;  // is told already
      const Value* options = group.find("options");
      next.options = next.workload == out.workload
                         ? merged(options_from(options_of(out.workload), value.find("options")), options)
                         : options_from(options_of(next.workload), options);
      require_good_options(options == nullptr ? group : *options, next.workload, next.options);
      next.load = options_from(catalogue_.group, &group);
      if (whole(group)) require_enough(group, next.load, out);
      next.system = resolve(group.find("system"), entries_.systems, "system");
      if (const auto [at, fresh] = names.emplace(next.name, 0); !fresh)
        refuse(group, "name", fmt::format("the group '{}' stands here twice", next.name));
      out.groups.push_back(std::move(next));
    }
  }

  void take_actions(const Value& value, Benchmark& out) {
    const Value* actions = value.find("actions");
    if (actions == nullptr) return;
    for (const auto& [none, action] : actions->members) {
      const std::string kind = action.text_of("kind");
      if (kind.empty()) continue;  // is told already
      Action next;
      next.name = action.text_of("name");
      if (action.find("at") != nullptr) {
        next.at = parse_duration(action.text_of("at"));
        require_in_time(value, *action.find("at"), next.at, out);
      } else {
        next.at = Nanos::max();  // is told already
      }
      next.group = action.text_of("group");
      next.kind = kind == "rate"      ? Action::Kind::rate
                  : kind == "clients" ? Action::Kind::clients
                  : kind == "remove"  ? Action::Kind::remove
                                      : Action::Kind::command;
      for (const std::string_view name : {"rate", "clients", "command"}) {
        if (kind == name && !has(action, name))
          refuse(action,
                 fmt::format("{} is of the kind {} and does not have it; expected {}: …", action.path, kind, name));
        if (kind != name && action.find(name) != nullptr)
          refuse(action, name, fmt::format("{} has no effect in an action of the kind {}", name, kind));
      }
      next.rate = action.text_of("rate");
      if (action.find("clients") != nullptr)
        next.clients = static_cast<std::uint64_t>(parse_count(action.text_of("clients")));
      if (const Value* command = action.find("command"))
        for (const auto& [nameless, word] : command->members) next.command.push_back(word.text);
      group_of(action, next, out);
      out.actions.push_back(std::move(next));
    }
    // A group that was removed has nothing to change any more.
    std::size_t i = 0;
    for (const auto& [none, action] : actions->members) {
      if (action.text_of("kind").empty()) continue;
      const Action& mine = out.actions[i++];
      if (mine.kind == Action::Kind::command || action.find("at") == nullptr) continue;
      for (const Action& other : out.actions)
        if (&other != &mine && other.kind == Action::Kind::remove && other.group == mine.group && other.at < mine.at) {
          refuse(action, fmt::format("{} is at {}, and its group was removed at {}; expected an instant before that",
                                     action.path, format_duration(mine.at), format_duration(other.at)));
          break;
        }
    }
  }

  void group_of(const Value& action, const Action& next, const Benchmark& out) {
    if (next.kind == Action::Kind::command) {
      if (!next.group.empty()) refuse(action, "group", "group has no effect in an action of the kind command");
      return;
    }
    std::vector<std::string> names;
    for (const Group& group : out.groups)
      if (std::find(names.begin(), names.end(), group.name) == names.end()) names.push_back(group.name);
    if (names.empty() && !out.steps.empty())
      for (const GroupShape& shape : shapes_of(out.workload, out.steps.front().options))
        if (!shape.triggered) names.push_back(shape.name);
    if (names.empty()) return;  // which workload it is, is told already, or its options are wrong
    if (next.group.empty() && names.size() > 1)
      refuse(action, fmt::format("{} does not say which group it changes; expected group: one of {}", action.path,
                                 fmt::join(names, ", ")));
    if (!next.group.empty() && std::find(names.begin(), names.end(), next.group) == names.end())
      refuse(action, "group",
             fmt::format("there is no group '{}' in this benchmark; it has {}", next.group, fmt::join(names, ", ")));
  }

  /// Of the shortest load that an action is in: one behind the end of it would fail the run.
  void require_in_time(const Value& benchmark, const Value& at, Nanos instant, const Benchmark& out) {
    if (!whole_loads(benchmark)) return;
    for (const Step& step : out.steps) {
      const std::vector<GroupShape> shapes = shapes_of(out.workload, step.options);
      const bool ends = std::any_of(shapes.begin(), shapes.end(), [](const GroupShape& shape) { return shape.ends; });
      if (ends && !step.load.given("duration")) continue;
      const Nanos length = catalogue_.length_of(step.load);
      if (instant < length) continue;
      refuse(at, fmt::format("{} is at {} of a load that lasts {}{}; expected an instant before its end", at.path,
                             format_duration(instant), format_duration(length),
                             step.name.empty() ? "" : fmt::format(" in the step {}", step.name)));
      return;
    }
  }
  /// Nothing of its loads was left out as wrong.
  static bool whole_loads(const Value& benchmark) {
    const Value* load = benchmark.find("load");
    if (load == nullptr ? has(benchmark, "load") : !whole(*load)) return false;
    if (const Value* steps = benchmark.find("steps"))
      for (const auto& [none, step] : steps->members)
        if (const Value* own = step.find("load"); own == nullptr ? has(step, "load") : !whole(*own)) return false;
    return true;
  }
};

}  // namespace

Benchmark build_benchmark(const BuildContext& context, const std::string& key, Value& value) {
  return BenchmarkBuilder(context).build(key, value);
}

}  // namespace assay::plan
