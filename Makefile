# The two commands are `make run` and `make test`. Each does its own set-up; all they need is Python 3.11 and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
REQUIREMENTS := requirements.txt requirements-dev.txt
INSTALLED := $(VENV)/.installed
ARGS ?=
ALONE := tests/day
# Those that `make soak` runs more often, or with more examples, than `make test`.
THOROUGH := tests/api/test_fuzz.py tests/calls/test_races.py tests/calls/test_assignment_strategies.py \
	tests/webhooks/test_plans.py

.PHONY: help venv run test soak storm webhook-storm day lint bench pictures clean

help:
	@echo "make run     the whole system on http://localhost:8000 (PORT=…, SIMULATOR_PORT=…, LOCALSTRIPE_PORT=… move it)"
	@echo "make test    the tests (ARGS='tests/calls -x' for some)"
	@echo "make soak    those that take minutes each: servers and workers that die while calls go on"
	@echo "make storm   two storms of 300 calls each, and a death at every step (make test has smaller ones)"
	@echo "make webhook-storm   10,000 events to endpoints that fail, hang and hang up, while workers and Redis die"
	@echo "make day     a day of 500 calls on the floor, ten times as fast, and whether every call is accounted for"
	@echo "make lint    ruff, import layers, types"
	@echo "make bench   measure against limits taken in the same run"
	@echo "make pictures   the main pages of the running system, as pictures: for docs/images, and to look at"
	@echo "make clean   remove the virtual environment and everything in var/"

venv: $(INSTALLED)

$(INSTALLED): $(REQUIREMENTS)
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "ZeroVoice needs Python 3.11 or newer (found: $(PYTHON)). Name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(PY) && $(PY) -c '' 2>/dev/null || "$(PYTHON)" -m venv --clear $(VENV) \
		|| { echo "Could not create $(VENV): is the venv module installed? (Debian: apt install python3-venv)"; exit 1; }
	@echo "Installing requirements into $(VENV) (only when they change)…"
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input -r requirements-dev.txt
	@touch $@

run: $(INSTALLED)
	@$(PY) -m zerovoice.embedded run

# First, with the machine to themselves, those that compare what happened when, to the second. Those marked `soak` take
# minutes each, and want a machine to themselves: docs/decisions/0065-tests-that-take-long.md.
test: $(INSTALLED)
ifeq ($(strip $(ARGS)),)
	@$(PY) -m pytest $(ALONE)
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not soak" --ignore=$(ALONE)
else
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)
endif

soak: $(INSTALLED)
	@$(PY) -m pytest -m soak $(ARGS)
	@THOROUGH=1 $(PY) -m pytest $(THOROUGH)

storm: $(INSTALLED)
	@STORM_CALLS=300 EVERY_POINT=1 $(PY) -m pytest tests/faults/test_storm_worker.py tests/faults/test_storm_redis.py \
		tests/faults/test_killed_at_every_step.py $(ARGS)

webhook-storm: $(INSTALLED)
	@WEBHOOK_EVENTS=$${WEBHOOK_EVENTS:-10000} $(PY) -m pytest tests/faults/test_webhooks.py $(ARGS)

day: $(INSTALLED)
	@$(PY) -m tests.day $(ARGS)

lint: $(INSTALLED)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@PYTHONPATH=. $(VENV)/bin/lint-imports
	@$(VENV)/bin/mypy .

bench: $(INSTALLED)
	@$(PY) -m tests.bench $(ARGS)

pictures: $(INSTALLED)
	@$(PY) -m tests.browser.pictures $(ARGS)

clean:
	@test ! -x $(PY) || $(PY) -m zerovoice.embedded clean
	@rm -rf var $(VENV)
