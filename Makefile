# `make demo` and `make test` are all a newcomer needs: both set up .venv when it is missing or out of date.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13,$(shell command -v $(name))))
# Where pip finds a CPU build of torch, e.g. PIP_ARGS="--extra-index-url URL" (the README names PyTorch's own page).
PIP_ARGS ?=
SERVE ?= 1
BIN := .venv/bin

.PHONY: demo test check fast gate setup clean
.DEFAULT_GOAL := help

help: ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## the virtual environment, with everything pinned

.venv/.ready: pyproject.toml constraints.txt
	@test -x "$(shell command -v $(PYTHON))" || { echo "teamlore needs Python 3.11 to 3.13: make PYTHON=python3.12 ..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: .venv/.ready ## ingest examples/, answer a few questions, then serve (SERVE=0: stop there)
	$(BIN)/python -m rag.cli.demo --serve $(SERVE)

check: .venv/.ready ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: fast ## the whole test suite
	bash tests/system_packages.sh
	$(BIN)/python -m pytest -m slow -n 2 --dist loadfile

# Without bytecode every run would rewrite each test's assertions anew, seconds of its time.
fast: export PYTHONDONTWRITEBYTECODE =
fast: .venv/.ready ## the tests that need no model, browser or corpus
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal

gate: .venv/.ready ## answer the questions of examples/ and hold the answers against the stored baseline
	rm -rf build/gate
	$(BIN)/teamlore eval answers examples --run build/gate
	$(BIN)/teamlore eval gate build/gate --baseline tests/baselines/examples

clean: ## remove what the demo and the tools left
	rm -rf .demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
