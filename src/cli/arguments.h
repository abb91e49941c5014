// The command line, taken apart by tables: `--name value`, `--name=value`, a flag alone, positional words.
//
// A command says which tables its options come from (its own, the workload's); each option goes to the table that has it.
// Every mistake is found before anything is done, and all are reported at once.
#pragma once

#include "core/options.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

/// What stood on the command line, not yet matched with tables.
struct Words {
  std::vector<std::string> positional;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> mistakes;  // options that no table has, with the nearest name; missing values
  bool help = false;
};

/// Takes `arguments` apart. Flags of the tables, and options that say so, may stand without a value; any other needs one.
/// What is wrong is kept in `mistakes` until `assign` or `refuse_mistakes`, so that it is told together with all other mistakes.
Words take_apart(std::span<const std::string> arguments, std::span<const std::span<const OptionSpec>> tables);
/// The names that `take_apart` needs the tables for are not known before the workload is: the first word that is not an
/// option and not an option's value.
std::string first_positional(std::span<const std::string> arguments);

/// Sets the options that the words give; what belongs to another table is left to that. Throws one Error for all mistakes,
/// those of the words too.
void assign(const Words&, std::span<Options* const> tables);

}  // namespace assay::cli
