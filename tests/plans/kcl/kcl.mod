[package]
name = "pgdistbench_plans"
version = "0.1.0"

[dependencies]
assay = { path = "../../../plans/kcl-package" }
