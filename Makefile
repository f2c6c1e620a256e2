# Rapport from a fresh clone. Needs Python 3.11 or newer, and nothing else to run.
#
#   make run        the demo at http://127.0.0.1:8000 (PORT=9000 make run), until ctrl-C
#   make test       all tests, on a real PostgreSQL, in a real browser, with real FHIR clients (Node 20)
#   make test-fast  what takes seconds
#   make lint       style, types and the walls between rooms

PORT ?= 8000
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Root cannot run PostgreSQL, and the account that does may not be let into this folder.
DATA ?= $(if $(filter 0,$(shell id -u)),/var/lib/rapport-demo-$(shell pwd | cksum | cut -d' ' -f1),.data/demo)
WORKERS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

.PHONY: run test test-fast test-long test-pg15 mutants lint format bench bench-listening conformance browser \
	clients clean

run: $(VENV)/.installed
	@exec $(BIN)/rapport demo --port $(PORT) --data-dir $(DATA)

test: $(VENV)/.ready browser clients
	$(PYTEST) -m "not long"

test-fast: $(VENV)/.ready
	$(PYTEST) -m "not slow and not long and not browser"

test-long: $(VENV)/.ready browser
	$(PYTEST) -m "long" --timeout 3600

# Breaks the rules of the gate one at a time: which breaks does no test notice? Hours (MUTANTS="--every 5").
mutants: $(VENV)/.ready
	$(BIN)/python tools/mutants.py $(MUTANTS)

# The oldest PostgreSQL that Rapport promises to run on: Debian's 15.
test-pg15: $(VENV)/.ready
	@.ci/with-pg15 $(BIN)/python -m pytest -n $(WORKERS) -m "not long and not browser" tests/store tests/gate

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python tools/messages.py check

format: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.ready
	$(BIN)/python -m bench $(BENCH)

# The record alone: KEEP=DIR keeps what is seeded (some gigabytes), so that it can be measured again.
bench-fhir: $(VENV)/.ready
	$(BIN)/python -m bench fhir $(if $(KEEP),--keep $(KEEP)) $(BENCH)

# Listening beside other packages, which are installed in a throw-away place for it.
bench-listening: $(VENV)/.ready
	@test -x .venv-peers/bin/python || $(BIN)/python -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check \
		"vaderSentiment==3.3.2" "textblob==0.19.0" "textstat==0.7.4" "setuptools<81"
	@.venv-peers/bin/python bench/listening.py

# Which requirements of US Core are met: what the tests show, as docs/conformance.md.
conformance: $(VENV)/.ready clients
	rm -f build/conformance.json
	-$(BIN)/python -m pytest -m shows --timeout 600
	$(BIN)/python tools/conformance.py

browser:
	@.ci/need-chromium

clients:
	@.ci/need-node

clean:
	rm -rf $(VENV) .data build dist tests/clients/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Rapport needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The catalogues are compiled by the installation, so they belong to what it is made from.
$(VENV)/.installed: $(BIN)/python pyproject.toml hatch_build.py $(wildcard rapport/*/locale/*/LC_MESSAGES/*.po)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.ready: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@
