# Everything runs in .venv, which the first target that needs it makes.
# The first interpreter of these that is there; for another, make book PYTHON=...

ifndef PYTHON
PYTHON := $(firstword $(foreach version,3.11 3.12 3.13,$(shell command -v python$(version))))
endif
CONSTRAINTS ?= --constraint constraints.txt
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
NOTEBOOKS = $(shell find book -name '*.ipynb' -not -path '*/.*' | sort)

.PHONY: book pdf test quick nbval browser notebooks results bench lint clean

book: $(READY)
	$(BIN)/jupyter-book build . --all -W --keep-going

# The chapters of the built site (make book) as one file, _build/msbook.pdf.
pdf: $(READY)
	$(BIN)/python book/_tools/pdf.py

test: quick nbval

# Everything but the notebooks: unit tests, examples in docstrings, pair check.
quick: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 -m "not browser" --doctest-modules src tests

# Every notebook is executed and its outputs compared with the stored ones.
nbval: $(READY)
	env -u MPLBACKEND OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist loadfile \
		--nbval --nbval-current-env --nbval-cell-timeout=600 $(NOTEBOOKS)

# Opens every page of the built site (make book) in a browser.
browser: $(READY)
	$(BIN)/pytest -q -rs -n 2 -m browser tests/book/browser

notebooks: $(READY)
	$(BIN)/python book/_tools/notebooks.py write

results: $(READY)
	set -e; for script in $(wildcard book/results/*/make*.py); do $(BIN)/python $$script; done
	$(BIN)/python book/_tools/registry.py

bench: $(READY)
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable ".[bench]"
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/python book/_tools/notebooks.py check

clean:
	rm -rf _build .pytest_cache .ruff_cache
	find src tests book benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(READY): pyproject.toml constraints.txt
	$(if $(PYTHON),,$(error Python 3.11, 3.12 or 3.13 is needed; or name one, make PYTHON=...))
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable ".[book,test,dev]"
	touch $@
