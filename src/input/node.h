// A structured text as it was written: a tree of scalars, lists and maps in which every part knows its place.
//
// YAML and JSON become one by parse_yaml(); emit_yaml() writes one so that it reads back the same. Aliases share their node,
// so a tree is a graph without cycles. Nodes are immutable once they are shared. No schema is known here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::input {

/// Line and column from 1; line 0: not known, as in what a program made. `file` indexes Mistakes::files().
struct Mark {
  std::uint32_t file = 0;
  int line = 0, column = 0;
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Node {
  enum class Kind { null, scalar, list, map };
  struct Member {
    std::string name;
    Mark mark;  // of the name
    NodePtr value;
  };
  Kind kind = Kind::null;
  Mark mark;
  std::string text;  // of a scalar
  bool quoted = false;
  std::vector<NodePtr> items;   // of a list
  std::vector<Member> members;  // of a map, in their order; names are unique
  std::vector<Member>
      again;  // whose names stand in the map already: a mistake that was told, and there may be more in them
  std::uint64_t weight = 1;  // nodes, counted as often as they are named by aliases
  std::string comment = {};  // for emit_yaml: a line above the node's first

  const Node* find(std::string_view name) const;
};

/// "${NAME:-…}" for "${NAME:-INSTEAD}": what a variable has by default may be a secret, and is in no message.
std::string without_defaults(std::string_view text);
/// "a list", "a map", "nothing", "the text 'x'": what was found, for messages; no secret is shown.
std::string describe(const Node&);

/// Whether other readers of YAML would take the text for a number, a truth value or nothing.
bool looks_like_another_type(std::string_view text);
NodePtr scalar_node(std::string text, bool quoted, Mark = {});

/// What a text is, for messages.
struct Subject {
  std::string_view name;       // "plan"
  std::string_view has;        // what stands in it: "systems, runners, benchmarks"
  std::string_view more = {};  // what makes one of several files: "'include'"; "": nothing does
};

/// Takes what is wrong with a text.
using Complaint = std::function<void(Mark, const std::string&)>;

/// The one document of a text; nullptr when it is none. What is wrong with it `complain` is told, a name that stands in a map
/// twice too. Marks name `file`. YAML 1.2
/// with merge keys (<<); JSON is understood as YAML. At most 4 MiB, 64 levels, and 1,000,000 nodes with what aliases repeat.
NodePtr parse_yaml(std::string_view text, std::uint32_t file, const Subject&, const Complaint& complain);
inline constexpr std::size_t kMostBytes = 4 << 20;  // of a text

/// Block style, two spaces a level, ends with a line break.
std::string emit_yaml(const Node&);

}  // namespace assay::input
