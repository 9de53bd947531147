# Everything that people do with this checkout. `make` alone lists it.
SHELL := bash
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help up down test test-full check bench docs clean setup setup-test lint

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup ## bring up a city and print its address; CITY=small|zhengzhou|stress|none
	@$(BIN)/gridgeo up --detach $(if $(CITY),--city $(CITY))

down: ## stop this checkout's server and database; nothing is lost
	@if [[ -x $(BIN)/gridgeo ]]; then $(BIN)/gridgeo down; fi

test: setup-test lint ## all checks and tests, against a real PostGIS and a real browser
	@$(BIN)/pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web --silent test

test-full: setup-test ## the slow checks at the city's real size too
	@$(BIN)/pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder -m ''

lint: setup-test
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web --silent run lint

check: setup ## check the laws of the map that is loaded
	@$(BIN)/gridgeo check

bench: setup-test ## repeat the measured numbers, see bench/README.md
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install \
		--require-hashes --requirement bench/requirements.lock
	@$(BIN)/python -m bench

docs: setup-test ## build the documentation into site/
	@$(BIN)/mkdocs build --strict --quiet

clean: down ## stop everything, remove the environment and all builds; the database stays
	@rm -rf .venv web/node_modules web/dist tiles/glyphs site .mypy_cache .ruff_cache .hypothesis .coverage

setup:
	@scripts/setup

setup-test:
	@scripts/setup --test
