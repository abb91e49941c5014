#include "core/facets.h"

#include "base/error.h"
#include "core/driver.h"
#include "core/parallel.h"

#include <cmath>

namespace assay {

std::string_view to_string(Facet facet) noexcept {
  constexpr std::string_view kNames[] = {"query", "rows", "kv", "log", "object", "block", "file", "invoke"};
  return kNames[static_cast<std::size_t>(facet)];
}

namespace {
constexpr std::string_view kIsolations[] = {"default",  "read_uncommitted", "read_committed", "repeatable_read",
                                            "snapshot", "serializable",     "linearizable"};
}

std::string_view to_string(Isolation isolation) noexcept { return kIsolations[static_cast<std::size_t>(isolation)]; }

Isolation parse_isolation(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kIsolations); i++)
    if (kIsolations[i] == text) return static_cast<Isolation>(i);
  throw Error(
      fmt::format("'{}' is not an isolation level; expected default, read_uncommitted, read_committed, "
                  "repeatable_read, snapshot, serializable or linearizable",
                  text));
}

Isolation default_isolation(Session& session) {
  QueryFacet& query = *session.query();
  if (query.dialect().default_isolation.empty()) return Isolation::serializable;
  const ResultSet& rows =
      *value_or_throw(query.run(query.dialect().default_isolation), "asking for the isolation level");
  std::string text(rows.text(0, 0).value_or(""));
  for (char& c : text) c = c == ' ' || c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return parse_isolation(text);
}

std::optional<std::int64_t> ResultSet::integer(std::size_t row, std::size_t column) const noexcept {
  if (row >= size() || column >= columns_) return std::nullopt;
  if (const auto* v = std::get_if<std::int64_t>(&at(row, column))) return *v;
  if (const auto* v = std::get_if<Decimal>(&at(row, column)); v && v->scale == 0) return v->unscaled;
  return std::nullopt;
}

std::optional<Decimal> ResultSet::decimal(std::size_t row, std::size_t column) const noexcept {
  if (row >= size() || column >= columns_) return std::nullopt;
  if (const auto* v = std::get_if<Decimal>(&at(row, column))) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&at(row, column))) return Decimal{*v, 0};
  return std::nullopt;
}

std::optional<std::string_view> ResultSet::text(std::size_t row, std::size_t column) const noexcept {
  if (row >= size() || column >= columns_) return std::nullopt;
  const auto* v = std::get_if<std::string_view>(&at(row, column));
  return v ? std::optional(*v) : std::nullopt;
}

std::optional<double> ResultSet::number(std::size_t row, std::size_t column) const noexcept {
  if (row >= size() || column >= columns_) return std::nullopt;
  const Value& cell = at(row, column);
  if (const auto* v = std::get_if<double>(&cell)) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*v);
  if (const auto* v = std::get_if<Decimal>(&cell)) return static_cast<double>(v->unscaled) / std::pow(10.0, v->scale);
  return std::nullopt;
}

}  // namespace assay
