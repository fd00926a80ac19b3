# Everything from a fresh clone: 'make demo' to see it, 'make test' to check it. 'make help' lists the rest.
#
# Needs Python 3.11 or newer with venv, Node 20 or newer with npm, and make. Each step is one line of output and is
# done again only when what it depends on has changed; real files and the stamps in .venv say so.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
UI := web/ui
DIST := web/static/dist/index.html
NODE_MODULES := $(UI)/node_modules/.package-lock.json
WEIGHTS := detectors/weights/ssd_mobilenet_v2.tflite
OBJECTRON := $(UI)/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data
UI_SOURCES := $(shell find $(UI) -name node_modules -prune -o -type f -print)

# Models and footage beside the checkout are taken where they are; the environment and the command line go first.
VMS_MODELS_DIR ?= $(abspath $(wildcard ../shared/models))
VMS_DEMO_FOOTAGE ?= $(abspath $(wildcard ../shared/footage))
ifneq ($(strip $(VMS_MODELS_DIR)),)
export VMS_MODELS_DIR
endif
ifneq ($(strip $(VMS_DEMO_FOOTAGE)),)
export VMS_DEMO_FOOTAGE
endif

say = @printf '\342\200\242 %s\n' $(1)
fail = { printf 'make: %s\n' $(1) >&2; exit 1; }
NETWORK := packages could not be fetched or do not fit (see above); check the network and try again

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  make %-8s %s\n' "$$name" "$$text"; done

.PHONY: demo
demo: setup ## the whole service on simulated cameras; ARGS="--cameras 8 --port 8000 --data DIR" are passed on
	@exec $(BIN)/vms demo $(ARGS)

# Most tests wait for something, so that five parts side by side fill two cores; what sees persons waits longest.
PARTS := tests-of-services tests-of-faults tests-of-web tests-of-sight tests-of-units
SIGHT := $(addprefix tests/faults/,test_visits.py test_tampered_cameras.py test_night.py test_poison.py)
# 5: PYTEST chose none of these. 1: some failed; a few may have, because of the other parts beside them: 'tests-alone'.
run_tests = printf '• %s\n' '$@'; $(BIN)/python -m pytest -o cache_dir=$(FAILED)/$@ $(1) $(PYTEST) \
  || case $$? in 5) ;; 1) [ -s $(FAILED)/$@/v/cache/lastfailed ] ;; *) exit 1 ;; esac
FAILED := .pytest_cache/parts
MOST_FAILED := 6

.PHONY: test tests-alone $(PARTS)
test: dev $(NODE_MODULES) ## every check and every test that this machine can run; PYTEST="-k name" is passed on
	$(call say,'tests: in parts side by side; each is told when it is over')
	@rm -rf $(FAILED)
	@$(MAKE) --no-print-directory --keep-going --jobs=$(words $(PARTS)) --output-sync=target $(PARTS)
	@$(MAKE) --no-print-directory tests-alone

# What fails again with the machine to itself has failed; so have more than a few, and whatever is no test.
tests-alone:
	@failed=$$(cat $(FAILED)/*/v/cache/lastfailed 2> /dev/null | grep -c '::') || exit 0; \
	[ "$$failed" -le $(MOST_FAILED) ] || $(call fail,"$$failed tests failed: see above"); \
	for part in $$(cd $(FAILED) && ls -d */v/cache/lastfailed | cut -d/ -f1); do \
	  printf '• again, with the machine to themselves: what failed in %s\n' "$$part"; \
	  $(BIN)/python -m pytest -o cache_dir=$(FAILED)/$$part --last-failed --last-failed-no-failures=none || again=failed; \
	done; [ -z "$$again" ]

tests-of-services:
	@$(call run_tests,tests/integration --ignore=tests/integration/web)
tests-of-faults:
	@$(call run_tests,tests/faults $(addprefix --ignore=,$(SIGHT)))
tests-of-web:
	@$(call run_tests,tests/integration/web)
tests-of-sight:
	@$(call run_tests,$(SIGHT) tests/browser)
tests-of-units: export VITEST_MAX_WORKERS = 1
tests-of-units: check
	@$(call run_tests,tests/unit)

.PHONY: faults
faults: dev ## the tests of what the service must survive, in their long forms; writes the table of docs/reliability.md
	@$(BIN)/python -m pytest -m faults --long --keep-figures --timeout=3600 $(PYTEST)

.PHONY: test-yolo
test-yolo: ## the tests of the extra yolo, where 'make yolo' was run: it trains a toy (minutes)
	@$(BIN)/python -m pytest tests/yolo --timeout=1800 $(PYTEST)

.PHONY: check
check: check-python check-ui ## lint, format, types, layers, dashboard

.PHONY: check-python
check-python: dev
	$(call say,'lint and format')
	@$(BIN)/ruff check --quiet .
	@# OpenVINO sets the C locale while it compiles, and two threads that do leave it so: text files name their encoding.
	@$(BIN)/ruff check --quiet --preview --select PLW1514 .
	@$(BIN)/ruff format --quiet --check . || $(call fail,'not formatted: run $(BIN)/ruff format .')
	$(call say,'types')
	@$(BIN)/mypy --no-error-summary
	$(call say,'layers')
	@$(BIN)/lint-imports --no-logo > $(VENV)/layers.log || { cat $(VENV)/layers.log; exit 1; }

.PHONY: check-ui
check-ui: $(NODE_MODULES)
	$(call say,'dashboard: types and tests')
	@cd $(UI) && npm run --silent check && npm test --silent

.PHONY: ui
ui: $(DIST) ## the dashboard, built into the package

.PHONY: setup dev
setup: $(VENV)/.runtime $(DIST) $(WEIGHTS) ## all that make demo needs, without starting it
dev: $(VENV)/.dev $(DIST) $(WEIGHTS)

# --- Python -----------------------------------------------------------------------------------------------------------

# It carries this folder's absolute path: in a moved or copied checkout it is made anew.
ifneq ($(shell cat $(VENV)/.created 2> /dev/null),$(shell pwd))
$(VENV)/.created: anew
endif
.PHONY: anew
anew:

$(VENV)/.created:
	$(call say,'Python environment in $(VENV)')
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && break; python=; done; \
	[ -n "$$python" ] || $(call fail,'Python 3.11 or newer is not found: install it (or name it: make PYTHON=/path/to/python3)'); \
	"$$python" -c 'import ensurepip, venv' 2> /dev/null \
	  || $(call fail,'this Python has no venv: install it (Debian and Ubuntu: apt-get install python3-venv)'); \
	"$$python" -m venv --clear $(VENV)
	@pwd > $@

# Hashes pin every file; the project itself is installed without asking an index for its build tool.
$(VENV)/.runtime: $(VENV)/.created requirements.lock pyproject.toml README.md
	$(call say,'Python packages (some minutes the first time)')
	@$(PIP) install --require-hashes -r requirements.lock || $(call fail,'$(NETWORK)')
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(call say,'Python packages for the tests')
	@$(PIP) install --require-hashes -r requirements-dev.lock || $(call fail,'$(NETWORK)')
	@touch $@

# Not locked: which torch fits depends on the GPU. opencv-python, which ultralytics asks for, brings the same files as
# the headless one and wants a desktop's libraries: it goes again. YOLO_ARGS is for pip (docs/models.md).
.PHONY: yolo
yolo: $(VENV)/.runtime ## the extra yolo (ultralytics, torch: gigabytes): other models' weights (.pt), and conversion
	$(call say,'ultralytics and torch (some gigabytes)')
	@$(PIP) install --no-build-isolation $(YOLO_ARGS) -e '.[yolo]' || $(call fail,'$(NETWORK)')
	@$(PIP) uninstall -y opencv-python
	@$(PIP) install --force-reinstall --no-deps \
	  $$(sed -n 's/^\(opencv-python-headless==[^ ]*\).*/\1/p' requirements.lock) || $(call fail,'$(NETWORK)')

# --- Dashboard and the person model that comes with its packages ------------------------------------------------------

$(NODE_MODULES): $(UI)/package.json $(UI)/package-lock.json $(UI)/.npmrc
	$(call say,'dashboard packages')
	@command -v node > /dev/null && command -v npm > /dev/null \
	  || $(call fail,'Node 20 or newer with npm is not found: install it')
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
	  || $(call fail,"Node 20 or newer is wanted; this is $$(node --version)")
	@cd $(UI) && npm ci --no-audit --no-fund --loglevel=error > /dev/null || $(call fail,'$(NETWORK)')
	@touch $@

$(DIST): $(NODE_MODULES) $(UI_SOURCES)
	$(call say,'dashboard')
	@cd $(UI) && npm run --silent build > node_modules/.build.log 2>&1 \
	  || { cat node_modules/.build.log; $(call fail,'the dashboard does not build (see above)'); }
	@touch $@

# Checked against its SHA-256 and left alone when it is there.
$(WEIGHTS): $(NODE_MODULES) | $(VENV)/.runtime
	$(call say,'built-in person model')
	@$(BIN)/python -m detectors.weights $(OBJECTRON) > /dev/null
	@touch $@

# --- Upkeep -----------------------------------------------------------------------------------------------------------

# Both locks fit every platform, carry hashes and name no index. They hold hatchling and editables too: those install
# the project itself. The run-time lock's versions are those of the development lock.
COMPILE = $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-header

.PHONY: lock
lock: $(VENV)/.created ## both requirement locks anew, with the newest versions that pyproject.toml allows
	$(call say,'requirements-dev.lock and requirements.lock')
	@[ -x $(VENV)/lock/bin/uv ] || { $(BIN)/python -m venv $(VENV)/lock \
	  && $(VENV)/lock/bin/python -m pip --disable-pip-version-check -qq install uv; } || $(call fail,'$(NETWORK)')
	@printf 'hatchling\neditables\n' | $(COMPILE) pyproject.toml - --group dev -o requirements-dev.lock
	@printf 'hatchling\neditables\n' | $(COMPILE) pyproject.toml - -c requirements-dev.lock -o requirements.lock

.PHONY: clean
clean: ## everything that make has made; data/ stays
	@rm -rf $(VENV) web/static/dist $(UI)/node_modules $(WEIGHTS) .mypy_cache .ruff_cache .pytest_cache \
	  .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
