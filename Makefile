# Everything a reader, a study group or a maintainer runs. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
TEST := $(BIN)/python -m pytest -n 2 --dist loadfile
# The torch that the lock pins: the newest one may bring gigabytes of CUDA that the book does not need.
LOCKED := -P torch==2.13.0
CHAPTERS ?=
GRADING := PYTHONPATH=book/_ext:assignments $(BIN)/python -m grading
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install data book pdf offline serve notebooks widgets assignments grade test test-all test-torch-only test-paddle-only test-colab test-oldest test-newest bench lint format requirements clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "make %-18s %s\n", $$1, $$2}'

install: .make/installed  ## Create .venv and install the pinned packages

.make/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and f"Python {v[0]}.{v[1]} found, 3.11 to 3.13 needed: make PYTHON=python3.12 install")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	mkdir -p .make && touch $@

data: .make/data  ## Fetch MovieLens-100K into the user's cache, once

.make/data: .make/installed
	$(BIN)/python -c 'import matplotlib.pyplot'  # builds its font cache, which a notebook would report
	$(BIN)/python -c 'from tutorial_utils.data import load_movielens; print(load_movielens("100k"))'
	touch $@

book: .make/installed  ## Build the site, strictly; prints where to open it
	$(BIN)/jupyter-book build . -W -n --keep-going

pdf: book  ## Print the whole book, both frameworks, to dist/multi-interest-recall.pdf; needs Chromium
	PYTHONPATH=book/_ext $(BIN)/python -m sidebyside.pdf

offline: book  ## Pack the site into dist/multi-interest-recall-site.zip, which opens without a server
	PYTHONPATH=book/_ext $(BIN)/python -m sidebyside.offline

serve: .make/installed  ## Build the site, open it on localhost, rebuild on every change
	$(BIN)/jupyter-book config sphinx . > /dev/null
	trap 'rm -f conf.py' EXIT INT TERM; PYTHONPATH=book/_ext $(BIN)/sphinx-autobuild . _build/html --port $(PORT) --open-browser \
	  --ignore '*/_build/*' --ignore '*/.venv/*' --ignore '*/.git/*' --ignore '*/.make/*'

notebooks: .make/data  ## Split the chapters into notebooks and run them; CHAPTERS=01_single_interest for one
	PYTHONPATH=book/_ext $(BIN)/python -m sidebyside generate $(CHAPTERS)

widgets: .make/installed  ## Compute the data of the living figures
	PYTHONPATH=book/_ext $(BIN)/python -m sidebyside widgets

assignments: .make/installed  ## Write dist/NAME/{student,autograder} for the study-group assignments
	$(GRADING) build

grade: assignments  ## Grade the notebooks in SUBMISSIONS=folder; ASSIGNMENT=, OUT= and SEED_FILE= if need be
	$(if $(SUBMISSIONS),,$(error make grade needs SUBMISSIONS=folder))
	$(GRADING) grade "$(SUBMISSIONS)" $(if $(ASSIGNMENT),--assignment $(ASSIGNMENT)) $(if $(OUT),--out "$(OUT)") \
	  $(if $(SEED_FILE),--seed-file "$(SEED_FILE)")

test: .make/data book  ## Unit, parity, notebook (nbval) and site structure tests
	$(TEST) --nbval notebooks tests -m "not slow"

test-all: .make/data book test-torch-only test-paddle-only  ## make test and what is slow: one framework alone, browser gates
	$(TEST) --nbval notebooks tests

test-torch-only: .make/data  ## The package and the PyTorch notebooks without Paddle installed
	$(call one-framework,torch,pytorch)

test-paddle-only: .make/data  ## The package and the Paddle notebooks without PyTorch installed
	$(call one-framework,paddle,paddle)

# Where CI is set the environment goes when its tests have passed: the gate needs the room on the disk.
define one-framework
	test -d .make/$(1)-only || $(PYTHON) -m venv .make/$(1)-only
	.make/$(1)-only/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.txt -e '.[$(1),book,test]'
	.make/$(1)-only/bin/python -m pytest -n 2 --dist loadfile --nbval notebooks/$(2) tests --ignore tests/site -m "not slow"
	$(if $(CI),rm -rf .make/$(1)-only)
endef

test-colab: .make/data  ## Every notebook on an imitation of Colab; part of test-all
	$(TEST) tests/colab

test-oldest:  ## The package with the oldest versions that pyproject.toml allows; torch may bring gigabytes
	mkdir -p .make
	$(PYTHON) tests/oldest_versions.py > .make/oldest.txt
	$(call versions,oldest,-c .make/oldest.txt)

test-newest:  ## The package with the newest versions that pyproject.toml allows; torch may bring gigabytes
	$(call versions,newest,--upgrade --upgrade-strategy eager)

# The cheat sheet's facts are those of the pinned versions.
define versions
	test -d .make/$(1) || $(PYTHON) -m venv .make/$(1)
	.make/$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2) -e '.[torch,paddle,test]'
	.make/$(1)/bin/python -m pip list | grep -E '^(faiss|matplotlib|numpy|paddle|pip|scipy|torch)'
	.make/$(1)/bin/python -m pytest -n 2 --dist loadfile tests -m "not slow" \
	  --ignore tests/site --ignore tests/notebooks --ignore tests/colab --ignore tests/assignments \
	  --ignore tests/test_cheatsheet.py
endef

bench: .make/data  ## Measure serving, training steps and quality on MovieLens-100K; SEQUENCES=file for other data; not part of any test
	$(BIN)/python -m benchmarks.serving --out dist/bench/serving.json
	$(BIN)/python -m benchmarks.steps
	$(BIN)/python -m benchmarks.quality $(if $(SEQUENCES),--sequences $(SEQUENCES),--movielens 100k) --out dist/bench/quality.json
	$(BIN)/python -m benchmarks.compare dist/bench/quality.json

lint: .make/installed  ## Ruff on sources, chapter cells and notebooks; types; workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

format: .make/installed  ## Format the sources and the chapters' cells
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .
	PYTHONPATH=book/_ext $(BIN)/python -m sidebyside format
	$(GRADING) format

requirements: .make/installed  ## Compile requirements.txt from pyproject.toml
	$(BIN)/pip-compile --quiet --no-header --no-annotate --strip-extras --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --extra torch --extra paddle --extra book --extra test --extra assignments $(LOCKED) \
	  --output-file .make/requirements.txt pyproject.toml
	{ echo '# Compiled from pyproject.toml by `make requirements`. Do not edit by hand.'; \
	  sed 's/+[a-z0-9.]*$$//' .make/requirements.txt; } > requirements.txt

clean:  ## Remove everything that can be made again
	rm -rf _build .make .venv dist src/*.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache
