# Accord. `make run` and `make test` do all set-up themselves; `make` alone prints what there is.

.DEFAULT_GOAL := help
.PHONY: help setup run test test-deep test-changed lint types licences format lock upgrade bench messages clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Set up .venv from the lock files (quick when nothing changed)
	@./bootstrap.sh

run: ## Set up and run the main job: a made-up world, a day of calls at three centres, the desks on localhost
	@./bootstrap.sh run

test: ## Set up and run all checks and every test that decides (docs/tests.md)
	@./bootstrap.sh test

test-deep: ## Set up and run every combination: both stores in full, ten times the examples, the long fault runs
	@./bootstrap.sh test deep

test-changed: ## Set up and run the tests that the changes since main can have touched
	@./bootstrap.sh test changed

lint: setup ## Ruff (rules and format) and the import contracts
	@tests/run lint

types: setup ## mypy --strict
	@tests/run types

licences: setup ## The licence of every dependency; fails for one that pyproject.toml does not allow
	@tests/run licences

format: setup ## Rewrite the code into its one format
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

lock: ## Bring uv.lock and requirements.txt up to date with pyproject.toml, keeping pins where it can (needs uv)
	uv lock
	$(MAKE) requirements.txt

upgrade: ## Move every pin to the newest version that pyproject.toml allows (needs uv)
	uv lock --upgrade
	$(MAKE) requirements.txt

requirements.txt: uv.lock # The same pins and hashes for pip
	{ echo '# Exported from uv.lock by `make lock`; do not edit.'; uv export --locked --quiet --no-emit-project --no-header; } > $@

bench: setup ## Run every benchmark beside its peers and print the ratios
	@set -e; for name in records tracing response clocks envelopes federation pages; do echo "== benchmarks/$$name.py"; .venv/bin/python benchmarks/$$name.py; done

messages: setup ## Collect the texts to translate into the catalogues beside the code, and compile these
	.venv/bin/python -m accord.web.catalogues.collect
	.venv/bin/python -m accord.web.catalogues.compile

clean: ## Remove .venv, caches and build output (never accord-data)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
