// Fields of records, made in a word each: for tables of RecordSpec. Names, helps and choices outlive them (they are literals).
#pragma once

#include "input/record.h"

#include <utility>

namespace assay::input {

inline FieldSpec text(std::string_view name, std::string_view help) { return {.value = {.name = name, .help = help}}; }

inline FieldSpec flag(std::string_view name, std::string_view help) {
  return {.value = {.name = name, .type = OptionType::flag, .default_value = "false", .help = help}};
}

inline FieldSpec number_of(OptionType type, std::string_view name, std::string_view fallback, double min, double max,
                           std::string_view help) {
  return {.value = {.name = name, .type = type, .default_value = fallback, .help = help, .min = min, .max = max}};
}
/// A whole number as people write it.
inline FieldSpec count(std::string_view name, std::string_view fallback, double min, double max,
                       std::string_view help) {
  return number_of(OptionType::count, name, fallback, min, max, help);
}
inline FieldSpec number(std::string_view name, std::string_view fallback, double min, double max,
                        std::string_view help) {
  return number_of(OptionType::number, name, fallback, min, max, help);
}

inline FieldSpec choice(std::string_view name, std::vector<std::string_view> choices, std::string_view fallback,
                        std::string_view help) {
  return {.value = {.name = name,
                    .type = OptionType::choice,
                    .default_value = fallback,
                    .help = help,
                    .choices = std::move(choices)}};
}

/// A text of a form; the form is a constant.
inline FieldSpec formed(std::string_view name, const Form& form, std::string_view fallback, std::string_view help) {
  return {.value = {.name = name, .default_value = fallback, .help = help}, .form = &form};
}

inline FieldSpec shaped(std::string_view name, Shape shape, std::string_view help) {
  return {.value = {.name = name, .help = help}, .shape = shape};
}

inline FieldSpec of_record(std::string_view name, Shape shape, const RecordSpec* record, std::string_view help) {
  return {.value = {.name = name, .help = help}, .shape = shape, .record = record};
}

inline FieldSpec required(FieldSpec field) {
  field.required = true;
  return field;
}

/// With another name.
inline FieldSpec also(FieldSpec field, std::string_view name) {
  field.also = name;
  return field;
}

}  // namespace assay::input
