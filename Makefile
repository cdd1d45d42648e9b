# Invex: `make run` and `make test` do all the set-up on a fresh machine with Python 3.11 or 3.12; no root needed.
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= ./data
LIGHT ?=
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
SHELL := /bin/bash
# Where bytecode is not kept, each of the hundred processes of the tests compiles what it imports anew.
unexport PYTHONDONTWRITEBYTECODE

# LIGHT=1: web, reading and serving only; without torch (0.7 GB instead of 6 GB).
ifeq ($(LIGHT),1)
LOCK := requirements.lock
NEEDED_MB := 2500
else
LOCK := requirements-train.lock
NEEDED_MB := 9000
endif
STAMP := $(VENV)/installed-$(LOCK)
DEV := $(VENV)/installed-requirements-dev.lock

.PHONY: run install test check full bench bench-clerk bench-accuracy demo-circle messages lock

run: install  ## start everything
	@DATA="$(DATA)" $(PY) manage.py run --host $(HOST) --port $(PORT)

install: $(STAMP)  ## the environment in .venv

# A later lock holds all of an earlier one: core < train < dev.
$(VENV)/installed-%: %
	@bash .ci/install $(VENV) $* $(NEEDED_MB)
	@touch $@

test: $(DEV)  ## all tests that need no root; browser tests where Chromium is found
	$(PY) -m pytest -n 2 --dist worksteal -p no:playwright -m "not slow and not browser and not installation" $(ARGS)
	$(PY) -m pytest -m "not slow" tests/browser tests/installation $(ARGS)

full: $(DEV)  ## the long version
	$(PY) -m pytest -n 2 -m "not browser and not installation" $(ARGS)
	$(PY) -m pytest tests/browser tests/installation $(ARGS)

check: $(DEV)  ## before each commit: format, lint, import contracts, types, tests of what you touched
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports
	$(PY) -m mypy invex mlops
	$(PY) -m tests.touched

bench: $(DEV)  ## speed, as ratios against a named peer in the same run
	$(PY) tests/bench/reading.py
	$(PY) tests/bench/speed.py

bench-clerk: $(DEV)  ## a clerk's hour on ad-buy documents of ../shared/data, while another batch is read; ARGS=--idle: alone
	$(PY) tests/bench/clerk.py $(ARGS)

bench-accuracy: $(DEV)  ## accuracy on ../shared/data, written to docs/accuracy.md; ARGS=--scans: also what needs OCR, --kinds: also other kinds
	$(PY) tests/bench/accuracy.py --write docs/accuracy.md $(ARGS)

demo-circle: $(DEV)  ## from confirmed documents to a better build and back, on an installation of its own; ARGS=--shared
	$(PY) tests/bench/circle.py $(ARGS)

messages: $(DEV)  ## gather what the sources say to people into the catalogues of languages, and compile them
	$(PY) manage.py messages

lock:  ## pin what pyproject.toml asks for, with hashes and without the address of any index
	$(UV) pip compile -q pyproject.toml --universal --extra train --extra dev --generate-hashes --no-header --no-annotate -o requirements-dev.lock
	$(UV) pip compile -q pyproject.toml --universal --extra train -c requirements-dev.lock --generate-hashes --no-header --no-annotate -o requirements-train.lock
	$(UV) pip compile -q pyproject.toml --universal -c requirements-dev.lock --generate-hashes --no-header --no-annotate -o requirements.lock
	$(UV) --version | sed 's/uv \([^ ]*\).*/uv==\1/' | $(UV) pip compile -q - --universal --generate-hashes --no-header --no-annotate -o .ci/uv.lock
