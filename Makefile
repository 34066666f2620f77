# aikg: what one does with it. `make help` lists the targets.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
BIN := .venv/bin

ROUNDS ?= 500

.PHONY: help serve build test test-fast bench soak mutate check format pins sssom clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

serve: .venv/ready ## answer SPARQL at http://HOST:PORT/sparql (PORT=8080)
	$(BIN)/aikg serve --host $(HOST) --port $(PORT)

build: .venv/ready ## build the graph from the files
	$(BIN)/aikg build

test: .venv/dev ## every test
	$(BIN)/pytest -n 2

test-fast: .venv/dev ## the tests without Java, second builds and mutations
	$(BIN)/pytest -n 2 -m 'not slow'

soak: .venv/dev ## kill processes under load, ROUNDS times (500); invent submissions
	$(BIN)/pytest -s -m 'not slow' tests/test_kills.py --rounds $(ROUNDS)
	$(BIN)/python tests/ledger_kills.py --rounds $(ROUNDS)
	PYTHONPATH=. $(BIN)/python -W ignore tests/equality.py

mutate: .venv/dev ## change each fact of the data in turn; name what the inventory overlooks
	$(BIN)/python tests/inventory.py

bench: .venv/dev ## measure against other servers, for docs/benchmark.md (QUICK=1: a first look)
	$(BIN)/python -m bench $(if $(QUICK),--quick)

check: .venv/dev ## format, style, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/turtlefmt --check ontology data shapes cases description tests
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev ## put Python and Turtle into their one form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/turtlefmt ontology data shapes cases description tests

pins: .venv/dev ## write constraints.txt anew
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --upgrade \
	  --no-emit-index-url --no-header --no-annotate --output-file constraints.txt

sssom: .venv/sssom/ready ## validate the mapping tables with the SSSOM community's own program
	for table in ontology/mappings/*.sssom.tsv; do \
	  .venv/sssom/bin/sssom validate -V JsonSchema -V PrefixMapCompleteness -V StrictCurieFormat \
	    $$table || exit 1; done

clean: ## remove what was built and installed
	rm -rf .venv var

.venv/ready: pyproject.toml constraints.txt
	@echo 'Setting up .venv/ with the pinned packages; this is done once and takes about a minute.'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev: .venv/ready .venv/shacl-suite/ready
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# The W3C's tests of SHACL, which the sources of pyshacl bring along, and its wheel does not.
.venv/shacl-suite/ready: .venv/ready
	rm -rf $(@D) && mkdir -p $(@D)
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --no-binary pyshacl \
	  -c constraints.txt -d $(@D) pyshacl
	cd $(@D) && for sources in *.tar.gz; do tar -xzf $$sources; done
	touch $@

.venv/sssom/ready:
	$(PYTHON) -m venv .venv/sssom
	.venv/sssom/bin/pip install --quiet --disable-pip-version-check sssom==0.4.21
	touch $@
