// The schema of a plan, once, as data. The reader, the JSON Schema, the KCL package and the tables of docs/plans.md are all
// made from it.
//
// A record is a map with known fields; a field has one of a few shapes. What is somebody else's (a Kubernetes spec) has the
// shape `any` and is passed through whole. Where the fields of a map depend on another field, it has variants.
#pragma once

#include "core/options.h"
#include "plan/catalogue.h"

#include <deque>
#include <string_view>
#include <vector>

namespace assay::plan {

enum class Shape {
  value,      // a scalar: FieldSpec::value says which
  list,       // scalars; one alone may stand without the list
  secret,     // {env: NAME} or {file: PATH}: where a secret is found, never itself
  reference,  // the name of a system or runner, or a map with it as pgdistbench writes one
  record,     // a map with the fields of FieldSpec::record
  records,    // a list of them
  named,      // a map of them, by names that the user gives
  any,        // a map that is passed through
};

/// What a text must be besides.
enum class Form { text, condition, schedule, think_time, url, address, duration_or_nanoseconds, variable_list };

struct RecordSpec;

struct FieldSpec {
  OptionSpec value;  // its name, default and help; of scalars the type and limits too
  Shape shape = Shape::value;
  bool required = false;
  Form form = Form::text;
  const RecordSpec* record = nullptr;  // of record, records, named, reference
  /// The field beside it, or one level up, whose value chooses the record; of no variant: `any`, or an error when strict.
  std::string_view selector = {};
  struct Variant {
    std::string_view when;
    const RecordSpec* record;
  };
  std::vector<Variant> variants = {};
  bool any_case = false;       // of a choice: CNPG as well as cnpg
  bool options = false;        // a table of options: what is not given keeps the default, which may depend on others
  bool inline_secret = false;  // of a secret: also itself, for plans of pgdistbench; a note advises against it
};

struct RecordSpec {
  std::string_view name;  // "System": of the KCL schema and the JSON Schema's definition
  std::string_view help;
  std::vector<FieldSpec> fields;
  const FieldSpec* find(std::string_view field) const;
};

class Schema {
 public:
  /// The catalogue's tables must outlive it.
  explicit Schema(const Catalogue&);
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  const RecordSpec& plan() const noexcept { return *plan_; }
  /// Every record, each behind those that it names.
  const std::deque<RecordSpec>& records() const noexcept { return records_; }

 private:
  const RecordSpec* add(RecordSpec record);
  const RecordSpec* add_options(std::string_view name, std::string_view help, std::span<const OptionSpec>);
  const RecordSpec* add_system(const Catalogue&);
  const RecordSpec* add_runner(const RecordSpec* reference);
  const RecordSpec* add_benchmark(const Catalogue&, const RecordSpec* reference);
  std::vector<FieldSpec::Variant> add_configs();  // pgdistbench_schema.cc

  std::deque<std::string> names_;
  std::deque<RecordSpec> records_;
  const RecordSpec* plan_ = nullptr;
};

/// What the values of a field look like: "DURATION", "list of CONDITION", "map".
std::string placeholder(const FieldSpec&);

}  // namespace assay::plan
