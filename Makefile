# Needs Python >= 3.11 with venv, gcc and make; everything else is installed into $(VENV).
# pip's own variables (PIP_INDEX_URL, PIP_FIND_LINKS, ...) work as always.

PYTHON ?= python3
VENV ?= .venv
SANITIZE_VENV ?= .venv-sanitize
CLANG_VENV ?= .venv-clang
WORKERS ?= 2
# How long `make fuzz` looks for trouble, and how often `make stress` does.
SECONDS ?= 60
TIMES ?= 100
# Figures or groups that `make bench` measures, as in ONLY="frames pixel.c-tap"; without any, all.
ONLY ?=
# One time for all reports of a run.
STAMP := $(or $(STAMP),$(shell date -u +%Y%m%dT%H%M%SZ))

# What the compiled core depends on; Python files are used where they lie.
CORE := CMakeLists.txt $(wildcard csrc/* csrc/arithmetic/*)
# The tests that need nothing but the C core, and those that end or race what runs.
SIGNAL_TESTS = $(shell grep -rl mark.signals tests --include='*.py')
CORE_TESTS := $(wildcard tests/engines/c_core/*.py)

EXAMPLES := src/parity_bridge/examples
GNNQQNY_FLAGS = $(subst gnnqqny_p1.hkl,$(EXAMPLES)/gnnqqny_p1.hkl,\
    $(shell cat $(EXAMPLES)/gnnqqny.txt))

pip_install = $(1)/bin/python -m pip install --quiet --constraint constraints.txt
requirements = $(1)/bin/python .ci/requirements.py $(2) > $@.txt
gcc_library = $(shell gcc -print-file-name=$(1))
c_option = --config-settings=cmake.define.$(1)=ON
# Each worker begins with neighbouring tests, which share what is computed once.
pytest = $(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal
# Build and run the C core's own tests in folder $(1) with the options $(2).
run_c_tests = $(VENV)/bin/cmake -S . -B $(1) -G "Unix Makefiles" -DCMAKE_BUILD_TYPE=Release \
    -DPB_EXTENSION=OFF -DPB_TESTS=ON -DPB_WERROR=ON $(2) --log-level=WARNING > /dev/null && \
    $(VENV)/bin/cmake --build $(1) --parallel $(WORKERS) > /dev/null && \
    $(VENV)/bin/ctest --test-dir $(1) --parallel $(WORKERS) --no-tests=error --output-on-failure

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test corpus stress ctest lint sanitize clang fuzz wheel bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

run: $(VENV)/installed ## compare both engines: the 4096 x 4096 benchmark, then GNNQQNY
	$(VENV)/bin/python -m parity_bridge run --stamp $(STAMP)-benchmark \
	    --pixel 0 0 --tag edge --pixel 2048 2048 --tag centre
	$(VENV)/bin/python -m parity_bridge run --stamp $(STAMP)-gnnqqny \
	    --pixel 10 50 --tag ring --pixel 32 32 --tag centre -- $(GNNQQNY_FLAGS)

test: ctest $(VENV)/installed $(VENV)/test.installed ## the whole test suite
	$(pytest)

corpus: $(VENV)/installed $(VENV)/test.installed ## what not every change needs: whole frames, fifty kills
	$(pytest) -m corpus

# Two busy loops a core take the time that these tests must not depend on.
stress: $(VENV)/installed $(VENV)/test.installed ## tests of signals and kills, TIMES times on a busy machine
	@loops=; trap 'kill $$loops' EXIT; for loop in $$(seq $$((2 * $$(nproc)))); do \
	    $(VENV)/bin/python -c 'while 1: pass' & loops="$$loops $$!"; done; \
	failed=0; for time in $$(seq $(TIMES)); do $(VENV)/bin/python -m pytest -q \
	    -m "signals and not corpus" $(SIGNAL_TESTS) || failed=$$((failed + 1)); done; \
	echo "$$failed of $(TIMES) runs failed"; test $$failed = 0

ctest: $(VENV)/ctest.installed ## the C core's own tests, which need no Python
	$(call run_c_tests,build/ctest)

lint: $(VENV)/installed $(VENV)/test.installed $(VENV)/lint.installed ## ruff, clang-format, mypy and the layers
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/clang-format --dry-run --Werror csrc/*.[ch] csrc/arithmetic/*.[ch]pp csrc/arithmetic/*.h tests/c/*.[ch]
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache --no-logo

# PYTHONMALLOC: Python's own allocator would hide the ends of buffers from AddressSanitizer.
# --capture=sys: pytest must not swallow a sanitizer's report, which ends the process.
sanitize: $(SANITIZE_VENV)/installed $(VENV)/ctest.installed ## the C core under ASan and UBSan
	$(call run_c_tests,build/ctest-sanitize,-DPB_SANITIZE=ON -DCMAKE_C_COMPILER=gcc)
	LD_PRELOAD="$(call gcc_library,libasan.so) $(call gcc_library,libubsan.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	    $(SANITIZE_VENV)/bin/python -m pytest --capture=sys $(CORE_TESTS)

clang: $(CLANG_VENV)/installed $(VENV)/ctest.installed ## the C core built with clang
	$(call run_c_tests,build/ctest-clang,-DCMAKE_C_COMPILER=clang)
	$(CLANG_VENV)/bin/python -m pytest $(CORE_TESTS)

fuzz: $(VENV)/installed $(VENV)/fuzz.installed ## try the file readers on broken files for SECONDS
	$(VENV)/bin/python tests/fuzz/fuzz_readers.py -max_total_time=$(SECONDS)

wheel: $(VENV)/bin/python ## build the wheel into dist/
	$(VENV)/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist $(call c_option,PB_WERROR) .

bench: $(VENV)/installed $(VENV)/test.installed ## speed and memory against their goals; minutes
	$(VENV)/bin/python benchmarks/bench.py $(addprefix --only ,$(ONLY))

clean: ## remove environments, builds and caches
	rm -rf $(VENV) $(SANITIZE_VENV) $(CLANG_VENV) build dist .hypothesis .mypy_cache \
	    .pytest_cache .ruff_cache

$(VENV)/bin/python $(SANITIZE_VENV)/bin/python $(CLANG_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("$(PYTHON) is older than \
	Python 3.11; name a newer one: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(@:/bin/python=)

$(VENV)/%.installed: pyproject.toml constraints.txt .ci/requirements.py | $(VENV)/bin/python
	$(call requirements,$(VENV),$*)
	$(call pip_install,$(VENV)) --requirement $@.txt
	@touch $@

# atheris comes as a wheel or not at all: building it needs a compiler of its own.
$(VENV)/fuzz.installed: pyproject.toml constraints.txt .ci/requirements.py | $(VENV)/bin/python
	$(call requirements,$(VENV),fuzz)
	@$(call pip_install,$(VENV)) --only-binary atheris --requirement $@.txt 2> $@.log || { \
	    echo "make fuzz needs atheris, which cannot be installed here; $@.log says why" >&2; false; }
	@touch $@

# Warnings are errors in `make wheel`, `make sanitize` and the C core's own tests only: a newer
# compiler must not stop a user.
$(VENV)/installed: $(VENV)/run.installed $(VENV)/modules $(CORE)
	$(call pip_install,$(VENV)) --no-deps --editable .
	@touch $@

# An editable install knows which file each module is: it is made again when one comes, goes or moves.
$(VENV)/modules $(SANITIZE_VENV)/modules $(CLANG_VENV)/modules: %/modules: FORCE | %/bin/python
	@find src -name '*.py' | sort > $@.now
	@cmp -s $@.now $@ || cp $@.now $@

FORCE:

# torch is left out: the tests need only the C core, and a sanitizer would check all of torch too.
$(SANITIZE_VENV)/run.installed $(CLANG_VENV)/run.installed: %/run.installed: pyproject.toml \
        constraints.txt .ci/requirements.py | %/bin/python
	$(call requirements,$*,run test)
	$(call pip_install,$*) $$(grep -v '^torch' $@.txt)
	@touch $@

$(SANITIZE_VENV)/installed: $(SANITIZE_VENV)/run.installed $(SANITIZE_VENV)/modules $(CORE)
	CC=gcc $(call pip_install,$(SANITIZE_VENV)) --no-deps $(call c_option,PB_SANITIZE) \
	    $(call c_option,PB_WERROR) --config-settings=install.strip=false --editable .
	@touch $@

$(CLANG_VENV)/installed: $(CLANG_VENV)/run.installed $(CLANG_VENV)/modules $(CORE)
	CC=clang $(call pip_install,$(CLANG_VENV)) --no-deps $(call c_option,PB_WERROR) --editable .
	@touch $@
