# The words people try first. Each does its own set-up; on a bare Debian, python3 and make are enough.
#   make test ARGS="-k deadline -x"      passes more to pytest (or to the demo)
#   make test PYTHON=python3.13          sets up with that Python instead of the one there is

PYTHON ?=
ARGS ?=
SETUP := PYTHON="$(PYTHON)" MAKING="make $(MAKECMDGOALS)" sh scripts/setup.sh
OWN := .venv/bin/python

.PHONY: help demo test torture bench bench-fleet check pages clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    see it work: one seller's week on a mail server of its own"
	@echo "make test    run the tests            ARGS=\"-k deadline\" picks some"
	@echo "make torture try at length what the README promises, and print the figures   ARGS=\"--minutes 5\""
	@echo "make bench   measure how fast, beside others, and print the ratios   ARGS=\"race --mails 500\""
	@echo "make bench-fleet  what many sellers cost on this machine   ARGS=\"--sellers 200\""
	@echo "make check   look for faults without running: ruff and mypy"
	@echo "make pages   write the lists in docs/ anew: commands, rules, kinds"
	@echo "make clean   remove .venv and every cache"

demo:
	@$(SETUP) run
	@$(OWN) run_bot.py demo $(ARGS)

test:
	@$(SETUP) dev
	@$(OWN) -m pytest $(ARGS)

torture:
	@$(SETUP) dev
	@$(OWN) -m tests.proofs $(ARGS)

bench:
	@$(SETUP) dev
	@$(OWN) -m benchmarks $(ARGS)

bench-fleet:
	@$(SETUP) dev
	@$(OWN) benchmarks/fleet.py $(ARGS)

check:
	@$(SETUP) check
	@$(OWN) -m ruff check .
	@$(OWN) -m mypy

pages:
	@$(SETUP) dev
	@$(OWN) -m scripts.pages

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find bot tests -name __pycache__ -type d -prune -exec rm -rf {} +
