# Every target first makes sure that what it needs is installed: on a fresh machine `make demo` is enough.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON_BIN := .venv/bin/python
PYTEST := $(PYTHON_BIN) -m pytest -q
WORKERS ?= 2
PEOPLE ?= 2000
ROLE ?= analyst
PORT ?= 8080
DAGSTER_PORT ?= 3001
LOCAL_DATA_DIR ?= .local
export LOCAL_DATA_DIR
export DAGSTER_TELEMETRY_ENABLED := false
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1

.PHONY: help install lock check format test-fast test prove demo serve dagster psql report dbt-docs soak stack openapi

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install:  ## system packages, .venv and the locked Python packages; a second run takes a moment
	@local/install.sh

lock: install  ## write requirements/*.lock anew after a change in pyproject.toml
	@.venv/bin/uv pip compile -q $(COMPILE) --group dev -o requirements/dev.lock
	@for group in api pipelines local benchmark; do \
	  .venv/bin/uv pip compile -q $(COMPILE) --group $$group -c requirements/dev.lock -o requirements/$$group.lock || exit 1; \
	done
	@.venv/bin/uv pip compile -q $(COMPILE) --group datatrove -o requirements/datatrove.lock
COMPILE := --generate-hashes --no-emit-index-url --universal --no-header

check: install  ## lint, format, types, and whether openapi.json is up to date
	@$(PYTHON_BIN) -m ruff check .
	@$(PYTHON_BIN) -m ruff format --check .
	@$(PYTHON_BIN) -m mypy
	@$(PYTHON_BIN) -m cli.main openapi --check

format: install  ## put the code in the house style
	@$(PYTHON_BIN) -m ruff check --fix .
	@$(PYTHON_BIN) -m ruff format .

test-fast: install  ## the tests that need no long proof, under 90 s
	@$(PYTEST) -n $(WORKERS) --no-loadscope-reorder -m "not slow and not prove"

test: check  ## check, then every test but the full counts, within 15 minutes
	@$(PYTEST) -n $(WORKERS) --no-loadscope-reorder -m "not prove"

prove: check  ## everything, with the full counts that the claims name
	@$(PYTEST)

demo: install  ## the whole loop on real input: DATA=dir PEOPLE=2000 SERVE=1
	@DATA="$(DATA)" PEOPLE="$(PEOPLE)" SERVE="$(SERVE)" $(PYTHON_BIN) -m local.demo

serve: install  ## the API and its worker on PORT=8080 with a demo account
	@PORT="$(PORT)" $(PYTHON_BIN) -m local.serve

dagster: install  ## the Dagster UI on DAGSTER_PORT=3001
	@DAGSTER_PORT="$(DAGSTER_PORT)" $(PYTHON_BIN) -m local.dagster_ui

psql: install  ## a database prompt as ROLE=analyst, app, pipeline, eraser, migrator or superuser; SQL="…" for one statement
	@$(PYTHON_BIN) -m local.psql "$(ROLE)" $(if $(SQL),--command "$(SQL)")

soak: install  ## people at the API for MINUTES=10: memory and open files must stay flat
	@MINUTES="$(MINUTES)" $(PYTHON_BIN) -m local.soak

report: install  ## the marts as one HTML page with curves and intervals: .local/report.html
	@$(PYTHON_BIN) -m local.report

dbt-docs: install  ## the documentation of every model as one HTML page: .local/dbt-docs.html
	@$(PYTHON_BIN) -m local.dbt_docs

stack: install  ## only the stand-ins: PostgreSQL, Cloud Storage, BigQuery
	@$(PYTHON_BIN) -m local.stack run --prepare

openapi: install  ## write openapi.json anew after a change of the API
	@$(PYTHON_BIN) -m cli.main openapi

