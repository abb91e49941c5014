#include "drivers/neo4j/cypher.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace assay::neo4j {
namespace {

std::size_t column_of(const Table& table, const std::string& name) {
  const auto at =
      std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& c) { return c.name == name; });
  if (at == table.columns.end())
    throw Error(fmt::format("table {} has no column {}, which a key or an index of it names", table.name, name));
  return static_cast<std::size_t>(at - table.columns.begin());
}

/// {`a`: r[0], `b`: r[1]}, of these columns.
template <class Columns>
std::string properties(const Table& table, const Columns& columns) {
  std::string out;
  for (const std::size_t c : columns)
    out += fmt::format("{}{}: r[{}]", out.empty() ? "{" : ", ", quoted_name(table.columns[c].name), c);
  return out + "}";
}

std::string all_properties(const Table& table) {
  std::vector<std::size_t> all(table.columns.size());
  for (std::size_t c = 0; c < all.size(); c++) all[c] = c;
  return properties(table, all);
}

std::string property(std::string_view variable, std::string_view name) {
  return fmt::format("{}.{}", variable, quoted_name(name));
}

std::string list(std::string_view variable, std::span<const std::string> names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + property(variable, name);
  return out;
}

std::string requirement(const std::string& table, std::span<const std::string> columns) {
  return fmt::format("FOR (n:{}) REQUIRE ({}) IS UNIQUE", quoted_name(table), list("n", columns));
}

/// c.`a` IS NOT NULL AND …
std::string present(std::string_view variable, std::span<const std::string> names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " AND ") + property(variable, name) + " IS NOT NULL";
  return out;
}

/// The map by which `of` finds what it refers to.
std::string reference(const ForeignKey& key, std::string_view of) {
  std::string out;
  for (std::size_t i = 0; i < key.columns.size(); i++)
    out += fmt::format("{}{}: {}", out.empty() ? "{" : ", ", quoted_name(key.references.at(i)),
                       property(of, key.columns[i]));
  return out + "}";
}

/// A subquery that relates the node n to the row that it refers to.
std::string relate_node(const ForeignKey& key, CallForm form) {
  return fmt::format("{}MATCH (p:{} {}) MERGE (n)-[:{}]->(p) }}", form.begin("n"), quoted_name(key.table),
                     reference(key, "n"), quoted_name(relationship_type(key)));
}

/// Rows whose key stands in `relation` (">", "<=") to the one in the parameter. Keys of several columns are compared as lists;
/// what stands before that is what the planner looks into the index with.
std::string compared(const Table& table, std::string_view relation, std::string_view parameter) {
  const std::string first = property("n", table.primary_key[0]);
  if (table.primary_key.size() == 1) return fmt::format("{} {} ${}[0]", first, relation, parameter);
  return fmt::format("{} {}= ${}[0] AND [{}] {} ${}", first, relation.substr(0, 1), parameter,
                     list("n", table.primary_key), relation, parameter);
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '\\' || static_cast<unsigned char>(c) < ' ')
      throw Error(fmt::format("'{}' cannot be a name in Neo4j: it has a backslash or a control character", name));
    out += c;
    if (c == '`') out += c;
  }
  if (name.empty()) throw Error("a name in Neo4j cannot be empty");
  return out + "`";
}

std::string CallForm::begin(std::string_view variables) const {
  return scoped ? fmt::format("CALL ({}) {{ ", variables) : fmt::format("CALL {{ WITH {} ", variables);
}

CallForm call_form(std::string_view version) {
  unsigned major = 0, minor = 0;
  const char* const end = version.data() + version.size();
  const auto [rest, error] = std::from_chars(version.data(), end, major);
  if (error == std::errc() && rest != end) std::from_chars(rest + 1, end, minor);
  return {major > 5 || (major == 5 && minor >= 23)};
}

std::string key_name(std::string_view table) { return fmt::format("{}_pkey", table); }

std::string relationship_type(const ForeignKey& key) {
  std::string out;
  for (const std::string& column : key.columns) out += (out.empty() ? "" : "_") + column;
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::vector<std::size_t> key_columns(const Table& table) {
  std::vector<std::size_t> out;
  for (const std::string& name : table.primary_key) out.push_back(column_of(table, name));
  return out;
}

// ---------------------------------------------------------------------------------------------------------------------
// Schema

std::string create_text(const Table& table) {
  key_columns(table);
  const std::string name = quoted_name(key_name(table.name));
  if (!table.primary_key.empty())
    return fmt::format("CREATE CONSTRAINT {} {}", name, requirement(table.name, table.primary_key));
  if (table.columns.empty()) throw Error(fmt::format("table {} has no columns", table.name));
  return fmt::format("CREATE INDEX {} FOR (n:{}) ON ({})", name, quoted_name(table.name),
                     property("n", table.columns[0].name));
}

std::string index_text(const Table& table, const Index& index) {
  for (const std::string& name : index.columns) column_of(table, name);
  if (index.unique)
    return fmt::format("CREATE CONSTRAINT {} IF NOT EXISTS {}", quoted_name(index.name),
                       requirement(table.name, index.columns));
  return fmt::format("CREATE INDEX {} IF NOT EXISTS FOR (n:{}) ON ({})", quoted_name(index.name),
                     quoted_name(table.name), list("n", index.columns));
}

std::string relate_text(const Table& table, const ForeignKey& key, CallForm form) {
  return fmt::format("MATCH (c:{}) WHERE {} {}MATCH (p:{} {}) MERGE (c)-[:{}]->(p) }} IN TRANSACTIONS OF 1000 ROWS",
                     quoted_name(table.name), present("c", key.columns), form.begin("c"), quoted_name(key.table),
                     reference(key, "c"), quoted_name(relationship_type(key)));
}

std::string dangling_text(const Table& table, const ForeignKey& key) {
  return fmt::format("MATCH (c:{}) WHERE {} AND NOT EXISTS {{ (c)-[:{}]->(:{}) }} RETURN count(c)",
                     quoted_name(table.name), present("c", key.columns), quoted_name(relationship_type(key)),
                     quoted_name(key.table));
}

// ---------------------------------------------------------------------------------------------------------------------
// Rows

std::string insert_text(const Table& table) {
  return fmt::format("UNWIND $rows AS r CREATE (:{} {})", quoted_name(table.name), all_properties(table));
}

std::string insert_related_text(const Table& table, CallForm form) {
  std::string out = fmt::format("UNWIND $rows AS r CREATE (n:{} {})", quoted_name(table.name), all_properties(table));
  for (const ForeignKey& key : table.foreign_keys) out += " WITH n " + relate_node(key, form);
  return out;
}

std::string upsert_text(const Table& table) {
  return fmt::format("UNWIND $rows AS r MERGE (n:{} {}) SET n = {}", quoted_name(table.name),
                     properties(table, key_columns(table)), all_properties(table));
}

std::string replace_text(const Table& table, CallForm form) {
  std::string out = fmt::format("UNWIND $rows AS r MATCH (n:{} {}) SET n = {}", quoted_name(table.name),
                                properties(table, key_columns(table)), all_properties(table));
  for (const ForeignKey& key : table.foreign_keys) {
    const std::string type = quoted_name(relationship_type(key)), parent = quoted_name(key.table);
    out += fmt::format(" WITH n {}MATCH (n)-[o:{}]->(:{}) DELETE o }} ", form.begin("n"), type, parent);
    out += relate_node(key, form);
  }
  return out + " RETURN count(DISTINCT n)";
}

std::string remove_text(const Table& table) {
  std::string key;
  for (std::size_t i = 0; i < table.primary_key.size(); i++)
    key += fmt::format("{}{}: r[{}]", key.empty() ? "{" : ", ", quoted_name(table.primary_key[i]), i);
  return fmt::format("UNWIND $rows AS r MATCH (n:{} {}}}) WITH DISTINCT n DETACH DELETE n RETURN count(*)",
                     quoted_name(table.name), key);
}

std::string boundary_text(const Table& table, bool first) {
  const std::span<const std::string> all(table.primary_key);
  std::string where = first ? present("n", all) : compared(table, ">", "low");
  if (!first && all.size() > 1) where += " AND " + present("n", all.subspan(1));
  return fmt::format("MATCH (n:{}) WHERE {} RETURN {} ORDER BY {} SKIP $skip LIMIT 1", quoted_name(table.name), where,
                     list("n", all), list("n", all));
}

std::string select_text(const Table& table, bool low, bool high) {
  std::string where;
  if (low) where += " WHERE " + compared(table, ">", "low");
  if (high) where += (low ? " AND " : " WHERE ") + compared(table, "<=", "high");
  const std::span<const std::string> all(table.primary_key);
  if ((low || high) && all.size() > 1) where += " AND " + present("n", all.subspan(1));
  std::string columns;
  for (const Column& column : table.columns) columns += (columns.empty() ? "" : ", ") + property("n", column.name);
  return fmt::format("MATCH (n:{}){} RETURN {}", quoted_name(table.name), where, columns);
}

std::string delete_some_text(std::string_view table) {
  return fmt::format("MATCH (n:{}) WITH n LIMIT $limit DETACH DELETE n RETURN count(*)", quoted_name(table));
}

std::string stranger_text(std::string_view table, std::span<const std::string> ours) {
  std::string labels;
  for (const std::string& label : ours) labels += (labels.empty() ? "m:" : " OR m:") + quoted_name(label);
  return fmt::format("MATCH (:{})<-[r]-(m) WHERE NOT ({}) RETURN head(labels(m)), type(r) LIMIT 1", quoted_name(table),
                     labels);
}

}  // namespace assay::neo4j
