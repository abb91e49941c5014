// A tree of values as YAML, by yaml-cpp. Texts that a reader of YAML 1.1 or 1.2 could take for something else (no,
// 1.0, 08, ~) are quoted. The order of the names is kept. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace assay::deploy {

/// One document, with the comment before it: no line break at its end is needed.
std::string to_yaml(const nlohmann::ordered_json&, std::string_view comment);
/// Several, each after a line of ---.
std::string to_yaml_documents(std::span<const nlohmann::ordered_json>, std::string_view comment);

}  // namespace assay::deploy
