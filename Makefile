# Two commands do all of their own set-up: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
# A machine without a GPU gets the small build of torch with
#   make run TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
BIN := .venv/bin
EDITOR := web/static/vendor/lock.sha256
PIP := $(BIN)/pip --disable-pip-version-check install -q -c requirements.lock $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: run test test-slow kills bench bench-sparql attack peer lint format browser virtuoso lock clean help

help: ## what can be done here
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

run: .venv/run $(EDITOR) ## the site on http://127.0.0.1:8000 (PORT=… changes it)
	@$(BIN)/goodways build || echo "The site starts with what could be read." >&2
	@exec $(BIN)/goodways serve --host $(HOST) --port $(PORT)

test: .venv/dev browser virtuoso $(EDITOR) ## every test that is fast enough to run at each change (WORKERS=… processes)
	$(BIN)/python -m pytest -m "not slow" -n $(or $(WORKERS),2) --dist loadfile

test-slow: .venv/dev ## what takes longer: twenty kills of a build
	$(BIN)/python -m pytest -m slow

kills: .venv/dev ## a hundred kills of the server in the middle of edits and imports (KILLS=…)
	GOODWAYS_KILLS=$(or $(KILLS),100) $(BIN)/python -m pytest -m slow -s tests/journeys/test_kills_at_the_desk.py

bench: .venv/dev ## how fast the search is over RECORDS=10000 made records
	$(BIN)/python -m tests.benchmarks.search --records $(or $(RECORDS),10000)

bench-sparql: .venv/dev ## the SPARQL endpoint over DATA=data beside the bare engine and rdflib-endpoint
	$(PIP) --no-deps rdflib-endpoint
	$(BIN)/python -m tests.benchmarks.sparql --data $(or $(DATA),data)

attack: .venv/dev ## ten thousand bad requests to the SPARQL endpoint
	$(BIN)/python -m tests.benchmarks.attack --data $(or $(DATA),data)

peer: .venv/dev ## the search beside txtai, over COLLECTION (see docs/measurements.md)
	$(PIP) -e '.[peer]'
	$(BIN)/python -m tests.benchmarks.peer $(COLLECTION)

lint: .venv/dev ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev ## bring the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "The browser tests need Chromium: install it (Debian: apt install chromium) and run make test again." >&2; exit 1; }

# A second SPARQL server for the tests of kg/remote.py; without it, those tests are skipped.
virtuoso:
	@command -v virtuoso-t >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends virtuoso-opensource-7-bin >/dev/null; } \
	  || echo "Its tests are skipped, since Virtuoso 7 is not installed (Debian: apt install virtuoso-opensource-7-bin)." >&2

# The SPARQL editor from npm; the site works without it, so a machine without network goes on.
$(EDITOR): web/editor/package-lock.json | .venv/run
	@$(BIN)/python -m web.editor_assets

lock: .venv/dev ## write down the versions that are installed
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' | grep -v -e '^nvidia-' -e '^triton' > requirements.lock

clean: ## remove environment, graph, indexes and model
	rm -rf .venv data web/static/vendor

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Goodways needs Python 3.11 or newer; name one with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run: pyproject.toml requirements.lock | .venv/bin/python
	@echo "Installing what Goodways needs; this takes a minute or two the first time." >&2
	$(PIP) -e .
	@touch $@

.venv/dev: pyproject.toml requirements.lock | .venv/bin/python
	@echo "Installing what the tests need." >&2
	$(PIP) -e '.[dev]'
	@touch $@ .venv/run
