#include "cli/arguments.h"

#include "base/error.h"
#include "core/driver.h"
#include "core/url.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace assay::cli {
namespace {

const OptionSpec* find(std::span<const std::span<const OptionSpec>> tables, std::string_view name) {
  for (const auto& table : tables)
    for (const OptionSpec& spec : table)
      if (spec.name == name) return &spec;
  return nullptr;
}

/// Options::set on all tables joined gives the message with the nearest name.
[[noreturn]] void unknown(std::span<const std::span<const OptionSpec>> tables, std::string_view name) {
  std::vector<OptionSpec> all;
  for (const auto& table : tables) all.insert(all.end(), table.begin(), table.end());
  Options(all).set(name, "");
  throw Error(fmt::format("unknown option '--{}'", name));
}

}  // namespace

std::string first_positional(std::span<const std::string> arguments) {
  for (const std::string& word : arguments) {
    if (word.starts_with("-")) return "";
    return word;
  }
  return "";
}

Words take_apart(std::span<const std::string> arguments, std::span<const std::span<const OptionSpec>> tables) {
  Words words;
  std::vector<std::string>& mistakes = words.mistakes;
  for (std::size_t i = 0; i < arguments.size(); i++) {
    const std::string& word = arguments[i];
    if (word == "-h" || word == "--help") {
      words.help = true;
      continue;
    }
    if (!word.starts_with("-") || word == "-") {
      words.positional.push_back(word);
      continue;
    }
    if (!word.starts_with("--")) {
      mistakes.push_back(fmt::format("unknown option '{}'; options begin with two dashes", word));
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const OptionSpec* spec = find(tables, name);
    try {
      if (spec == nullptr) unknown(tables, name);
    } catch (const Error& error) {
      mistakes.push_back(error.what());
      // A value behind an unknown option is not a positional word.
      if (equals == std::string::npos && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) i++;
      continue;
    }
    if (equals != std::string::npos) {
      words.options.emplace_back(name, word.substr(equals + 1));
    } else if (spec->type == OptionType::flag) {
      // "--prepare" alone, or followed by a word that is a truth value.
      const bool value = i + 1 < arguments.size() &&
                         (arguments[i + 1] == "true" || arguments[i + 1] == "false" || arguments[i + 1] == "on" ||
                          arguments[i + 1] == "off" || arguments[i + 1] == "yes" || arguments[i + 1] == "no");
      words.options.emplace_back(name, value ? arguments[++i] : "true");
    } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
      words.options.emplace_back(name, arguments[++i]);
    } else if (!spec->alone.empty()) {
      words.options.emplace_back(name, spec->alone);
    } else {
      mistakes.push_back(fmt::format("--{} needs a value: {}", name, placeholder(*spec)));
    }
  }
  return words;
}

void assign(const Words& words, std::span<Options* const> tables) {
  std::vector<std::string> mistakes = words.mistakes;
  std::map<std::string, std::string> seen;
  for (const auto& word : words.options) {
    const std::string &name = word.first, &value = word.second;
    if (const auto [at, fresh] = seen.emplace(name, value); !fresh && name != "target-option") {
      mistakes.push_back(
          fmt::format("--{} is given twice: {} and {}", name, without_secrets(at->second), without_secrets(value)));
      continue;
    }
    for (Options* options : tables) {
      const auto& table = options->table();
      if (std::none_of(table.begin(), table.end(), [&](const OptionSpec& spec) { return spec.name == name; })) continue;
      try {
        options->set(name, value);
      } catch (const Error& error) {
        mistakes.push_back(error.what());
      }
      break;
    }
  }
  refuse_mistakes(mistakes);
}

}  // namespace assay::cli
