// What the tests of the part store have in common: a target that takes rows and has no query language is looked at
// through split() and read() alone, each stretch in a session of its own.
//
// Rows are compared as texts, one for each row, that name kind and content of every cell: JSON by its meaning, timestamps
// cut to the target's resolution, arrays by their elements. The record (core/meta.h) is removed before and after each test.
#pragma once

#include "core/meta.h"
#include "drivers/conformance/conformance.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay::conformance {

class Store : public Conformance {
 protected:
  static constexpr std::string_view kWorkload = "conf_store";

  Store();
  ~Store() override;

  Meta meta() { return Meta(*session_, kWorkload); }
  static RowsNote note(std::string_view name, std::string_view value = "done") { return {kWorkload, name, value}; }

  /// Rows of conf_pairs, whose ids these are.
  static RowBatch pairs(std::span<const std::int64_t> ids);
  static RowBatch pairs(std::initializer_list<std::int64_t> ids) { return pairs(std::span(ids.begin(), ids.size())); }
  static RowBatch pairs_from(std::int64_t first, std::int64_t count);
  /// Makes table and record anew.
  void create_all(const Table&);

  /// As what is read of them is described.
  std::vector<std::string> described(const Table&, const RowBatch&) const;
  /// The rows of the table, sorted; cut into stretches of about so many.
  std::vector<std::string> read_all(const Table&, std::uint64_t rows = 1'000);
  void expect_rows(const Table&, const RowBatch&, std::uint64_t rows = 1'000);

 private:
  const RowsTraits& traits() const { return *traits_; }

  const RowsTraits* traits_;
};

}  // namespace assay::conformance
