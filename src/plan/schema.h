// The schema of a plan, once, as data. The reader, the JSON Schema, the KCL package and the tables of docs/plans.md are all
// made from it.
//
// Records, fields and shapes are those of input/record.h; what they are made of is the Catalogue's.
#pragma once

#include "input/check.h"
#include "plan/catalogue.h"

#include <deque>
#include <string_view>
#include <vector>

namespace assay::plan {

using input::Environment;
using input::expand;
using input::FieldSpec;
using input::Form;
using input::looks_like_another_type;
using input::Mark;
using input::Mistake;
using input::Mistakes;
using input::Node;
using input::NodePtr;
using input::RecordSpec;
using input::scalar_node;
using input::Shape;
using input::Subject;
using input::Value;
using input::without_defaults;

// What a text must be besides.
extern const Form kCondition, kSchedule, kThinkTime, kUrl, kAddress, kDurationOrNanoseconds;

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

}  // namespace assay::plan
