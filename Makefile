# The front door. Each target installs what it needs on a fresh Debian 12 (scripts/deps.sh: apt, as root or through sudo).
#   make run     a development server with a sample secret; prints how to read it     (DATA=dir keeps it, LISTEN=host:port)
#   make test    every test: unit, contract, faults, fuzz corpus, tidy, and real clients end to end
#   make demo    the product's story with real clients, then ends
#   make bench   measures the budgets beside nginx, writes build/bench/results.json
#   make lint    format, tidy, layers, clang-tidy

SHELL := /bin/bash
DATA ?=
LISTEN ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
# PRECOMPILE=ON: a build from nothing takes two thirds of the time; one that ccache knows takes longer.
PRECOMPILE ?= OFF
RELEASE = --preset release -DSTRONGROOM_PRECOMPILE=$(PRECOMPILE)

.PHONY: run build test unit e2e demo bench lint soak fuzz clean help

help:
	@sed -n '2,7s/^# *//p' Makefile

build:
	@scripts/deps.sh build
	@cmake $(RELEASE) >/dev/null
	@ninja -C build -j $(JOBS) --quiet strongroomd strongroom

run: build
	@exec build/bin/strongroomd dev $(if $(DATA),--data "$(DATA)") $(if $(LISTEN),--listen "$(LISTEN)")

unit:
	@scripts/deps.sh build test
	@cmake $(RELEASE) >/dev/null
	@ninja -C build -j $(JOBS) --quiet
	@ctest --test-dir build --output-on-failure -j $(JOBS)

e2e: build
	@scripts/deps.sh test
	@tests/e2e/run.py
	@scripts/ledger.py --check

test: unit e2e

demo: build
	@scripts/deps.sh test
	@scripts/demo

bench:
	@scripts/deps.sh build bench
	@cmake $(RELEASE) >/dev/null
	@ninja -C build -j $(JOBS) --quiet strongroomd strongroom-bench
	@build/bin/strongroom-bench all

lint:
	@scripts/lint.sh

soak: unit
	@scripts/deps.sh test
	@for kind in mysql postgres redis ssh; do STRONGROOM_SOAK=1 build/tests/connector_$${kind}_test || exit 1; done
	@STRONGROOM_SOAK=1 build/tests/rotation_kill
	@STRONGROOM_SOAK=1 build/tests/barrier_test --gtest_filter='DamagedStore.*'
	@STRONGROOM_SOAK=1 build/tests/recovery_test --gtest_filter='Damage.*'
	@STRONGROOM_SOAK=1 build/tests/identity_test --gtest_filter='TimingSoak.*'
	@STRONGROOM_SOAK=1 build/tests/service_test --gtest_filter='TimingSoak.*'
	@STRONGROOM_SOAK=1 build/tests/trail_test --gtest_filter='SearchSoak.*'
	@tests/e2e/run.py --soak
	@scripts/fuzz.sh 600

fuzz:
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean:
	@rm -rf build
