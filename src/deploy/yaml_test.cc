#include "deploy/yaml.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace assay::deploy {
namespace {

TEST(DeployYaml, reads_back_as_the_texts_that_were_written) {
  // What the two versions of YAML, or Compose, take for something else when it is not quoted.
  for (const char* text : {"",     "no",   "Yes",    "ON",       "y",    "null",     "~",
                           "1.0",  "08",   "0x1f",   "1e3",      "1:30", ".5",       ".inf",
                           "- a",  "a: b", "a #b",   "*x",       "&x",   "!x",       "%x",
                           "@x",   "`x",   "{a}",    "[a]",      "'",    "\"",       "\\n",
                           " a",   "a ",   "a\tb",   "a\nb",     "a\n",  "a\n\n",    "\n",
                           " a\n", "ä",    "日本\n", "a\r\nb\n", "-c",   "--tables", "/config/schema.yaml"}) {
    const nlohmann::ordered_json tree = {{"key", text}, {"list", nlohmann::ordered_json::array({text, "x"})}};
    const YAML::Node node = YAML::Load(to_yaml(tree, "made by a test"));
    EXPECT_EQ(node["key"].as<std::string>(), text);
    EXPECT_EQ(node["list"][0].as<std::string>(), text);
  }
}

TEST(DeployYaml, quotes_what_a_reader_of_the_older_version_takes_for_a_truth_value) {
  EXPECT_EQ(to_yaml({{"a", "on"}, {"b", "on-off"}, {"no", true}}, ""), "a: \"on\"\nb: on-off\n\"no\": true\n");
}

TEST(DeployYaml, comments_stand_before_and_documents_apart) {
  const std::vector<nlohmann::ordered_json> two = {{{"a", 1}}, {{"b", nlohmann::ordered_json::object()}}};
  EXPECT_EQ(to_yaml_documents(two, "one\ntwo"), "# one\n# two\n---\na: 1\n---\nb: {}\n");
}

}  // namespace
}  // namespace assay::deploy
