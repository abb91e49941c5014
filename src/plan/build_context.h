// What building a plan's entries has in common: where mistakes go, and which names there are. Internal to this folder.
//
// Copies share what they refer to; all of it outlives them. One thread.
#pragma once

#include "plan/plan.h"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace assay::plan {

/// A table's options with what a record gives of them.
Options options_from(std::span<const OptionSpec> table, const Value* record);

class BuildContext {
 public:
  using Names = std::map<std::string, std::size_t>;  // to the index in the plan
  struct Entries {
    Plan plan;
    Names systems, runners, benchmarks;
  };
  BuildContext(const Catalogue& catalogue, Mistakes& mistakes, Entries& entries)
      : catalogue_(catalogue), mistakes_(mistakes), plan_(entries.plan), entries_(entries) {}

 protected:
  /// What a value came to that was not given.
  static void fill_in(Value& record, std::string_view name, const std::string& text);
  static std::string name_of(const std::string& key, const Value& value);
  /// Whether it stands there, be it right or wrong.
  static bool has(const Value& record, std::string_view name) { return record.node->find(name) != nullptr; }
  void refuse(const Value& value, const std::string& text) { mistakes_.add(value.mark, value.path, text); }
  void refuse(const Value& record, std::string_view name, const std::string& text);
  /// The entry that a reference names; tells when there is none.
  std::optional<std::size_t> resolve(const Value* reference, const Names& names, std::string_view what);
  void require_kind(const Value& reference, const System& system);

  const Catalogue& catalogue_;
  Mistakes& mistakes_;
  Plan& plan_;
  Entries& entries_;
};

/// The systems and runners that it names are in the plan already.
Benchmark build_benchmark(const BuildContext&, const std::string& key, Value&);

}  // namespace assay::plan
