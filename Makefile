# Two commands: `make demo` and `make test`. Both set up everything they need first.
SHELL := /bin/bash
DATA ?= .lianzheng
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_DEV := $(VENV)/.installed-dev
NATIVE := infra/setup/native.py $(wildcard native/lianzheng_native/*)

.PHONY: demo test test-fast test-kafka check lint types contracts bench bench-smoke planted docs clean setup setup-dev system kafka lock

demo: setup
	@exec $(BIN)/lianzheng demo --data "$(DATA)"

test: setup-dev system
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

test-fast: setup-dev
	@$(BIN)/python -m pytest -q tests/unit tests/property tests/tidy

test-kafka: setup-dev system kafka
	@$(BIN)/python -m pytest -q -m kafka --broker apache -n 2 --dist loadfile --no-loadscope-reorder

check: lint types contracts test-fast

lint: setup-dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: setup-dev
	@$(BIN)/mypy

contracts: setup-dev
	@$(BIN)/lint-imports

bench: setup-dev
	@for file in benchmarks/bench_*.py; do echo "$$file"; $(BIN)/python $$file || exit 1; done

bench-smoke: setup-dev
	@for file in benchmarks/bench_*.py; do echo "$$file"; $(BIN)/python $$file --smoke || exit 1; done

planted: setup-dev
	@$(BIN)/python benchmarks/bench_planted.py

docs: setup-dev
	@$(BIN)/python docs/generate.py

setup: $(STAMP)

setup-dev: $(STAMP_DEV)

$(STAMP): requirements.lock pyproject.toml $(NATIVE)
	@$(PYTHON) infra/setup/environment.py $(VENV) requirements.lock
	@touch $(STAMP)

$(STAMP_DEV): requirements-dev.lock pyproject.toml $(NATIVE)
	@$(PYTHON) infra/setup/environment.py $(VENV) requirements-dev.lock
	@touch $(STAMP) $(STAMP_DEV)

lock:
	@uv pip compile pyproject.toml --extra server --extra build --python-version 3.11 --generate-hashes --no-emit-index-url -q -o requirements.lock
	@uv pip compile pyproject.toml --extra server --extra build --extra dev --python-version 3.11 --generate-hashes --no-emit-index-url -q -c requirements.lock -o requirements-dev.lock

system:
	@$(PYTHON) infra/setup/system.py chromium

kafka:
	@$(PYTHON) infra/setup/system.py java
	@mvn -B -q -f infra/kafka/pom.xml dependency:copy-dependencies

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache
