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
