# Two commands for a newcomer: `make up` and `make test`. The longer steps live in scripts/.

HOST ?= 127.0.0.1
PORT ?= 8080
TEST_WORKERS ?= 3
ARGS ?=

VENV := .venv
STAMPS := $(VENV)/.stamps
INSTALL := @scripts/install.sh $(VENV)/bin/python
OURS := distributions/keyturn/pyproject.toml pyproject.toml sdks/python/pyproject.toml

export TEST_WORKERS

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up demo quick test test-parts coverage mutate bench ratchet soak attack lint lock image newcomer release clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1mmake %-8s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(STAMPS)/up ## Install what is missing and serve on http://127.0.0.1:8080, data in ./data
	$(VENV)/bin/tillgate serve --data ./data --dev --host $(HOST) --port $(PORT)

demo: $(STAMPS)/up ## Show the whole story on a throw-away database: key, session, payment, webhook
	$(VENV)/bin/tillgate demo

test: test-parts ## Run every test on SQLite, PostgreSQL and a browser (ARGS="-k word" picks some)
	@scripts/test.sh $(ARGS)

quick: $(STAMPS)/test ## Run the tests that start no other process, on SQLite, in two minutes
	@scripts/test.sh -m quick $(ARGS)

coverage: test-parts ## Run every test and show which lines and branches they run (build/coverage/index.html)
	@scripts/coverage.sh $(ARGS)

mutate: $(STAMPS)/mutate ## Change keys, money and webhooks in small ways and count what no test notices (ARGS="--sample 100" for some of them, "--resume" to go on)
	$(VENV)/bin/python scripts/mutate.py $(ARGS)

bench: $(STAMPS)/bench ## Measure, as ratios against a baseline of the same run (ARGS="--only checkout" for a part)
	$(VENV)/bin/python -m bench $(ARGS)

ratchet: $(STAMPS)/test ## Count the instructions of four requests and hold them to what they were (ARGS=--keep writes them down)
	$(VENV)/bin/python -m bench.ratchet $(ARGS)

soak: $(STAMPS)/test ## Kill servers under 10,000 sessions, then prove that nothing was lost or done twice
	$(VENV)/bin/python -m soak $(ARGS)

attack: test-parts ## Attack running servers some thousand times, or fuzz parsers (ARGS="--fuzz 3600")
	$(VENV)/bin/python -m attacks $(ARGS)

lint: $(STAMPS)/test ## Check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

lock: ## Resolve requirements/ with hashes for every platform (ARGS=--upgrade for the newest of everything)
	scripts/lock.sh $(ARGS)

image: ## Build the container image with Docker or podman, and try it (ARGS="--build-arg PYTHON_IMAGE=…")
	@scripts/image.sh $(ARGS)

newcomer: $(STAMPS)/test ## Follow the README in a fresh clone with a browser, then from the wheels, and print the minutes
	@scripts/browser.sh
	@$(VENV)/bin/python scripts/newcomer.py $(ARGS)

release: test-parts ## Build the wheels, sources and npm package into dist/, and run the README from them in a clean environment
	@scripts/release.sh

clean: ## Remove what was installed and cached; ./data stays
	rm -rf $(VENV) dist build mutants .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	rm -rf sdks/typescript/node_modules sdks/typescript/build sdks/typescript/dist tests/express/node_modules tests/runtimes/node_modules tests/anvil/node_modules tests/solc/node_modules tests/svix/node_modules tests/wallets/node_modules tests/smartpay/node_modules
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

# What the tests need beyond the product. Apart from `test`, so that CI can end with pytest's own words.
test-parts: $(STAMPS)/test
	@scripts/browser.sh
	@scripts/parts.sh
	@scripts/typescript.sh
	@scripts/runtimes.sh
	@scripts/express.sh
	@scripts/anvil.sh
	@scripts/solc.sh
	@scripts/svix.sh
	@scripts/wallets.sh
	@scripts/smartpay.sh
	@scripts/signer.sh

# A stamp is younger than everything it was made from; touching nothing, `make up` starts at once.
$(STAMPS)/venv: scripts/venv.sh
	@scripts/venv.sh $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/up: $(STAMPS)/venv requirements/build.txt requirements/base.txt $(OURS)
	$(INSTALL) "what Tillgate needs" --require-hashes -r requirements/build.txt -r requirements/base.txt
	$(INSTALL) "Tillgate" --no-build-isolation --no-deps --editable distributions/keyturn --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/up requirements/test.txt
	$(INSTALL) "what the tests need" --require-hashes -r requirements/test.txt
	$(INSTALL) "the Python client" --no-build-isolation --no-deps --editable sdks/python
	@touch $@

$(STAMPS)/bench: $(STAMPS)/test requirements/bench.txt
	$(INSTALL) "what the bench measures beside Tillgate" --require-hashes -r requirements/bench.txt
	@touch $@

$(STAMPS)/mutate: $(STAMPS)/test requirements/mutate.txt
	$(INSTALL) "what changes the code" --require-hashes -r requirements/mutate.txt
	@touch $@
