# Two commands to know: `make demo` shows what this is, `make test` says whether it
# works.  Everything is installed into .venv; nothing outside this folder changes
# but prepared competition data, which go to the user's cache folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
UV := $(shell command -v uv 2>/dev/null)
PYTHON ?=
PYTEST_ARGS ?= -n 2

DEMO_RUN := runs/quickstart
DEMO_REPORT := reports/quickstart

# The kernel of this environment wins over one that the user installed.
export JUPYTER_PREFER_ENV_PATH := 1

# What an older processor without numpy's newer loops, with two threads, computes with.
OLDER := OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 OPENBLAS_CORETYPE=Prescott \
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F
DISPATCHED = $(PY) -c 'from numpy._core import _multiarray_umath as m; \
    print(*[f for f in m.__cpu_dispatch__ if m.__cpu_features__[f]])'

# Whether PYTHON asks for another version than that of .venv, which is then made anew.
OTHER := $(if $(PYTHON),$(shell has=$$($(PY) -V 2>/dev/null) && \
    [ "$$has" != "$$($(PYTHON) -V 2>/dev/null)" ] && echo yes))

.PHONY: help setup demo lab test test-older lint bench bench-ui lock clean
ifneq ($(OTHER),)
$(PY) $(VENV)/.installed-demo $(VENV)/.installed-test: anew
anew: ;
endif

help: ## Show this list
	@printf '\n  \033[1mmle-toolkit\033[0m\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / \
	    { printf "  \033[36mmake %-11s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  Start with \033[36mmake demo\033[0m: about four minutes, no key, no account.\n\n'

setup: $(VENV)/.installed-demo ## Make .venv and install what experiments need
	@echo "Ready. Next: make demo, or make lab."

demo: $(VENV)/.installed-demo ## Run a real experiment and write its report
	@$(BIN)/mle prepare digits breast-cancer
	@if [ -e $(DEMO_RUN)/plan-1.json ]; then \
	    echo "$(DEMO_RUN) exists: running what is left of it."; \
	    $(BIN)/mle resume $(DEMO_RUN); \
	else \
	    sandbox=$$($(DEMO_SANDBOX)); \
	    $(BIN)/mle run digits breast-cancer --agent tree-search --model offline \
	        --attempts 8 --steps 5 --parallel 2 --time-limit 5m \
	        --sandbox "$$sandbox" --out $(DEMO_RUN); \
	fi
	@mkdir -p $(DEMO_REPORT)
	@$(BIN)/papermill --no-progress-bar notebooks/01_quickstart.ipynb \
	    $(DEMO_REPORT)/01_quickstart.ipynb
	@$(BIN)/mle report $(DEMO_RUN) --out $(DEMO_REPORT)
	@printf '\n\033[1mDone.\033[0m The report: \033[36m%s\033[0m\n' \
	    "$(CURDIR)/$(DEMO_REPORT)/index.html"
	@echo "  The notebook behind it: $(DEMO_REPORT)/01_quickstart.ipynb"
	@echo "  The attempts themselves: $(BIN)/mle status $(DEMO_RUN)"
	@echo "  Next: make lab, then open notebooks/02_watch.ipynb"

lab: $(VENV)/.installed-demo ## Open JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

test: lint ## Lint, types, import rules and every test
	@$(BIN)/pytest $(PYTEST_ARGS)

test-older: $(VENV)/.installed-test ## The tests, as an older processor computes
	@NPY_DISABLE_CPU_FEATURES="$$($(DISPATCHED))" $(OLDER) $(BIN)/pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed-test ## Lint, types and import rules only
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/.installed-test ## Speed against peers, full fuzz, full calibration
	@$(PY) benchmarks/startup.py
	@$(PY) benchmarks/reports.py
	@$(PY) benchmarks/graders.py
	@$(PY) benchmarks/fuzz_graders.py
	@$(PY) benchmarks/stats_speed.py --install-peers
	@$(PY) benchmarks/calibration.py

bench-ui: $(VENV)/.installed-test ## The live view in a browser: speed, and pictures of it
	@$(PY) benchmarks/ui.py
	@$(PY) benchmarks/ui.py --pictures

lock: ## Resolve constraints.txt anew, with the newest versions
	@$(LOCK)
	@echo "constraints.txt holds $$(wc -l < constraints.txt) packages. Next: make test"

clean: ## Remove caches and builds; experiments and reports stay
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis \
	    .import_linter_cache .benchmarks
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune \
	    -exec rm -rf {} +

$(VENV)/.installed-demo: pyproject.toml constraints.txt | $(PY)
	@echo "Installing the toolkit and its offline competitions ($(takes)) ..."
	@$(call install,mini)
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(PY)
	@echo "Installing the toolkit and what the tests need ($(takes)) ..."
	@$(call install,all$(comma)dev)
	@touch $@ $(VENV)/.installed-demo

$(PY):
	@$(MAKE_VENV)

comma := ,

ifdef UV
install = $(UV) pip install -q --python $(PY) -c constraints.txt -e '.[$(1)]'
else
install = $(PY) -m pip install -qq --disable-pip-version-check \
    -c constraints.txt -e '.[$(1)]'
endif
takes = $(if $(UV),a minute,some minutes; with uv it is seconds)

# The candidates in the order of the user's wish; the first that is new enough.
define FIND_PYTHON
for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
    then command -v "$$python"; break; fi; \
done
endef

define MAKE_VENV
python=$$($(FIND_PYTHON)); \
if [ -z "$$python" ] && [ -n "$(UV)" ] && [ -z "$(PYTHON)" ]; then python='>=3.11'; fi; \
if [ -z "$$python" ]; then \
    found=$$($(or $(PYTHON),python3) --version 2>&1 || true); \
    echo "mle-toolkit needs Python 3.11 or newer; found: $$found." >&2; \
    echo "Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; \
    exit 1; \
fi; \
if [ -e $(VENV) ]; then echo "Making $(VENV) anew, with $$($$python -V)."; fi; \
rm -rf $(VENV); \
if [ -n "$(UV)" ]; then \
    $(UV) venv -q --python "$$python" $(VENV); \
elif ! "$$python" -m venv $(VENV); then \
    rm -rf $(VENV); \
    echo "Python cannot make virtual environments here." >&2; \
    echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; \
    exit 1; \
fi
endef

# The demo alone may do without a sandbox: only the toolkit's own model writes code.
define DEMO_SANDBOX
$(PY) -c 'import sys; from mle_toolkit.sandbox import probe; \
    box = probe("bwrap"); print("bwrap" if box.works else "none"); \
    box.works or print("No sandbox here:", box.detail, \
    "\nThe demo runs without one, because only our own offline model writes code", \
    "in it. For any other model, install bubblewrap.", file=sys.stderr)'
endef

# Without uv the result names this platform's packages only.
define LOCK
if [ -n "$(UV)" ]; then \
    $(UV) pip compile -q --universal --upgrade --python-version 3.11 \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --extra all --extra dev pyproject.toml -o constraints.txt; \
else \
    folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
    python=$$($(FIND_PYTHON)); \
    "$$python" -m venv "$$folder/venv"; \
    "$$folder/venv/bin/python" -m pip install -q '.[all,dev]'; \
    "$$folder/venv/bin/python" -m pip freeze --exclude mle-toolkit \
        > "$$folder/constraints.txt"; \
    cp "$$folder/constraints.txt" constraints.txt; \
fi
endef
