"""Schemas of the tests of populate, and how long a load of them takes to be killed in the middle."""

SHOP = """
seed: 5
tables:
- name: people
  rows: 900
  columns:
  - {name: id, type: int, primary_key: true}
  - {name: mail, type: email, unique: true}
  - {name: age, type: int, nullable: true, null_rate: 0.3}
- name: orders
  rows: 3000
  columns:
  - {name: id, type: uuid, primary_key: true}
  - {name: person, type: int, references: {table: people}}
  - {name: total, type: {decimal: {precision: 10, scale: 2}}}
  - {name: "the \\"note\\"", type: text}
  - {name: at, type: timestamp}
- name: log
  rows: 2000
  columns:
  - {name: n, type: int, generator: {type: int_range, min: 1, max: 50}}
  - {name: doc, type: json}
"""

# Of a table that somebody else made, with other types.
OTHERS = """
tables:
- name: users
  rows: 2000
  columns:
  - {name: id, type: int, primary_key: true}
  - {name: big, type: bigint, generator: {type: int_range, min: 1, max: 100000}}
  - {name: small, type: smallint, generator: {type: int_range, min: 1, max: 1000}}
  - {name: prefs, type: json}
  - {name: ratio, type: double}
  - {name: single, type: float}
  - {name: note, type: text}
  - {name: kind, type: {type: enum, values: [a, b]}}
  - {name: at, type: timestamp}
"""

# Each refers to the other, and one to itself.
CIRCLE = """
tables:
- name: teams
  rows: 300
  columns:
  - {name: id, type: int, primary_key: true}
  - {name: lead, type: int, nullable: true, references: {table: members}}
- name: members
  rows: 800
  columns:
  - {name: id, type: int, primary_key: true}
  - {name: team, type: int, references: {table: teams}}
  - {name: mentor, type: int, nullable: true, references: {table: members}}
"""

LONG = """
tables:
- name: events
  rows: 400000
  columns:
  - {name: id, type: big_int, primary_key: true, generator: {type: sequential, start: 7, step: 3}}
  - {name: what, type: text}
  - {name: n, type: int}
- name: plain
  rows: 50000
  columns:
  - {name: n, type: int}
"""
