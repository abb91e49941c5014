#include "input/record.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::input {

const FieldSpec* RecordSpec::find(std::string_view field) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const FieldSpec& f) {
    return f.value.name == field || (!f.also.empty() && f.also == field);
  });
  return found == fields.end() ? nullptr : &*found;
}

std::string placeholder(const FieldSpec& field) {
  switch (field.shape) {
    case Shape::value:
      return field.form != nullptr && !field.form->placeholder.empty() ? std::string(field.form->placeholder)
                                                                       : assay::placeholder(field.value);
    case Shape::list: {
      FieldSpec one = field;
      one.shape = Shape::value;
      return "list of " + placeholder(one);
    }
    case Shape::secret:
      return "{env: NAME} or {file: PATH}";
    case Shape::reference:
      return "NAME or {name: NAME}";
    case Shape::record:
      if (!field.tag.empty()) return fmt::format("NAME or {{{}: NAME, …}}", field.tag);
      return field.record == nullptr ? "map" : std::string(field.record->name);
    case Shape::records:
      return fmt::format("list of {}", field.record->name);
    case Shape::named:
      return fmt::format("map of {}", field.record->name);
    case Shape::any:
      return "map, passed through";
    case Shape::tree:
      return "any value";
  }
  return "";
}

}  // namespace assay::input
