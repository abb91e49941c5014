[package]
name = "plans"
version = "0.1.0"

[dependencies]
assay = { path = "../kcl-package" }
