# What can be done here: `make` lists it.  A Linux machine with Python 3.11 and make is enough.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PY := .venv/bin/python
LOCKS := requirements/runtime.lock requirements/local.lock requirements/dev.lock
LOCK := ../.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
	--no-strip-extras --python-version 3.11 --python-platform x86_64-manylinux_2_28

.PHONY: help setup run test test-compose check check-types check-rules faults bench bench-full lock jars schemas clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: .venv/made  ## make .venv from the hashed locks; does nothing if they have not changed

.venv/made: $(LOCKS)
	@deploy/local/make-venv $(LOCKS)
	@touch $@

run: setup  ## the whole suite on this machine, with a sample organisation (ONCE=1: end after the summary; DATA=DIR, PORT_BASE=N)
	@exec $(PY) -m deploy.cli run $(if $(ONCE),--once) $(if $(DATA),--data $(DATA)) $(if $(PORT_BASE),--port-base $(PORT_BASE))

# Tests that start a whole suite have the machine for themselves, and those that push one to its limits are not
# run beside the suite that the others share: at rest it takes a quarter of two cores.
HARD := tests/faults tests/suite/test_main_job.py
ALONE := tests/suite tests/doors tests/faults

test: setup  ## all tests, on real engines (ARGS: those that pytest is told to run instead)
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(PY) -m pytest -n 2 $(ALONE:%=--ignore=%)
	@$(PY) -m pytest $(HARD)
	@$(PY) -m pytest tests/suite $(HARD:%=--ignore=%)
	@$(PY) -m pytest tests/doors
endif

test-compose: setup  ## the containers for real, from nothing: main job, locked doors, upgrade under load, restore, production, two of each (ARGS as of test)
ifdef ARGS
	@CAIRN_TEST_COMPOSE=1 $(PY) -m pytest -s -v $(ARGS)
else
	@CAIRN_TEST_COMPOSE=1 $(PY) -m pytest -s -v tests/compose --ignore=tests/compose/test_production.py \
	    --ignore=tests/compose/test_scale.py
	@CAIRN_TEST_COMPOSE=1 $(PY) -m pytest -s -v tests/compose/test_production.py tests/compose/test_scale.py
endif

check: setup  ## format, lint, types, import rules, house rules, generated files, dependencies
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-types check-rules

check-types: setup
	@.venv/bin/basedpyright

check-rules: setup
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@.venv/bin/lint-imports --no-cache
	@[ ! -f deploy/schemas.py ] || $(PY) -m deploy.schemas --check
	@[ ! -f deploy/dependencies.py ] || $(PY) -m deploy.dependencies --check
	@[ ! -d tests/architecture ] || $(PY) -m pytest tests/architecture

faults: setup  ## everything that can go wrong goes wrong, and a checker looks at what is left (SEED=N, MINUTES=N, ONLY=NAME)
	@$(PY) -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ONLY),--only $(ONLY)) $(ARGS)

bench: setup  ## Cairn against the naive way and bare loops, as ratios of one run
	@$(PY) -m tests.bench $(ARGS)

bench-full: setup  ## the same with 100,000 people and a hundred times the data
	@$(PY) -m tests.bench --full $(ARGS)

lock: setup  ## solve the requirements again (ARGS=--upgrade for newer versions)
	@cd requirements && for part in runtime local trial dev; do $(LOCK) $(ARGS) $$part.in -o $$part.lock; done

jars: setup  ## write the manifest of Kafka's jars again
	@$(PY) -m deploy.local.fetch_jars --lock > deploy/local/kafka-jars.part
	@mv deploy/local/kafka-jars.part deploy/local/kafka-jars.sha256

schemas: setup  ## write what is generated again: schemas, catalogue, dashboards, bill of materials
	@$(PY) -m deploy.schemas
	@$(PY) -m deploy.dependencies

clean:  ## remove what was built, not the data of a suite
	@rm -rf .venv build .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
