# Every target sets itself up from nothing: a Python >= 3.11 and make are enough.
PYTHON  ?= python3
VENV    ?= .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
PROFILE ?= quick
JOBS    ?= 2
# pytest-xdist starts one interpreter a core; each is kept to one thread.
TESTENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: list table1 table2 table3 table4 table5 table6 table7 table8 table9 table10 table11 table12 mdlam_setting criticality bcd gallery score report figures docs test controls proofs slack coq lint bench coverage mutation clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

list table1 table12 gallery score report: $(STAMP)
	$(BIN)/python -m repro $@

table2 table3 table4 table5 table6 table7 table8 table9 table10 table11 mdlam_setting criticality bcd: $(STAMP)
	$(BIN)/python -m repro $@ --profile $(PROFILE) --jobs $(JOBS)

figures: $(STAMP)
	$(BIN)/python -m paper_figures all

# The site, into site/; python -m http.server --directory site shows it, with its search.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# The tests start hundreds of processes: none of them has to compile our modules again.
test: $(STAMP)
	$(BIN)/python -m compileall -q amverify proofs repro paper_figures
	$(TESTENV) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

proofs: $(STAMP)
	$(BIN)/python -m proofs check

slack: $(STAMP)
	$(BIN)/python -m proofs.pep

# Coq's part of the proofs: needs coqc and Python, nothing else.
coq:
	$(PYTHON) -m proofs.coq.run

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

controls: $(STAMP)
	$(BIN)/python -m pytest -m long -n $(JOBS) -q
	$(BIN)/python tests/controls/run.py

# Lines and branches that the suite and its processes run, per room; pages of each file in .coverage-html/.
# Where Python has sys.monitoring for branches (3.14) it costs little; elsewhere about half as much again.
coverage: $(STAMP)
	$(BIN)/python -m coverage erase
	$(TESTENV) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q --cov --cov-config=tests/coverage.toml --cov-report=
	$(BIN)/python -m coverage html --quiet
	$(BIN)/python -m tests.controls.mutation.rooms

# Small faults in the code that decides, one at a time: which does no test of its room notice?
ROOM   ?= proofs/kernel
MIRROR ?= tests/proofs
FAULTS ?= 60
SEED   ?= 0
WATCH  ?= tests/proofs/test_standing.py tests/controls/test_made_up.py
mutation: $(STAMP)
	$(TESTENV) $(BIN)/python -m tests.controls.mutation.measure .coverage-seen mirror $(MIRROR) $(WATCH)
	$(TESTENV) $(BIN)/python -m tests.controls.mutation.run $(ROOM) --seen .coverage-seen --faults $(FAULTS) --seed $(SEED) --watch $(WATCH) --jobs 2

bench: $(STAMP)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=median,iqr,rounds -q -s -p no:xdist

clean:
	rm -rf $(VENV) results site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
