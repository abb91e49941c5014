// Generators as they are written, to what they mean for a column of a type. Internal to this folder.
#pragma once

#include "dataset/schema.h"
#include "input/check.h"

#include <map>
#include <string>
#include <vector>

namespace assay::dataset {

/// Of a checked `type`.
Type type_of(const input::Value&);
/// What the name of a type says of the values: text of type `email`.
std::optional<Wording> wording_of(const input::Value& type);

class GeneratorReader {
 public:
  using Names = std::map<std::string, std::size_t, std::less<>>;
  /// `tables` and the rest outlive it; constants go to `store`.
  GeneratorReader(const Names& tables, RowBatch& store, input::Mistakes& mistakes)
      : tables_(tables), store_(store), mistakes_(mistakes) {}

  /// Tells what is wrong, and answers nothing then.
  std::optional<Generator> read(const input::Value& generator, const Type&);
  /// Without one: numbers, words, all the values there are. Keys count.
  Generator by_default(const Type&, std::optional<Wording>, bool key);
  /// A column or a field of a document, but for what makes it a key or points elsewhere.
  std::optional<Column> column(const input::Value&, bool key);
  Distribution distribution(const input::Value* given, const Type&, bool ordered);
  std::optional<std::size_t> table(const input::Value& name);

 private:
  void refuse(const input::Value& at, const std::string& text) { mistakes_.add(at.mark, at.path, text); }
  std::optional<Generator> made(const input::Value&, const Type&);
  Range range(const input::Value&, const Type&);
  Range instants(const input::Value&, const Type&);
  Range seconds(const input::Value&, const Type&);
  Generator of_length(const input::Value&, const Type&);
  std::vector<Value> constants(const input::Value& list, const Type&);
  OneOf one_of(const input::Value&, const Type&);
  Object object(const input::Value&);

  const Names& tables_;
  RowBatch& store_;
  input::Mistakes& mistakes_;
};

/// Numbers of at most so many significant digits between two: a grid of multiples of a power of ten. Throws Error when there is
/// none, or one beyond ±10^37.
Range decimal_grid(double low, double high, int digits);

}  // namespace assay::dataset
