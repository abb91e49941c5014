// What a text may have, as data: records (maps with known fields) and the shapes of their fields.
//
// Whoever reads a kind of text (plans, schemas of data) makes tables of these once; check() holds texts against them. What is
// somebody else's (a Kubernetes spec) has the shape `any` and is passed through whole. Where the fields of a map depend on
// another field, or on one of its own, it has variants.
#pragma once

#include "core/options.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::input {

enum class Shape {
  value,      // a scalar: FieldSpec::value says which
  list,       // scalars; one alone may stand without the list
  secret,     // {env: NAME} or {file: PATH}: where a secret is found, never itself
  reference,  // the name of another entry, or a map with it
  record,     // a map with the fields of FieldSpec::record
  records,    // a list of them
  named,      // a map of them, by names that the user gives
  any,        // a map that is passed through
  tree,       // whatever stands there, passed through
};

struct FieldSpec;

/// What a text must be besides its type. Forms are constants, and are told apart by their address.
struct Form {
  std::string_view placeholder = {};                              // of messages and tables; "": that of the type
  void (*check)(const FieldSpec&, const std::string&) = nullptr;  // throws Error; nullptr: every text is good
  bool caret = false;  // the last line of check's Error may have a ^ under what is wrong, and text behind it
};

struct RecordSpec;

struct FieldSpec {
  OptionSpec value;  // its name, default and help; of scalars the type and limits too
  Shape shape = Shape::value;
  bool required = false;
  const Form* form = nullptr;
  const RecordSpec* record = nullptr;  // of record, records, named, reference
  std::string_view also = {};          // another name for it
  /// The field beside it, or one level up, whose value chooses the record; of no variant: `any`, or an error when strict.
  std::string_view selector = {};
  std::function<std::string(const std::string&)> chosen_by = {};  // the variant by the selector's value; throws Error
  /// The field in it whose value chooses the record. A scalar alone is that field.
  std::string_view tag = {};
  struct Variant {
    std::string_view when;
    const RecordSpec* record;
  };
  std::vector<Variant> variants = {};
  bool strict = false;         // see selector
  bool any_case = false;       // of a choice: CNPG as well as cnpg
  bool options = false;        // a table of options: what is not given keeps the default, which may depend on others
  bool inline_secret = false;  // of a secret: also itself, for plans of pgdistbench; a note advises against it
};

struct RecordSpec {
  std::string_view name;  // "System": of the KCL schema and the JSON Schema's definition
  std::string_view help;
  std::vector<FieldSpec> fields;
  std::string_view alone = {};       // a scalar alone is this field
  std::string_view extensions = {};  // names that begin so are anybody's own
  /// By its name or other name; nullptr: it has none such.
  const FieldSpec* find(std::string_view field) const;
};

/// What the values of a field look like: "DURATION", "list of CONDITION", "map".
std::string placeholder(const FieldSpec&);

}  // namespace assay::input
