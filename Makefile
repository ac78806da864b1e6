# Everything a person types. `make demo` and `make test` need Python >= 3.11, git and make; the rest comes from the hashed locks.
# Stamps in .venv depend on the locks: a pulled lock is installed by the next make.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := pip compile --quiet --generate-hashes --no-emit-index-url --universal --no-strip-extras --python-version 3.11 --custom-compile-command 'make lock'
PYTEST_OPTIONS ?=
export PIP_NO_INPUT := 1

.PHONY: help demo test check model-check bench lock clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.run  ## recall a bad release, simulated, in under a minute
	@$(BIN)/recall demo $(OPTIONS)

test: check  ## format, lint, types, and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not alone" $(PYTEST_OPTIONS)
	$(BIN)/python -m pytest -m alone $(PYTEST_OPTIONS) || { echo "once more, alone: a busy machine can be slower than a minute, a fault fails twice"; $(BIN)/python -m pytest -m alone $(PYTEST_OPTIONS); }

check: $(VENV)/.dev  ## format, lint and types only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

model-check: $(VENV)/.dev  ## every state the decision can reach: nothing without signatures, stop always
	@$(BIN)/python -m tests.model

bench: $(VENV)/.dev  ## every benchmark; one JSON line a figure
	@$(BIN)/python -m benchmarks

lock: $(VENV)/.uv  ## write both locks anew from pyproject.toml
	$(VENV)/lock/bin/uv $(COMPILE) pyproject.toml --group build -o requirements.lock
	$(VENV)/lock/bin/uv $(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## remove the environment, caches and demo folders; ledgers in .recall stay
	rm -rf $(VENV) .recall-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each candidate is run, for a version manager's shim may exist and still fail. PYTHON=... names another.
$(VENV)/.python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	    "$$python" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	    echo "making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); echo "$$python cannot make environments: install its venv package (Debian: apt-get install python3-venv)" >&2; exit 1; }; \
	    touch $@; exit 0; \
	done; \
	echo "app-recall needs Python 3.11 or newer; none of python3.13, python3.12, python3.11, python3 is. Name one: make demo PYTHON=/path/to/python" >&2; exit 1

# --no-deps: a lock names everything, and pip's resolver, which differs from version to version, is not asked again.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "installing the locked packages (about a minute)"
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -P -m integrations.server.seed || echo "no prepared server database; the first start will take longer" >&2
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/.python
	@echo "installing the locked packages for development (about two minutes)"
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -P -m integrations.server.seed || echo "no prepared server database; the first start will take longer" >&2
	@touch $@ $(VENV)/.run

$(VENV)/.uv: | $(VENV)/.python
	@$(BIN)/python -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip install --quiet uv
	@touch $@
