// What is wrong with a text, all of it, each with its place. Notes are what a person should know and what stops nothing.
#pragma once

#include "input/node.h"

#include <string>
#include <vector>

namespace assay::input {

struct Mistake {
  Mark mark;
  std::string path;  // "systems.pg.count"; "" for the text as a whole
  std::string text;  // what was found, and what is expected
  bool note = false;
};

class Mistakes {
 public:
  std::uint32_t add_file(std::string name);
  const std::vector<std::string>& files() const noexcept { return files_; }

  void add(Mark, std::string path, std::string text);
  void note(Mark, std::string path, std::string text);
  bool any() const;  // beside notes
  /// Whether one stands from `begin` on and before `end`, in the file of `begin`.
  bool any_between(Mark begin, Mark end) const;

  /// In the order of the files and of what stands in them.
  std::vector<Mistake> sorted() const;
  /// "plan.yaml:3:5: text"; "plan.k: systems.pg: text" where no line is known.
  std::string line(const Mistake&) const;

 private:
  std::vector<std::string> files_;
  std::vector<Mistake> list_;
};

}  // namespace assay::input
