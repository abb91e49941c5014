// Pins what tests/servers/ferretdb builds and runs: FerretDB 1 (Apache-2.0), a program of its own, never linked.
module assay/tests/servers/ferretdb

go 1.24

require github.com/FerretDB/FerretDB v1.24.2
