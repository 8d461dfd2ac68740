# Tallystick: every command here sets up what it needs first. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
# Stamps: set-up happens again only when a lock or pyproject.toml has changed.
SERVER := .venv/.server-installed
DEV := .venv/.dev-installed
NODE_CLIENTS := tests/interop/node/node_modules/.package-lock.json
NODE_BENCH := bench/node/node_modules/.package-lock.json

# make run ARGS="--port 9443"   make test TESTS=tests/clientauth PYTEST="-n 0 -x"   make bench ARGS=--json
ARGS ?=
TESTS ?=
# Tests wait for processes as long as they compute: three share two cores well.
PYTEST ?= -n 3

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: $(SERVER) ## set up and start the server on https://localhost:8443, data in ./data
	@exec $(BIN)/tallystick serve --data ./data $(ARGS)

.PHONY: test
# Bytecode is kept whatever the environment says: the tests start hundreds of processes that would compile all of it anew.
test: export PYTHONDONTWRITEBYTECODE :=
test: tools $(DEV) $(NODE_CLIENTS) ## set up and run all tests
	@$(BIN)/pytest $(PYTEST) $(TESTS)

.PHONY: lint
lint: $(DEV) ## style, types, and who may import whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: $(DEV) $(NODE_BENCH) ## tokens per second on one core, beside npm's oidc-provider
	@$(BIN)/python -m bench $(ARGS)

.PHONY: fuzz-api
fuzz-api: $(DEV) ## hold the Management API against its OpenAPI document, at length (ARGS="--seed 7")
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: fuzz-authorize
fuzz-authorize: $(DEV) ## hold /authorize against whatever is sent, for ten minutes (ARGS="--seconds 60 --seed 7")
	@$(BIN)/python -m tests.fuzz.authorize $(ARGS)

.PHONY: fuzz-pushed
fuzz-pushed: $(DEV) ## hold /oauth/par against whatever is pushed, for ten minutes (ARGS="--seconds 60 --seed 7")
	@$(BIN)/python -m tests.fuzz.pushed $(ARGS)

.PHONY: fuzz-requests
fuzz-requests: $(DEV) ## hold signed and pushed requests against tampering, for ten minutes (ARGS="--seconds 60 --seed 7")
	@$(BIN)/python -m tests.fuzz.requests $(ARGS)

.PHONY: lock
lock: $(BIN)/uv ## write the lock files anew (UPGRADE=--upgrade for newer versions)
	@UPGRADE="$(UPGRADE)" sh make/lock

.PHONY: clean
clean: ## remove everything that set-up made; ./data stays
	@rm -rf .venv tests/interop/node/node_modules bench/node/node_modules
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: tools
tools:
	@sh make/tools

$(SERVER): requirements/server.lock pyproject.toml make/venv
	@sh make/venv requirements/server.lock
	@touch $@

$(DEV): requirements/dev.lock $(SERVER)
	@sh make/venv requirements/dev.lock
	@touch $@

# Not by way of the stamp: after a change to pyproject.toml the lock is what has to be made first.
$(BIN)/uv:
	@$(MAKE) $(DEV)

%/node_modules/.package-lock.json: %/package.json %/package-lock.json | $(DEV)
	@echo "tallystick: installing $*"
	@sh make/npm $* ci
	@touch $@
