# Each target does its own set-up, in .venv/; a second run is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.dev-ready

# The tests start Python hundreds of times, which would compile everything anew each time.
unexport PYTHONDONTWRITEBYTECODE

# What the tests burn and read discs back with, and make sound files with.
TEST_PACKAGES := cd-paranoia libcdio-utils cdrdao cuetools ffmpeg flac lame vorbis-tools opus-tools wavpack \
  mpg123 twolame sox musepack-tools speex faad mp3splt sndfile-programs \
  umockdev wodim cdrskin icedax cdparanoia libiscsi-bin qemu-system-x86 qemu-block-extra \
  whipper man-db sg3-utils xorriso eject python3-libdiscid postgresql chromium

# What a guest with a real kernel is made of, and the programs that burn and read there.
KERNEL_PACKAGES := qemu-system-x86 qemu-block-extra busybox-static kmod wodim cdrskin cdrdao cdparanoia icedax \
  libcdio-utils

# Root installs; another user with a sudo that does not ask, too; else it is said what is missing.
APT := $(shell if [ "$$(id -u)" = 0 ]; then echo apt-get; \
  elif sudo -n true 2>/dev/null; then echo sudo -n apt-get; fi)
ifneq ($(APT),)
APT += -o DPkg::Lock::Timeout=600
endif

.PHONY: help setup demo demo-copies sweep test-copies test test-slow test-discs test-kernel test-lowest test-install docs man pictures corpus lint bench fuzz mutation clean packages kernel-packages

help:
	@echo "make demo    burn the files in examples/ to a virtual recorder, verify, show the disc"
	@echo "make demo-copies   six good copies on three virtual recorders, a robot changing the discs"
	@echo "make test    run the checks and the tests"
	@echo "make test-slow     the slower tests, and those that start programs of others (a few minutes)"
	@echo "make test-discs    discs burned on every recorder model and read by other programs (a few minutes)"
	@echo "make test-kernel   the tests that need a real kernel and /dev/sr0, in QEMU (a few minutes)"
	@echo "make test-lowest   the tests of sound with the lowest versions of what redbook needs (a few minutes)"
	@echo "make test-install  wheel and sdist in clean environments, and eight jobs done there (a few minutes)"
	@echo "make docs    the documentation as a site, in .cache/site"
	@echo "make man     the man page, in .cache/redbook.1 (a wheel has it)"
	@echo "make pictures   the pictures of terminals in docs/pictures anew, from real burns (needs tmux)"
	@echo "make corpus  sound files of other people (210 MB) against the formats' own programs (a few minutes)"
	@echo "make lint    ruff and mypy only"
	@echo "make test-copies   kill what makes copies for a minute, and count the discs; make sweep: for an hour"
	@echo "make bench   measure: time, memory, start-up (takes a few minutes)"
	@echo "make fuzz    look for what breaks the virtual recorder, led by coverage: MINUTES=10 for each target"
	@echo "make mutation   break engine and virtual recorder in CHANGES=50 places, and see whether a test notices"
	@echo "make clean   remove .venv and what tests and demos left"

# Two runs at once in one folder set it up one after the other: this file is the lock.
LOCKED := flock Makefile

$(BIN)/python:
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
	  if [ -n "$(APT)" ] && command -v apt-get >/dev/null; then \
	    echo "== installing python3-venv"; \
	    $(APT) update -qq && $(APT) install -y -qq --no-install-recommends python3-venv >/dev/null; \
	  else \
	    echo "Python's venv module is missing; install it: apt-get install python3-venv"; exit 1; \
	  fi; \
	fi
	@echo "== making $(VENV)"
	@$(LOCKED) sh -c '[ -x $(BIN)/python ] || "$(PYTHON)" -m venv $(VENV)'

$(READY): $(BIN)/python pyproject.toml
	@echo "== installing redbook and what it needs into $(VENV)"
	@$(LOCKED) sh -ec '$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV); \
	  $(BIN)/python -m pip install -q --disable-pip-version-check -e .; touch $@'

$(DEV_READY): $(READY)
	@echo "== installing the tools for tests and checks"
	@$(LOCKED) sh -ec '$(BIN)/python -m pip install -q --disable-pip-version-check "pip>=25.1"; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --group dev; touch $@'

setup: $(READY)

demo: $(READY)
	@sh examples/demo.sh $(BIN)/redbook

demo-copies: $(READY)
	@sh examples/demo-copies.sh $(BIN)/redbook

kernel-packages: TEST_PACKAGES := $(KERNEL_PACKAGES)
kernel-packages: packages

packages:
	@missing=""; for p in $(TEST_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ -n "$(APT)" ] && command -v apt-get >/dev/null; then \
	  echo "== installing the programs that tests compare with:$$missing"; \
	  $(APT) update -qq; \
	  $(APT) install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
	  echo "== not installed, tests that need them are skipped:$$missing"; \
	fi

# Some tests wait for programs that sleep: two more workers than cores keep the cores at work.
WORKERS ?= $(shell echo $$(($$(nproc) + 2)))

PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -rs

# What has a target of its own.
ELSEWHERE := --ignore=tests/kernel --ignore=tests/corpus --ignore=tests/readback --ignore=tests/install

test: $(DEV_READY) packages lint
	@echo "== running the tests"
	@$(PYTEST) $(ELSEWHERE) -m "not slow"

test-slow: $(DEV_READY) packages
	@echo "== running the slower tests, and those that start programs of others"
	@$(PYTEST) $(ELSEWHERE) -m slow

test-discs: $(DEV_READY) packages
	@echo "== burning discs on every recorder model, and reading them back"
	@REDBOOK_TEST_MODELS=all $(PYTEST) tests/readback

# The kernel is downloaded and unpacked in .cache/, not installed.
test-kernel: $(DEV_READY) kernel-packages
	@echo "== running the tests in guests"
	@$(BIN)/python -m tests.kernel.debian_kernel || [ "$$CI" != true ]
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -rs tests/kernel

# What people have written, and merged.
TEXTS := src tests examples bench docs .ci README.md CHANGELOG.md CONTRIBUTING.md Makefile pyproject.toml

# Kept in .cache/corpus.
corpus: $(DEV_READY) packages
	@echo "== fetching sound files of other people"
	@if [ -n "$(APT)" ]; then $(APT) update -qq; fi
	@$(BIN)/python -m tests.corpus.fetch
	@echo "== comparing them with the formats' own programs"
	@$(BIN)/python -m pytest -q -n auto -rs tests/corpus

# The lowest versions stand in pyproject.toml alone: "av>=16,<20" becomes av==16.
LOWEST := .cache/lowest

test-lowest: $(DEV_READY) packages
	@[ -x $(LOWEST)/bin/python ] || $(PYTHON) -m venv $(LOWEST)
	@sed -n '/^dependencies/,/^]/s/^ *"\([a-z]*\)>=\([0-9.]*\).*/\1==\2/p' pyproject.toml > $(LOWEST)/lowest.txt
	@$(LOWEST)/bin/python -m pip install -q --disable-pip-version-check -r $(LOWEST)/lowest.txt \
	  pytest pytest-xdist hypothesis
	@$(LOWEST)/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@$(LOWEST)/bin/python -m pytest -q -n auto -rs tests/audio

# Environments are made anew each time in .cache/install: for the oldest and the newest version of Python that
# are found, or for VERSIONS=all of them.
test-install: $(DEV_READY) packages
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group install
	@$(BIN)/python -m tests.install.environments $(VERSIONS)
	@echo "== doing the jobs of tests/jobs there"
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -rs tests/install

# A warning is an error, as a link or an anchor that leads nowhere.
docs: $(READY)
	@$(BIN)/python -m pip install -q --disable-pip-version-check "pip>=25.1"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict
	@echo "the site is in .cache/site: open .cache/site/index.html"

man: $(READY)
	@$(BIN)/python -m docs.tools.commands

pictures: $(DEV_READY)
	@$(BIN)/python -m docs.tools.pictures
	@REDBOOK_PICTURES="$(CURDIR)/docs/pictures" $(BIN)/python -m pytest -q -m slow tests/serve/test_page.py -k "whole_job or to_be_known"

lint: $(DEV_READY)
	@echo "== checking style and types"
	@! grep -rnIE '^([<]{7}|[|]{7}|[>]{7}) ' $(TEXTS) || { echo "^ left over from a merge"; exit 1; }
	@$(BIN)/ruff check src tests examples bench docs/tools hatch_build.py
	@$(BIN)/ruff format --check -q src tests examples bench docs/tools hatch_build.py
	@$(BIN)/mypy

bench: TEST_PACKAGES += $(KERNEL_PACKAGES)
bench: $(DEV_READY) packages
	@$(BIN)/python bench/bench.py
	@$(BIN)/python bench/sessions.py
	@$(BIN)/python bench/hands.py
	@$(BIN)/python bench/preload.py
	@$(BIN)/python -m tests.kernel.debian_kernel || true
	@$(BIN)/python bench/kernel.py
	@$(BIN)/python bench/fleet.py

# Whatever makes copies is killed again and again; then the discs are counted by reading them, and the ledger.
SEED ?= 1
SECONDS ?= 3600

sweep: $(DEV_READY) packages
	@$(BIN)/python -m tests.production.sweep --seconds $(SECONDS) --seed $(SEED)
	@$(BIN)/python -m tests.production.sweep_fleet --seconds $(SECONDS) --seed $(SEED)
	@$(BIN)/python -m tests.production.sweep_fleet --seconds $(SECONDS) --seed $(SEED) --carrier procrastinate

test-copies: $(DEV_READY) packages
	@echo "== killing what makes copies for a minute, then counting the discs"
	@$(BIN)/python -m tests.production.sweep --seconds 60 --seed $(SEED)
	@echo "== the same for machines that share a ledger, its database among the killed"
	@$(BIN)/python -m tests.production.sweep_fleet --seconds 60 --seed $(SEED)
	@$(BIN)/python -m tests.production.sweep_fleet --seconds 60 --seed $(SEED) --carrier procrastinate

# Which tests run through which lines is found out by one run of them, and kept in .cache/mutation.
CHANGES ?= 50

mutation: $(DEV_READY) packages
	@$(BIN)/python -m tests.mutation -n $(CHANGES) --seed $(SEED)

# What a run has reached is kept in .cache/fuzz, and the next one goes on from there.
MINUTES ?= 10
FUZZ_TARGETS ?= recorder texts replies iscsi containers playlists sheets toc-files ddp

fuzz: $(DEV_READY)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group fuzz
	@for target in $(FUZZ_TARGETS); do \
	  echo "== $$target, $(MINUTES) minutes"; \
	  $(BIN)/python -m tests.fuzz $$target .cache/fuzz/$$target $(MINUTES) || exit 1; \
	done

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist demo.disc demo.copies
