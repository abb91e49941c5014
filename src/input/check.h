// A tree held against a table of records: every value with its place and what the table says of it, and every mistake.
//
// What is wrong is told and left out, so that one pass finds all mistakes. Values point into the table and share the nodes.
#pragma once

#include "input/mistakes.h"
#include "input/record.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::input {

/// A variable of the environment; nullopt: not set. Empty: texts have no variables, and stand for themselves.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

struct Value {
  struct Member;
  const FieldSpec* spec = nullptr;
  const RecordSpec* record = nullptr;  // of a record: which one it is
  Mark mark;
  std::string path;
  std::string text;             // of a scalar, ${NAME} replaced
  std::string written;          // Expanded::shown; what may be shown
  std::vector<Member> members;  // of records by field, of named by name, of lists by ""
  NodePtr node;
  bool again = false;  // its name stands there already, which was told

  /// nullptr: not given, or wrong.
  const Value* find(std::string_view name) const;
  Value* find(std::string_view name);
  std::string text_of(std::string_view name) const;          // "" when it is not given
  std::string text_or_default(std::string_view name) const;  // of a record: else what the field has by default
};

struct Value::Member {
  Member(std::string member_name, Value member_value);
  std::string name;
  Value value;
};

/// `root` as the record.
Value check(const NodePtr& root, const RecordSpec&, const Subject&, const Environment&, Mistakes&);

struct Expanded {
  std::string text;
  std::string
      shown;  // as it was written, but for defaults that have a secret of the text, or one of their own, in them
};
/// ${NAME} and ${NAME:-instead} replaced; $${ is a plain ${. Throws Error.
Expanded expand(std::string_view written, const Environment&);

}  // namespace assay::input
