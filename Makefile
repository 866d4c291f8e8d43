# One virtual environment for every target. PIP_TORCH chooses another build of torch, e.g.
#   make demo PIP_TORCH="torch==2.13.0 --index-url <your mirror>"
PYTHON ?= python3
PIP_TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check docs soak fuzz clean

demo: $(STAMP)
	$(BIN)/flarescope demo --out out/demo

test: $(STAMP)
	$(BIN)/pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_architecture.py

# 50 kills of a store that is being built
soak: $(STAMP)
	$(BIN)/python tests/soak/kill_store.py --kills 50

# 10,000 damaged answers and files for every parser
fuzz: $(STAMP)
	FLARESCOPE_FUZZ_CASES=10000 $(BIN)/pytest -q tests/fuzz

docs: $(STAMP)
	$(BIN)/sphinx-build -W -b html docs out/docs

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "flarescope needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt $(PIP_TORCH)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[all]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) out
