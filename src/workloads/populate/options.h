// What the user asked of populate, read from its option table.
#pragma once

#include "core/options.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::populate {

inline constexpr std::string_view kWorkload = "populate";  // in assay_meta

/// What becomes of tables that are there: none may be, their rows go first, rows are added.
enum class Mode : std::uint8_t { create, truncate, append };

/// Numbers of rows: first ≤ row < end.
struct RowRange {
  std::uint64_t first = 0, end = 0;
  std::uint64_t size() const noexcept { return end > first ? end - first : 0; }
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

/// Weights of what a run changes; all 0: it loads.
struct ChangeMix {
  double insert = 0, update = 0, remove = 0;
  bool any() const noexcept { return insert + update + remove > 0; }
};
/// "insert=20,update=60,delete=20". Throws Error.
ChangeMix parse_changes(std::string_view text);
std::string to_text(const ChangeMix&);

struct Settings {
  std::string schema_file;  // "": that of the record
  std::optional<std::uint64_t> row_count;
  Mode mode = Mode::create;
  bool mode_given = false;
  std::uint64_t batch_rows = 0;  // of a chunk, which is a transaction where there are any
  bool dry_run = false, schema_only = false, data_only = false;
  std::vector<std::string> tables;  // empty: all
  double most_rows_per_second = 0;  // 0: no limit
  std::optional<RowRange> rows;     // of each table; nullopt: all, or the shard's share
  ChangeMix changes;
};

std::span<const OptionSpec> option_table();
/// Throws Error when options contradict each other.
Settings read_options(const Options&);

}  // namespace assay::populate
