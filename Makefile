# The front door. Each target is one line; what it does stands in tools/.
.DEFAULT_GOAL := help
BUILD := build
.PHONY: help demo test build image dev asan tsan fuzz format tidy bench clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

demo: ## Install what is missing, build, run TPC-C on embedded SQLite for 15 s, write demo/report.html
	@tools/demo.sh

test: ## Install what is missing, then every test, sanitizers and checks: what CI runs
	@tools/test.sh

build: ## The Release build: build/assay
	@tools/build.sh release assay

image: build ## A container image, without an engine or a registry: build/assay-image.tar, for docker load
	@python3 tools/container_image.py $(BUILD)/assay $(BUILD)/assay-image.tar

dev: ## The Debug build with warnings as errors and all tests, in build/dev
	@tools/build.sh dev all

asan: ## The sanitized tests under AddressSanitizer and UBSan, in build/asan
	@tools/test.sh postgres mariadb neo4j asan

tsan: ## The sanitized tests under ThreadSanitizer, in build/tsan
	@tools/test.sh postgres mariadb neo4j tsan

fuzz: ## What reads files, URLs and options, with random input, 10 s each or FUZZ_SECONDS=60, in build/fuzz
	@tools/test.sh fuzz

format: ## Reformat the C++ files in place
	@tools/format.sh --fix

tidy: ## The fatal clang-tidy list on every C++ file of src/
	@tools/tidy.py --all

bench: ## assay against its peers and against itself
	@bench/run.sh

clean: ## Remove what building and testing made
	rm -rf $(BUILD) demo
