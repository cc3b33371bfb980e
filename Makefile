# `make demo`, `make test` and `make run` need python3 (3.12 or newer), make and git; all else is
# installed into .venv and node_modules from the lock files, whose hashes pip and npm check.

VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.installed-packages
RUN := $(VENV)/.installed
ASSETS := node_modules/.installed
CLIENTS := tests/clients/node_modules/.installed
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench

INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check
COMPILE := -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url \
  --no-annotate --no-header

.PHONY: demo test run lint types layers unit soak real bench screenshots lock catalogue clean help

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUN) ## Try it all: the pages, with a made-up Immich and Google behind them
	@$(BIN)/pentaprism demo

run: $(RUN) ## Start the server, at http://localhost:8080
	@$(BIN)/pentaprism serve

test: lint types layers unit ## Run everything that must be green

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/mypy src bench
	@for folder in tests/*/; do $(BIN)/mypy $$folder || exit 1; done

layers: $(DEV)
	$(BIN)/lint-imports --no-cache

unit: $(DEV)
	$(BIN)/pytest -n 3 --dist worksteal

soak: $(DEV) ## Long runs: hundreds of kills, large libraries
	$(BIN)/pytest -m soak --timeout 3600

real: $(DEV) ## Tests against a real Immich (see CONTRIBUTING.md)
	$(BIN)/pytest -m real

bench: $(BENCH) ## Measure against peers (see bench/README.md)
	$(BIN)/python bench/mirror_folder.py
	$(BIN)/python bench/mirror_google.py
	$(BIN)/python bench/groups.py
	$(BIN)/python bench/hashing.py
	$(BIN)/python bench/search.py
	$(BIN)/python bench/accuracy.py
	$(BIN)/python bench/duplicates.py
	$(BIN)/python bench/gateway.py

screenshots: $(DEV) ## Photograph every page, and the dashboard for the README
	@PYTHONPATH=tests/contracts $(BIN)/python scripts/screenshots.py

lock: $(DEV) ## Renew the lock files after a change in pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --group build -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --group build --group dev -o requirements-dev.lock pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --group build --group dev --group bench -o requirements-bench.lock pyproject.toml

catalogue: $(DEV) ## Collect the texts of the pages for translators
	$(BIN)/python -m pentaprism.web.catalogue

$(RUN): $(PACKAGES) $(ASSETS)
	@touch $@

$(PACKAGES): requirements.lock pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh $(VENV)
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# In order only: npm has no need to run again when a Python package has changed.
$(ASSETS): package.json package-lock.json .npmrc scripts/assets.sh scripts/npm.sh | $(PACKAGES)
	@sh scripts/assets.sh $(VENV)
	@touch $@

$(CLIENTS): $(addprefix tests/clients/,package.json package-lock.json .npmrc) scripts/npm.sh \
  | $(PACKAGES)
	@sh scripts/npm.sh $(VENV) tests/clients "Immich's own clients for the tests"
	@touch $@

$(DEV): requirements-dev.lock scripts/browser.sh scripts/nginx.sh $(RUN) $(CLIENTS)
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@sh scripts/browser.sh
	@sh scripts/nginx.sh
	@touch $@

$(BENCH): requirements-bench.lock bench/express/package-lock.json scripts/npm.sh \
  scripts/nginx.sh $(DEV)
	@$(INSTALL) --require-hashes -r requirements-bench.lock
	@sh scripts/npm.sh $(VENV) bench/express "the proxy that the benchmark compares with"
	@sh scripts/nginx.sh
	@touch $@

clean: ## Remove what was installed and built
	rm -rf $(VENV) build dist .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  node_modules tests/clients/node_modules bench/express/node_modules \
	  src/pentaprism/web/static/vendor
