// The statements of Cypher that tables become: pure functions from a table to text, tested as such.
//
// A table is a label, a row a node with it, a column a property (NULL: the node has none). The key is a constraint of the
// name <table>_pkey. A foreign key is a relationship from each row to the row it refers to, whose type is the key's columns,
// joined by _, in capitals: orders(user_id) → users is (:orders)-[:USER_ID]->(:users). Rows are given as the parameter rows,
// a list of lists. Names that Cypher cannot quote throw Error.
#pragma once

#include "core/table.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::neo4j {

/// `name`, with ` doubled. Throws Error for an empty one, and for \ and control characters, which Cypher reads before it
/// looks for quotes.
std::string quoted_name(std::string_view name);

/// How a subquery says which variables it takes: CALL (n) { … } from Neo4j 5.23 on, CALL { WITH n … } before.
struct CallForm {
  bool scoped = true;
  std::string begin(std::string_view variables) const;
};
/// Of a server's version, "5.26.5".
CallForm call_form(std::string_view version);

std::string key_name(std::string_view table);        // "orders_pkey"
std::string relationship_type(const ForeignKey&);    // "USER_ID"
std::vector<std::size_t> key_columns(const Table&);  // of the primary key, in its order. Throws Error

/// Makes the uniqueness constraint of the key, or where there is none an index of the first column: the sign that the table is
/// there.
std::string create_text(const Table&);
/// A uniqueness constraint or an index; no error when its name is there already.
std::string index_text(const Table&, const Index&);
/// Makes the relationships that are not there, in transactions of a thousand rows.
std::string relate_text(const Table&, const ForeignKey&, CallForm);
/// How many rows refer to none.
std::string dangling_text(const Table&, const ForeignKey&);

std::string insert_text(const Table&);
/// The same with relationships to the rows that are referred to, as far as they are there.
std::string insert_related_text(const Table&, CallForm);
/// The same where rows with these keys may be there; they are replaced.
std::string upsert_text(const Table&);
/// Answers how many were there. Relationships to other rows are made anew, those from others stay.
std::string replace_text(const Table&, CallForm);
std::string remove_text(const Table&);  // likewise; the rows are the keys' values

/// The key that stands $skip rows behind the one behind the list $low or, `first`, behind the lowest.
std::string boundary_text(const Table&, bool first);
/// All columns of the rows behind the key that is the list $low and up to $high, where these are given.
std::string select_text(const Table&, bool low, bool high);

/// Removes nodes of a label, with their relationships, at most `limit`; answers how many.
std::string delete_some_text(std::string_view table);
/// A relationship to a node of the table from one that has none of the labels: its label and type.
std::string stranger_text(std::string_view table, std::span<const std::string> ours);

}  // namespace assay::neo4j
