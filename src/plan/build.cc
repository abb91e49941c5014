// From checked values to the types of a plan, and what no field alone can tell: names that nobody has, values that exclude
// each other. Systems and runners; benchmarks are in build_benchmark.cc.
#include "base/error.h"
#include "base/units.h"
#include "core/url.h"
#include "plan/build_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay::plan {
namespace {

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

class Builder : BuildContext {
 public:
  Builder(Value& checked, const BuildContext& context) : BuildContext(context), checked_(checked) {}

  void build() {
    each("systems", plan_.systems, entries_.systems,
         [&](const std::string& key, Value& value) { return system(key, value); });
    each("runners", plan_.runners, entries_.runners,
         [&](const std::string& key, Value& value) { return runner(key, value); });
    each("benchmarks", plan_.benchmarks, entries_.benchmarks,
         [&](const std::string& key, Value& value) { return build_benchmark(*this, key, value); });
    if (!mistakes_.any() && plan_.systems.empty() && plan_.runners.empty() && plan_.benchmarks.empty())
      mistakes_.add(checked_.mark, "", "the plan is empty; expected systems, runners and benchmarks");
  }

 private:
  template <class Items, class Make>
  void each(std::string_view section, Items& items, Names& names, Make make) {
    Value* all = checked_.find(section);
    if (all == nullptr) return;
    for (auto& [key, value] : all->members) {
      auto item = make(key, value);
      fill_in(value, "name", item.name);
      if (const auto [at, fresh] = names.emplace(item.name, items.size()); !fresh && !value.again)
        mistakes_.add(
            value.mark, value.path,
            fmt::format("the name '{}' has another entry of {} already; expected one of its own", item.name, section));
      items.push_back(std::move(item));
    }
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
      refuse(url,
             fmt::format("url: {}", url.text == url.written ? error.what()
                                                            : fmt::format("what '{}' stands for is no URL of a target",
                                                                          without_defaults(url.written))));
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

  Runner runner(const std::string& key, Value& value) {
    Runner out;
    out.name = name_of(key, value);
    out.name_space = value.text_of("namespace");
    bool provisioned = false;
    if (const Value* systems = value.find("systems"))
      for (const auto& [none, reference] : systems->members)
        if (const auto index = resolve(&reference, entries_.systems, "system")) {
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
    out.ca_file = value.text_of("ca");
    out.stop_on_loss = value.text_of("on-agent-loss") == "stop";
    agents(value, out);
    return out;
  }

  void agents(Value& value, Runner& out) {
    const Value* const given = value.find("addresses");  // not there, too, when they are wrong
    const bool none =
        !has(value, "addresses") || (given != nullptr && given->node->items.empty() && out.addresses.empty());
    if (out.kind == Runner::Kind::static_ && none)
      refuse(value, fmt::format("{} is static and has no addresses; expected addresses: [HOST:PORT]", value.path));
    std::set<std::string> known;
    for (const std::string& address : out.addresses)
      if (!known.insert(address).second) refuse(value, "addresses", fmt::format("{} stands there twice", address));
    for (const std::string_view name : {"addresses", "token", "ca"})
      if (out.kind != Runner::Kind::static_ && value.find(name) != nullptr)
        refuse(value, name, fmt::format("{} is of static agents; this runner is {}", name, value.text_of("kind")));
    if (out.kind != Runner::Kind::kubernetes)
      for (const std::string_view name : {"metadata", "resources", "image", "imagePullPolicy"})
        if (const Value* given = value.find(name))
          mistakes_.note(given->mark, given->path,
                         fmt::format("{} has no effect: the agents of {} are no pods", name, out.name));
    if (value.find("agents") != nullptr) {
      out.agents = static_cast<std::uint64_t>(parse_count(value.text_of("agents")));
      if (out.kind == Runner::Kind::process && out.agents > kMostProcesses)
        refuse(value, "agents",
               fmt::format("agents is {}; expected at most {} of one machine", out.agents, kMostProcesses));
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

  Value& checked_;
};

}  // namespace

Plan build_plan(Value& checked, const Catalogue& catalogue, Mistakes& mistakes) {
  BuildContext::Entries entries;
  Builder(checked, BuildContext(catalogue, mistakes, entries)).build();
  return std::move(entries.plan);
}

}  // namespace assay::plan
