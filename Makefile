# Two commands do all set-up: `make run` and `make test`. Python 3.11 or newer is the only thing that must be there.

PYTHON ?= python3
BIN := .venv/bin
STORE ?= .policykg/demo
PORT ?= 8000

.PHONY: run test clean

run: .venv/installed
	$(BIN)/kg demo --store $(STORE) --port $(PORT)

test: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n auto --dist loadfile

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-dev: pyproject.toml .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv .policykg
