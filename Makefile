# aikg: what one does with it. `make help` lists the targets.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
BIN := .venv/bin

ROUNDS ?= 500
UPGRADE ?= --upgrade

INSTALL := install --quiet --disable-pip-version-check
# What is installed is pinned with a hash, and so is what builds it.
PINNED := constraints.txt tools/requirements.txt
PIN = .venv/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate

EDITOR := src/aikg/web/static/codemirror.js

.DELETE_ON_ERROR:
.PHONY: help serve build editor package test test-fast bench soak mutate check sheets format pins audit sssom clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

serve: .venv/ready ## answer SPARQL at http://HOST:PORT/sparql (PORT=8080)
	$(BIN)/aikg serve --host $(HOST) --port $(PORT)

build: .venv/ready ## build the graph from the files
	$(BIN)/aikg build

package: .venv/dev ## write the wheel and the source distribution to dist/
	$(MAKE) editor || echo 'The query page has a text field: npm is not there, or could not install the editor.'
	$(BIN)/python -m hatchling build -d dist

editor: $(EDITOR) ## make the editor of the query page from pinned npm packages (optional; needs Node and npm)

test: .venv/dev ## every test but the long forms, which `make soak` runs
	$(BIN)/pytest -n 2 --dist loadfile -m 'not endurance'

test-fast: .venv/dev ## the tests without Java, second builds and mutations
	$(BIN)/pytest -n 2 --dist loadfile -m 'not slow and not endurance'

soak: .venv/dev ## kill processes under load, ROUNDS times (500); kill servers and their database; invent submissions; orders of sheets; mistakes; few clients
	$(BIN)/pytest -m endurance
	$(BIN)/pytest -s -m 'not slow' tests/test_kills.py --rounds $(ROUNDS)
	$(BIN)/python tests/ledger_kills.py --rounds $(ROUNDS)
	PYTHONPATH=tests $(BIN)/python tests/server_kills.py
	PYTHONPATH=. $(BIN)/python -W ignore tests/equality.py
	$(BIN)/python tests/load.py
	PYTHONPATH=tests $(BIN)/python tests/crawl.py
	PYTHONPATH=. $(BIN)/python -W ignore tests/orders.py
	PYTHONPATH=. $(BIN)/python -W ignore tests/blind.py

mutate: .venv/dev ## change each fact of the data in turn; name what the inventory overlooks
	$(BIN)/python tests/inventory.py

bench: .venv/dev ## measure against other servers, for docs/measurements/benchmark.md (QUICK=1: a first look)
	$(BIN)/python -m bench $(if $(QUICK),--quick)

check: .venv/dev ## format, style, types, layers, rules, words
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/turtlefmt --check ontology data shapes cases description tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/rule_lint.py
	$(BIN)/python tools/number_lint.py
	$(BIN)/python tools/words.py

sheets: .venv/dev ## write the extraction sheets of data/sheets/ as Turtle
	$(BIN)/python tools/sheets.py

format: .venv/dev ## put Python and Turtle into their one form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/turtlefmt ontology data shapes cases description tests

pins: .venv/tools/ready ## write the files of pins anew (UPGRADE=: keep the versions)
	$(PIN) pyproject.toml --group build --extra dev $(UPGRADE) --output-file constraints.txt
	$(PIN) pyproject.toml --group build --constraints constraints.txt --output-file requirements.txt
	for tool in requirements sssom; do \
	  $(PIN) tools/$$tool.in $(UPGRADE) --output-file tools/$$tool.txt || exit 1; done

audit: .venv/tools/ready ## look for known vulnerabilities (ADVISORIES=FOLDER: without a network)
ifdef ADVISORIES
	.venv/tools/bin/python tools/advisories.py $(ADVISORIES) $(PINNED)
else
	.venv/tools/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
	  $(foreach pins,$(PINNED),--requirement $(pins))
endif

sssom: .venv/sssom/ready ## validate the mapping tables with the SSSOM community's own program
	for table in ontology/mappings/*.sssom.tsv; do \
	  .venv/sssom/bin/sssom validate -V JsonSchema -V PrefixMapCompleteness -V StrictCurieFormat \
	    $$table || exit 1; done

clean: ## remove what was built and installed
	rm -rf .venv var

# Without this file the query page has a text field.
$(EDITOR): $(wildcard tools/editor/*.js) tools/editor/package-lock.json
	cd tools/editor && npm ci --ignore-scripts --no-audit --no-fund
	cd tools/editor && npx --no-install esbuild editor.js --bundle --minify --format=iife \
	  --charset=utf8 --legal-comments=eof --log-level=warning --outfile=../../$@
	cat tools/editor/node_modules/*/LICENSE tools/editor/node_modules/@[clm]*/*/LICENSE > $(EDITOR).LICENSE.txt

.venv/ready: pyproject.toml requirements.txt
	@echo 'Setting up .venv/ with the pinned packages; this is done once and takes about a minute.'
	$(PYTHON) -m venv .venv
	$(BIN)/pip $(INSTALL) --require-hashes -r requirements.txt
	$(BIN)/pip $(INSTALL) --no-deps --no-build-isolation -e .
	touch $@

.venv/dev: .venv/ready constraints.txt
	$(BIN)/pip $(INSTALL) --require-hashes -r constraints.txt
	$(MAKE) .venv/shacl-suite/ready .venv/sparql-suite/ready
	touch $@

# The W3C's tests of SHACL, which the sources of pyshacl bring along, and its wheel does not.
.venv/shacl-suite/ready: constraints.txt
	rm -rf $(@D) && mkdir -p $(@D)
	sed -n '/^pyshacl==/,/[^\\]$$/p' constraints.txt > $(@D)/pyshacl.txt
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --no-binary pyshacl \
	  --no-build-isolation --require-hashes -r $(@D)/pyshacl.txt -d $(@D)
	cd $(@D) && for sources in *.tar.gz; do tar -xzf $$sources; done
	touch $@

# The W3C's tests of SPARQL, which the sources of rdflib bring along, and its wheel does not.
.venv/sparql-suite/ready: constraints.txt
	rm -rf $(@D) && mkdir -p $(@D)
	sed -n '/^rdflib==/,/[^\\]$$/p' constraints.txt > $(@D)/rdflib.txt
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --no-binary rdflib \
	  --no-build-isolation --require-hashes -r $(@D)/rdflib.txt -d $(@D)
	cd $(@D) && for sources in *.tar.gz; do tar -xzf $$sources --wildcards '*/suites/w3c/*sparql*' '*/suites/w3c/dawg*'; done
	touch $@

.venv/tools/ready: tools/requirements.txt
	$(PYTHON) -m venv .venv/tools
	.venv/tools/bin/pip $(INSTALL) --require-hashes -r tools/requirements.txt
	touch $@

.venv/sssom/ready: tools/sssom.txt
	$(PYTHON) -m venv .venv/sssom
	.venv/sssom/bin/pip $(INSTALL) --require-hashes -r tools/sssom.txt
	touch $@
