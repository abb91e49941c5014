// Files of a plan: read, evaluated when they are programs, put together, checked, built.
#include "base/error.h"
#include "base/process.h"
#include "input/text_file.h"
#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay::plan {
namespace {

constexpr Subject kSubject{.name = "plan", .has = "systems, runners, benchmarks", .more = "'include'"};
constexpr std::size_t kMostFiles = 100;
constexpr Nanos kKclLimit = std::chrono::seconds(60);
constexpr std::string_view kKclInstall =
    "plans in KCL are evaluated by it: go install kcl-lang.io/cli/cmd/kcl@v0.12.8, and see that it is in PATH";

bool is_kcl(const std::filesystem::path& path) { return path.extension() == ".k" || path.extension() == ".kcl"; }

/// kcl colours its messages whoever reads them.
std::string without_colours(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text.substr(i, 2) == "\x1b[") {
      while (i < text.size() && text[i] != 'm') i++;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// What `kcl` makes of a program, as JSON. Throws Error.
std::string evaluate_kcl(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw Error(fmt::format("{} cannot be read; expected a file with a plan", path.string()));
  const ProcessOutcome outcome =
      run_process({"kcl", "run", path.string(), "--format", "json"}, {}, kKclInstall, kKclLimit);
  if (outcome.exit_code == 0) return outcome.out;
  std::string said = without_colours(outcome.err.empty() ? outcome.out : outcome.err);
  while (said.ends_with('\n')) said.pop_back();
  throw Error(fmt::format("kcl ends with {}:\n{}", outcome.exit_code, said));
}

/// A tree without places, with the fields of a plan only: the other names of a program are its own variables.
NodePtr without_marks(const NodePtr& node, std::uint32_t file) {
  Node out = *node;
  out.mark = {file, 0, 0};
  for (NodePtr& item : out.items) item = without_marks(item, file);
  for (Node::Member& member : out.members) {
    member.mark = out.mark;
    member.value = without_marks(member.value, file);
  }
  return std::make_shared<const Node>(std::move(out));
}

class Files {
 public:
  Files(const Schema& schema, const Environment& environment, Mistakes& mistakes)
      : schema_(schema), environment_(environment), mistakes_(mistakes) {}

  /// All that the file and its includes have; nullptr when nothing could be read.
  NodePtr read(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::filesystem::path same = std::filesystem::weakly_canonical(path, ignored);
    open_.push_back(same);
    seen_.insert(same);
    const std::uint32_t file = mistakes_.add_file(path.string());
    NodePtr out;
    if (path == "-") {
      out = parse(input::read_file(path, kSubject), file, ".");
    } else if (is_kcl(path)) {
      std::string json;
      try {
        json = evaluate_kcl(path);
      } catch (const Error& error) {
        mistakes_.add({file, 0, 0}, "", error.what());
        open_.pop_back();
        return nullptr;
      }
      out = of_program(json, file, path.parent_path());
    } else {
      out = parse(input::read_file(path, kSubject), file, path.parent_path());
    }
    open_.pop_back();
    return out;
  }

  NodePtr parse(std::string_view text, std::uint32_t file, const std::filesystem::path& folder) {
    NodePtr root =
        parse_yaml(text, file, kSubject, [&](Mark mark, const std::string& what) { mistakes_.add(mark, "", what); });
    return root == nullptr ? nullptr : with_includes(root, folder);
  }

 private:
  NodePtr of_program(std::string_view json, std::uint32_t file, const std::filesystem::path& folder) {
    NodePtr root = parse_yaml(json, file, kSubject, [&](Mark, const std::string& what) {
      mistakes_.add({file, 0, 0}, "", what);
    });
    if (root == nullptr) return nullptr;
    Node plan = *without_marks(root, file);
    std::erase_if(plan.members,
                  [&](const Node::Member& member) { return schema_.plan().find(member.name) == nullptr; });
    return with_includes(std::make_shared<const Node>(std::move(plan)), folder);
  }

  NodePtr with_includes(const NodePtr& root, const std::filesystem::path& folder) {
    const Node* include = root->kind == Node::Kind::map ? root->find("include") : nullptr;
    if (include == nullptr) return root;
    Node all = *root;
    std::vector<NodePtr> names;
    if (include->kind == Node::Kind::scalar)
      names.push_back(scalar_node(include->text, include->quoted, include->mark));
    if (include->kind == Node::Kind::list) names = include->items;
    for (const NodePtr& name : names)
      if (name->kind == Node::Kind::scalar) add(all, *name, folder);  // else the schema complains
    return std::make_shared<const Node>(std::move(all));
  }

  void add(Node& all, const Node& name, const std::filesystem::path& folder) {
    try {
      const std::filesystem::path path = folder / expand(name.text, environment_).text;
      std::error_code ignored;
      const std::filesystem::path same = std::filesystem::weakly_canonical(path, ignored);
      if (std::find(open_.begin(), open_.end(), same) != open_.end())
        throw Error(fmt::format("{} includes itself", name.text));
      if (seen_.find(same) != seen_.end()) return;  // included by two: there once
      if (seen_.size() >= kMostFiles) throw Error(fmt::format("more than {} files", kMostFiles));
      if (const NodePtr more = read(path)) join(all, *more);
    } catch (const Error& error) {
      mistakes_.add(name.mark, "include", fmt::format("include: {}", error.what()));
    }
  }

  /// Sections are put together entry by entry; an entry in both is a mistake.
  void join(Node& all, const Node& more) {
    if (more.kind != Node::Kind::map) {
      mistakes_.add(more.mark, "", fmt::format("the plan is {}; expected a map", describe(more)));
      return;
    }
    for (const Node::Member& section : more.members) {
      const auto found = std::find_if(all.members.begin(), all.members.end(),
                                      [&](const Node::Member& m) { return m.name == section.name; });
      if (section.name == "include") continue;
      if (found == all.members.end()) {
        all.members.push_back(section);
        continue;
      }
      if (found->value->kind != Node::Kind::map || section.value->kind != Node::Kind::map) continue;
      Node both = *found->value;
      for (const Node::Member& entry : section.value->members) {
        const auto twice = std::find_if(both.members.begin(), both.members.end(),
                                        [&](const Node::Member& m) { return m.name == entry.name; });
        if (twice == both.members.end()) {
          both.members.push_back(entry);
          continue;
        }
        both.again.push_back(entry);
        mistakes_.add(entry.mark, fmt::format("{}.{}", section.name, entry.name),
                      fmt::format("'{}' is in {} too, in line {}", entry.name, mistakes_.files()[twice->mark.file],
                                  twice->mark.line));
      }
      found->value = std::make_shared<const Node>(std::move(both));
    }
  }

  const Schema& schema_;
  const Environment& environment_;
  Mistakes& mistakes_;
  std::vector<std::filesystem::path> open_;  // from the first file to the one being read
  std::set<std::filesystem::path> seen_;
};

void finish(Reading& reading, const NodePtr& root, const Catalogue& catalogue, const Environment& environment) {
  if (root == nullptr) return;
  reading.checked = check(root, reading.schema->plan(), kSubject, environment, reading.mistakes);
  if (root->kind != Node::Kind::map) return;
  Plan plan = build_plan(*reading.checked, catalogue, reading.mistakes);
  if (!reading.mistakes.any()) reading.plan = std::move(plan);
}

}  // namespace

Reading read_plan(const std::filesystem::path& file, const Catalogue& catalogue, const Environment& environment) {
  Reading reading{.schema = std::make_shared<const Schema>(catalogue), .mistakes = {}, .checked = {}, .plan = {}};
  Files files(*reading.schema, environment, reading.mistakes);
  finish(reading, files.read(file), catalogue, environment);
  return reading;
}

Reading read_plan_text(std::string_view text, std::string name, const std::filesystem::path& folder,
                       const Catalogue& catalogue, const Environment& environment) {
  Reading reading{.schema = std::make_shared<const Schema>(catalogue), .mistakes = {}, .checked = {}, .plan = {}};
  Files files(*reading.schema, environment, reading.mistakes);
  const std::uint32_t file = reading.mistakes.add_file(std::move(name));
  finish(reading, files.parse(text, file, folder), catalogue, environment);
  return reading;
}

}  // namespace assay::plan
