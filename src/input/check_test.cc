// Trees held against tables of records of its own: what every reader of texts has from check().
#include "input/check.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::input {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Subject kMenu{.name = "menu", .has = "dishes"};

const Form kEven{.placeholder = "an even number", .check = [](const FieldSpec&, const std::string& text) {
                   if ((text.back() - '0') % 2 != 0) throw Error("'" + text + "' is odd; expected an even number");
                 }};

const RecordSpec& soup() {
  static const RecordSpec record{
      .name = "Soup",
      .help = "",
      .fields = {{.value = {.name = "type"}}, {.value = {.name = "spoons"}, .form = &kEven}}};
  return record;
}
const RecordSpec& bread() {
  static const RecordSpec record{.name = "Bread", .help = "", .fields = {{.value = {.name = "type"}}}};
  return record;
}
const RecordSpec& dish() {
  static const RecordSpec record{.name = "Dish",
                                 .help = "",
                                 .fields = {{.value = {.name = "name"}, .required = true, .also = "title"},
                                            {.value = {.name = "kind"},
                                             .shape = Shape::record,
                                             .tag = "type",
                                             .variants = {{"soup", &soup()}, {"bread", &bread()}}},
                                            {.value = {.name = "note"}, .shape = Shape::tree}},
                                 .alone = "name"};
  return record;
}
const RecordSpec& menu() {
  static const RecordSpec record{.name = "Menu",
                                 .help = "",
                                 .fields = {{.value = {.name = "dishes"}, .shape = Shape::records, .record = &dish()}},
                                 .extensions = "x-"};
  return record;
}

struct Checked {
  Value value;
  std::vector<std::string> mistakes;
};
Checked checked(std::string_view text) {
  Checked out;
  Mistakes mistakes;
  const std::uint32_t file = mistakes.add_file("menu");
  const NodePtr root =
      parse_yaml(text, file, kMenu, [&](Mark mark, const std::string& what) { mistakes.add(mark, "", what); });
  if (root != nullptr) out.value = check(root, menu(), kMenu, {}, mistakes);
  for (const Mistake& mistake : mistakes.sorted()) out.mistakes.push_back(mistakes.line(mistake));
  return out;
}

TEST(Check, a_field_may_have_two_names_and_a_record_may_be_a_scalar) {
  const Checked good = checked("dishes: [{title: a}, {name: b}, c]\n");
  ASSERT_THAT(good.mistakes, IsEmpty());
  std::vector<std::string> names;
  for (const auto& [key, value] : good.value.find("dishes")->members) names.push_back(value.text_of("name"));
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_THAT(checked("dishes:\n  - {title: a, name: b}\n").mistakes,
              ElementsAre("menu:2:16: 'title' and 'name' are two names of the same; expected one"));
}

TEST(Check, a_field_of_its_own_chooses_the_fields_of_a_map_and_may_stand_alone) {
  const Checked good = checked("dishes: [{name: a, kind: bread}, {name: b, kind: {spoons: 2, type: soup}}]\n");
  ASSERT_THAT(good.mistakes, IsEmpty());
  EXPECT_EQ(good.value.find("dishes")->members[1].value.find("kind")->record, &soup());
  EXPECT_THAT(checked("dishes:\n- name: a\n  kind: {type: bread, spoons: 2}\n- name: b\n  kind: breat\n- name: c\n  "
                      "kind: {spoons: 2}\n- name: d\n  kind: [soup]\n")
                  .mistakes,
              ElementsAre("menu:3:23: unknown name 'spoons'; expected type",
                          "menu:5:9: kind: unknown type 'breat'; did you mean 'bread'?",
                          "menu:7:9: dishes[2].kind has no type; expected type: one of soup, bread",
                          "menu:9:9: kind is a list; expected NAME or {type: NAME, …}"));
}

TEST(Check, a_form_says_what_a_text_must_be) {
  EXPECT_THAT(checked("dishes: [{name: a, kind: {type: soup, spoons: 3}}]").mistakes,
              ElementsAre("menu:1:47: spoons: '3' is odd; expected an even number"));
}

TEST(Check, without_an_environment_texts_stand_for_themselves) {
  const Checked good = checked("dishes: ['${HOME} {index}']\nx-own: [1, {a: b}]\n");
  ASSERT_THAT(good.mistakes, IsEmpty());
  EXPECT_EQ(good.value.find("dishes")->members[0].value.text_of("name"), "${HOME} {index}");
}

TEST(Check, a_tree_is_passed_through_and_the_subject_is_named) {
  EXPECT_EQ(checked("dishes: [{name: a, note: [1, {b: null}]}]")
                .value.find("dishes")
                ->members[0]
                .value.find("note")
                ->node->items.size(),
            2u);
  EXPECT_THAT(checked("[]").mistakes, ElementsAre(HasSubstr("the menu is a list; expected a map with dishes")));
  EXPECT_THAT(checked("").mistakes, ElementsAre("menu:1:1: there is nothing in it; expected a menu: dishes"));
  EXPECT_THAT(checked("a: 1\n---\nb: 1").mistakes,
              ElementsAre("menu:3:1: a second document; expected one menu in a file"));
}

}  // namespace
}  // namespace assay::input
