// From checked values to the types of a plan, and what no field alone can tell: names that nobody has, values that exclude
// each other.
#include "base/error.h"
#include "base/units.h"
#include "core/url.h"
#include "plan/config.h"
#include "plan/plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace assay::plan {
namespace {

Options options_from(std::span<const OptionSpec> table, const Value* record) {
  Options out(table);
  if (record != nullptr)
    for (const auto& [name, value] : record->members)
      if (out.find(name) != nullptr) out.set(name, value.text);
  return out;
}

NodePtr passed_through(const Value& record, std::string_view name) {
  const Value* value = record.find(name);
  return value == nullptr || value->node->kind == Node::Kind::null ? nullptr : value->node;
}

std::optional<SecretReference> secret_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->members.empty()) return SecretReference{SecretReference::Source::in_plan, value->text};
  const auto& [source, where] = value->members.front();
  return SecretReference{source == "env" ? SecretReference::Source::environment : SecretReference::Source::file,
                         where.text};
}

class Builder {
 public:
  Builder(Value& checked, const Catalogue& catalogue, Mistakes& mistakes)
      : checked_(checked), catalogue_(catalogue), mistakes_(mistakes) {}

  Plan build() {
    each("systems", plan_.systems, system_names_,
         [&](const std::string& key, Value& value) { return system(key, value); });
    each("runners", plan_.runners, runner_names_,
         [&](const std::string& key, Value& value) { return runner(key, value); });
    each("benchmarks", plan_.benchmarks, benchmark_names_,
         [&](const std::string& key, Value& value) { return benchmark(key, value); });
    if (plan_.systems.empty() && plan_.runners.empty() && plan_.benchmarks.empty())
      mistakes_.add(checked_.mark, "", "the plan is empty; expected systems, runners and benchmarks");
    return std::move(plan_);
  }

 private:
  using Names = std::map<std::string, std::size_t>;

  template <class Items, class Make>
  void each(std::string_view section, Items& items, Names& names, Make make) {
    Value* all = checked_.find(section);
    if (all == nullptr) return;
    for (auto& [key, value] : all->members) {
      auto item = make(key, value);
      fill_in(value, "name", item.name);
      if (const auto [at, fresh] = names.emplace(item.name, items.size()); !fresh)
        mistakes_.add(
            value.mark, value.path,
            fmt::format("the name '{}' has another entry of {} already; expected one of its own", item.name, section));
      items.push_back(std::move(item));
    }
  }

  /// What a value came to that was not given.
  static void fill_in(Value& record, std::string_view name, const std::string& text) {
    if (record.find(name) != nullptr || text.empty() || record.record == nullptr) return;
    Value value;
    value.spec = record.record->find(name);
    value.mark = record.mark;
    value.text = value.written = text;
    const auto place = std::find_if(record.members.begin(), record.members.end(), [&](const auto& member) {
      const FieldSpec* spec = record.record->find(member.first);
      return spec != nullptr && spec > value.spec;
    });
    record.members.emplace(place, std::string(name), std::move(value));
  }

  static std::string name_of(const std::string& key, const Value& value) {
    const std::string name = value.text_of("name");
    return name.empty() ? key : name;
  }

  /// Whether it stands there, be it right or wrong.
  static bool has(const Value& record, std::string_view name) { return record.node->find(name) != nullptr; }

  void refuse(const Value& value, const std::string& text) { mistakes_.add(value.mark, value.path, text); }
  void refuse(const Value& record, std::string_view name, const std::string& text) {
    const Value* value = record.find(name);
    refuse(value == nullptr ? record : *value, text);
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

  System system(const std::string& key, Value& value) {
    System out;
    out.name = name_of(key, value);
    out.name_space = value.text_of("namespace");
    out.kind = value.text_of("kind") == "cnpg" ? System::Kind::cnpg : System::Kind::static_;
    if (value.find("count") != nullptr) out.count = static_cast<std::uint64_t>(parse_count(value.text_of("count")));
    out.options = options_from(catalogue_.system, &value);
    out.password = secret_of(value.find("password"));
    out.metadata = passed_through(value, "metadata");
    const Value* spec = value.find("spec");
    if (out.kind == System::Kind::cnpg) {
      for (const std::string_view name : {"url", "password", "options"})
        if (value.find(name) != nullptr)
          refuse(value, name, fmt::format("{} is of a static system; this one is cnpg", name));
      out.spec = passed_through(value, "spec");
      return out;
    }
    const bool found = value.find("url") != nullptr;
    if (value.find("kind") != nullptr && !has(value, "url") && !has(value, "spec"))
      refuse(value, fmt::format("{} does not say where it is; expected url, or spec with host", value.path));
    if (found && spec != nullptr) refuse(*spec, "url says where it is already; expected one of url and spec");
    if (out.count != 1)
      refuse(value, "count", fmt::format("count is {}; expected 1, as a static system is there once", out.count));
    if (found)
      take_url(value, out);
    else if (spec != nullptr)
      take_settings(*spec, out);
    return out;
  }

  void take_url(const Value& value, System& out) {
    const Value& url = *value.find("url");
    out.url = url.text;
    try {
      const std::string_view driver = catalogue_.driver_of(url.text);
      for (const Catalogue::Table& table : catalogue_.drivers)
        if (table.name == driver) out.driver_options = options_from(table.options, value.find("options"));
    } catch (const Error& error) {
      refuse(url, fmt::format("url: {}", url.text == url.written
                                             ? error.what()
                                             : fmt::format("what '{}' stands for is no URL of a target", url.written)));
    }
    if (url.text == url.written && !secrets_in(url.text).empty())
      refuse(url, "url has a password in it; expected password: {env: NAME} or {file: PATH}, or the URL from ${NAME}");
    else if (!secrets_in(url.text).empty() && out.password)
      refuse(value, "password", "password stands beside a url that has one already");
  }

  void take_settings(const Value& spec, System& out) {
    const auto text = [&](std::string_view name, std::string_view fallback) {
      return spec.find(name) == nullptr ? std::string(fallback) : spec.text_of(name);
    };
    const std::string user = text("user", "postgres"), host = text("host", "");
    out.url = fmt::format("postgres://{}@{}:{}/{}?sslmode={}", percent_encoded(user),
                          host.find(':') == std::string::npos ? host : "[" + host + "]", text("port", "5432"),
                          percent_encoded(text("database", user)), text("sslmode", "disable"));
    if (spec.find("password") != nullptr) out.password = secret_of(spec.find("password"));
    try {
      if (!host.empty()) catalogue_.driver_of(out.url);
    } catch (const Error& error) {
      refuse(spec, fmt::format("spec: {}", error.what()));
    }
  }

  static std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text)
      out +=
          std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").find(c) != std::string_view::npos
              ? std::string(1, c)
              : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  }

  std::optional<std::size_t> resolve(const Value* reference, const Names& names, std::string_view what) {
    if (reference == nullptr) return std::nullopt;
    const std::string name = reference->text.empty() ? reference->text_of("name") : reference->text;
    if (name.empty()) return std::nullopt;  // is told already
    if (const auto found = names.find(name); found != names.end()) return found->second;
    std::vector<std::string_view> known;
    for (const auto& [known_name, index] : names) known.push_back(known_name);
    const std::string_view nearest = nearest_name(known, name);
    refuse(*reference, fmt::format("there is no {} '{}'; {}", what, name,
                                   !nearest.empty() ? fmt::format("did you mean '{}'?", nearest)
                                   : known.empty()  ? fmt::format("the plan has none; expected it under {}s", what)
                                                    : fmt::format("expected {}", fmt::join(known, ", "))));
    return std::nullopt;
  }

  void require_kind(const Value& reference, const System& system) {
    std::string kind = reference.text_of("kind");
    std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string_view is = system.kind == System::Kind::cnpg ? "cnpg" : "static";
    if (!kind.empty() && kind != is)
      refuse(reference, "kind", fmt::format("kind is {}, and the system {} is {}", kind, system.name, is));
  }

  Runner runner(const std::string& key, Value& value) {
    Runner out;
    out.name = name_of(key, value);
    out.name_space = value.text_of("namespace");
    bool provisioned = false;
    if (const Value* systems = value.find("systems"))
      for (const auto& [none, reference] : systems->members)
        if (const auto index = resolve(&reference, system_names_, "system")) {
          out.systems.push_back(*index);
          require_kind(reference, plan_.systems[*index]);
          provisioned |= plan_.systems[*index].kind != System::Kind::static_;
        }
    if (const Value* addresses = value.find("addresses"))
      for (const auto& [none, address] : addresses->members) out.addresses.push_back(address.text);
    const std::string kind = value.text_of("kind");
    out.kind = kind == "static" || (kind.empty() && has(value, "addresses")) ? Runner::Kind::static_
               : kind == "kubernetes" || (kind.empty() && provisioned)       ? Runner::Kind::kubernetes
                                                                             : Runner::Kind::process;
    fill_in(value, "kind",
            out.kind == Runner::Kind::static_   ? "static"
            : out.kind == Runner::Kind::process ? "process"
                                                : "kubernetes");
    out.metadata = passed_through(value, "metadata");
    out.spec = passed_through(value, "spec");
    out.resources = passed_through(value, "resources");
    out.image = value.text_of("image");
    out.image_pull_policy = value.find("imagePullPolicy") == nullptr ? "Always" : value.text_of("imagePullPolicy");
    out.token = secret_of(value.find("token"));
    agents(value, out);
    return out;
  }

  void agents(Value& value, Runner& out) {
    if (out.kind == Runner::Kind::static_ && !has(value, "addresses"))
      refuse(value, fmt::format("{} is static and has no addresses; expected addresses: [HOST:PORT]", value.path));
    for (const std::string_view name : {"addresses", "token"})
      if (out.kind != Runner::Kind::static_ && value.find(name) != nullptr)
        refuse(value, name, fmt::format("{} is of static agents; this runner is {}", name, value.text_of("kind")));
    if (out.kind != Runner::Kind::kubernetes)
      for (const std::string_view name : {"metadata", "resources", "image", "imagePullPolicy"})
        if (const Value* given = value.find(name))
          mistakes_.note(given->mark, given->path,
                         fmt::format("{} has no effect: the agents of {} are no pods", name, out.name));
    if (value.find("agents") != nullptr) {
      out.agents = static_cast<std::uint64_t>(parse_count(value.text_of("agents")));
      if (!out.addresses.empty() && out.agents != out.addresses.size())
        refuse(value, "agents",
               fmt::format("agents is {} with {} addresses; expected one for each", out.agents, out.addresses.size()));
      return;
    }
    out.agents = std::max<std::size_t>(1, out.addresses.size());
    const Node* replicas = out.spec == nullptr ? nullptr : out.spec->find("replicas");
    if (replicas != nullptr && out.addresses.empty()) try {
        const std::int64_t n = parse_count(replicas->text);
        if (n >= 1 && n <= 10'000) out.agents = static_cast<std::uint64_t>(n);
      } catch (const Error&) {  // Kubernetes says what is wrong with it
      }
    fill_in(value, "agents", std::to_string(out.agents));
  }

  std::span<const OptionSpec> options_of(std::string_view workload) const {
    for (const Catalogue::Table& table : catalogue_.workloads)
      if (table.name == workload) return table.options;
    return {};
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

  void require_good_load(const Value& at, const Options& load) {
    if (!whole(at)) return;
    std::vector<std::string> wrong;
    catalogue_.check_load(load, wrong);
    for (const std::string& text : wrong) refuse(at, in_plan_words(text));
  }
  void require_good_options(const Value& at, const std::string& workload, const Options& options) {
    if (!whole(at)) return;
    try {
      catalogue_.check_workload(workload, options);
    } catch (const Error& error) {
      refuse(at, in_plan_words(error.what()));
    }
  }

  Benchmark benchmark(const std::string& key, Value& value) {
    Benchmark out;
    out.name = name_of(key, value);
    const bool plain = value.find("workload") != nullptr, other = value.find("benchmark") != nullptr;
    if (plain && other)
      refuse(value, "benchmark",
             "benchmark stands beside workload; expected one of workload (with options and load) and benchmark (with "
             "config)");
    if (!has(value, "workload") && !has(value, "benchmark"))
      refuse(value, fmt::format("{} does not say what is run; expected workload: {}", value.path, workloads()));
    if (other)
      for (const std::string_view name : {"options", "load", "groups", "steps"})
        if (value.find(name) != nullptr)
          refuse(value, name, fmt::format("{} has no effect beside config; expected the form with workload", name));
    out.workload = value.text_of(plain ? "workload" : "benchmark");
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
          for (const auto& [none, condition] : conditions->members) into->push_back(Threshold::parse(condition.text));
    }
    take_actions(value, out);
    return out;
  }

  std::string workloads() const {
    std::vector<std::string_view> names;
    for (const Catalogue::Table& table : catalogue_.workloads) names.push_back(table.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  /// Who makes the load, and which systems are under it.
  void where(Value& value, Benchmark& out) {
    const Value* system = value.find("system");
    const auto named = resolve(system, system_names_, "system");
    if (named) require_kind(*system, plan_.systems[*named]);
    out.runner = resolve(value.find("runner"), runner_names_, "runner");
    const bool cluster = out.workload == "k8stress";
    if (named) {
      out.systems = {*named};
    } else if (out.runner && !plan_.runners[*out.runner].systems.empty()) {
      out.systems = plan_.runners[*out.runner].systems;
    } else if (plan_.systems.size() == 1 && !has(value, "runner") && !cluster) {
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
    if (steps == nullptr || steps->members.empty()) {
      require_good_load(own_load == nullptr ? value : *own_load, base.load);
      require_good_options(own_options == nullptr ? value : *own_options, out.workload, base.options);
      out.steps.push_back(base);
      return;
    }
    for (const auto& [none, step] : steps->members) {
      Step next{.name = step.text_of("name"),
                .options = merged(base.options, step.find("options")),
                .load = merged(base.load, step.find("load"))};
      require_good_load(step.find("load") == nullptr ? step : *step.find("load"), next.load);
      require_good_options(step.find("options") == nullptr ? step : *step.find("options"), out.workload, next.options);
      out.steps.push_back(std::move(next));
    }
  }

  void take_groups(const Value& value, Benchmark& out) {
    const Value* groups = value.find("groups");
    if (groups == nullptr) return;
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
      next.system = resolve(group.find("system"), system_names_, "system");
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
      if (kind.empty() || action.find("at") == nullptr) continue;  // is told already
      Action next;
      next.name = action.text_of("name");
      next.at = parse_duration(action.text_of("at"));
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
  }

  void group_of(const Value& action, const Action& next, const Benchmark& out) {
    if (next.kind == Action::Kind::command) {
      if (!next.group.empty()) refuse(action, "group", "group has no effect in an action of the kind command");
      return;
    }
    const bool known =
        std::any_of(out.groups.begin(), out.groups.end(), [&](const Group& group) { return group.name == next.group; });
    if (!out.groups.empty() && next.group.empty() && out.groups.size() > 1)
      refuse(action, fmt::format("{} does not say which group it changes; expected group: NAME", action.path));
    if (!out.groups.empty() && !next.group.empty() && !known)
      refuse(action, "group", fmt::format("there is no group '{}' in this benchmark", next.group));
  }

  Value& checked_;
  const Catalogue& catalogue_;
  Mistakes& mistakes_;
  Plan plan_;
  Names system_names_, runner_names_, benchmark_names_;
};

}  // namespace

Plan build_plan(Value& checked, const Catalogue& catalogue, Mistakes& mistakes) {
  return Builder(checked, catalogue, mistakes).build();
}

}  // namespace assay::plan
