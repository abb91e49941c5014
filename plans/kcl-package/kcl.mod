[package]
name = "assay"
version = "0.1.0"
