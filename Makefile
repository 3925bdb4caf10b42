# Everything a person does with this checkout; `make` alone lists it.

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP_INSTALL = $(1)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps -r $(2)
# Installs a lock into an environment: by uv, a tenth of pip's time, or by pip where uv does not find the packages,
# since pip alone reads the settings of pip.
INSTALL = { $(VENV)/bin/uv pip install --quiet --python $(1)/bin/python --require-hashes --no-deps -r $(2) 2> /dev/null \
	|| $(call PIP_INSTALL,$(1),$(2)); }

# A stamp carries the checksum of its lock: what is installed already starts at once, a changed lock installs again.
checksum = $(shell cksum < $(1) | cut -d ' ' -f 1)
UV := $(VENV)/.uv-$(call checksum,requirements/uv.txt)
LAKE_PACKAGES := $(VENV)/.lake-$(call checksum,requirements/lake.txt)
LOCAL := $(VENV)/.local-$(call checksum,requirements/local.txt)
DEV := $(VENV)/.dev-$(call checksum,requirements/dev.txt)
CHECKOV := .cache/checkov/.stamp-$(call checksum,requirements/checkov.txt)
LOCAL_BIGQUERY := .cache/local_bigquery/.stamp-$(call checksum,requirements/local_bigquery.txt)
EMULATOR := .cache/emulator/.stamp-$(call checksum,requirements/emulator.txt)
ENGINES := .cache/engines/.stamp-$(call checksum,requirements/engines.txt)
SDKS := .cache/sdks/.stamp-$(call checksum,requirements/sdks.txt)
SDK_PACKAGES := tests/sdks/node_modules/.installed-$(call checksum,tests/sdks/package-lock.json)
PAYLOADS := node_modules/.payloads-$(call checksum,package-lock.json)
CONSOLE_PACKAGES := console/node_modules/.installed-$(call checksum,console/package-lock.json)
CLIENT_PACKAGES := clients/javascript/node_modules/.installed-$(call checksum,clients/javascript/package-lock.json)
DOCS_PACKAGES := site/node_modules/.installed-$(call checksum,site/package-lock.json)
DOCS_SOURCES = $(shell find site docs README.md CHANGELOG.md CONTRIBUTING.md clients/*/README.md -name node_modules -prune -o \
	-name dist -prune -o -name .pages -prune -o -type f -print | LC_ALL=C sort | xargs cat | cksum | cut -d ' ' -f 1)
CONSOLE_SOURCES = $(shell find console docs/openapi.json -name node_modules -prune -o -name dist -prune -o \
	-name schema.d.ts -prune -o -type f -print | LC_ALL=C sort | xargs cat | cksum | cut -d ' ' -f 1)
NPM_IN_CONSOLE := npm --prefix console --silent
NPM_IN_CLIENT := npm --prefix clients/javascript --silent
NPM_IN_SITE := npm --prefix site --silent

SECONDS ?= 60
EVENTS ?= 100000
HOSTILE ?= 0
FUZZ_SECONDS ?= 3600
BENCHMARKS ?= $(filter-out benchmarks/soak.py benchmarks/fuzz.py benchmarks/redriven_day.py benchmarks/cost.py benchmarks/console.py benchmarks/google_uploads.py benchmarks/growth.py benchmarks/sender.py benchmarks/echo_run.py benchmarks/echo_worker.py,$(shell grep -l __main__ benchmarks/*.py))

.DEFAULT_GOAL := help
.PHONY: help run demo quick test slow setup downloads check check-python check-console check-client clients format bench growth scale soak chaos lock sdks browser postgres languages shippers console docs screenshots checkov local-bigquery e2e synth bootstrap deploy verify destroy

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The console and the docs are built beside the server, which takes events meanwhile and serves them once they are there.
# `exec`: the server takes the place of the shell, so that a signal to make's process group, or a TERM that make
# passes on to its child, reaches it.
run: $(LOCAL) ## Run everything on this machine: http://127.0.0.1:$PORT/ (PORT 8000, STATE_DIR .local, WORKERS by cores, BIGQUERY=emulator, LAKE=yes, TAPS=all)
	@[ "$(BIGQUERY)" != emulator ] || $(MAKE) --silent --no-print-directory $(LOCAL_BIGQUERY)
	@[ "$(LAKE)" != yes ] || $(MAKE) --silent --no-print-directory $(LAKE_PACKAGES)
	@{ $(MAKE) --silent --no-print-directory console || echo "Going on without the console; all else works." >&2; \
	$(MAKE) --silent --no-print-directory docs || echo "Going on without the docs; all else works." >&2; } & \
	exec $(PYTHON) -m local

demo: $(LOCAL) ## Send a few thousand events to the running instance and show what became of them
	@exec $(PYTHON) -m local demo

console: ## Build the web console into console/dist, if it is not the one of these sources
	@if [ ! -e console/dist/.sources-$(CONSOLE_SOURCES) ]; then \
		$(MAKE) --silent --no-print-directory $(CONSOLE_PACKAGES) && echo "Building the console ..." && \
		$(NPM_IN_CONSOLE) run client && $(NPM_IN_CONSOLE) run build -- --logLevel warn && \
		touch console/dist/.sources-$(CONSOLE_SOURCES) && echo "The console is built."; \
	fi

docs: ## Build the docs as a site into site/dist, if it is not the one of these sources
	@if [ ! -e site/dist/.sources-$(DOCS_SOURCES) ]; then \
		$(MAKE) --silent --no-print-directory $(DOCS_PACKAGES) && echo "Building the docs ..." && \
		{ said=$$($(NPM_IN_SITE) run build 2>&1) || { echo "$$said" >&2; exit 1; }; } && touch site/dist/.sources-$(DOCS_SOURCES) && echo "The docs are built."; \
	fi

quick: $(DEV) ## Run what is worth running after every change: types, layers, and the tests of single parts
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports > /dev/null
	@$(PYTHON) -m pytest -n auto --dist loadfile tests/unit tests/contracts tests/architecture $(PYTEST)

clients: $(CLIENT_PACKAGES) ## Build the packages that a site's own tests use
	@$(NPM_IN_CLIENT) run build

test: $(DEV) $(PAYLOADS) $(CHECKOV) $(ENGINES) console docs clients ## Run every test that needs no cloud account (PYTEST=... for pytest's own options)
	@$(MAKE) --silent --no-print-directory browser || true
	@$(MAKE) --silent --no-print-directory postgres || true
	@$(MAKE) --silent --no-print-directory local-bigquery || true
	@$(NPM_IN_CONSOLE) test
	@$(PYTHON) -m pytest -n auto --dist loadfile $(PYTEST)

slow: $(DEV) $(PAYLOADS) $(CHECKOV) $(ENGINES) console docs clients ## Run further cases of the tests, which take long
	@$(MAKE) --silent --no-print-directory browser || true
	@ALL_EXAMPLES=yes $(PYTHON) -m pytest -n auto --dist loadfile -m 'slow or drawn' $(PYTEST)

setup: $(DEV) $(CONSOLE_PACKAGES) $(CLIENT_PACKAGES) $(DOCS_PACKAGES) ## Install what checks need

downloads: $(PAYLOADS) $(CHECKOV) $(ENGINES) ## Install the rest of what tests need

check: $(DEV) $(CONSOLE_PACKAGES) $(CLIENT_PACKAGES) ## Check format, lint, types and layers
	@$(MAKE) --silent --no-print-directory --jobs 2 --output-sync check-python check-console check-client

check-python:
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

check-console:
	@$(NPM_IN_CONSOLE) run client
	@$(NPM_IN_CONSOLE) run check

check-client:
	@$(NPM_IN_CLIENT) run publish-script
	@$(NPM_IN_CLIENT) run check

format: $(DEV) $(CLIENT_PACKAGES) $(CONSOLE_PACKAGES) ## Format the code and fix what can be fixed automatically
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/ruff format
	@$(NPM_IN_CONSOLE) run format
	@$(NPM_IN_CLIENT) run format

bench: $(DEV) ## Measure the hot path (BENCHMARKS=... for some of it)
	@set -e; for file in $(BENCHMARKS); do $(PYTHON) -m "$$(echo "$${file%.py}" | tr / .)"; done

growth: $(DEV) ## Measure what ten times as much of each thing takes
	@exec $(PYTHON) -m benchmarks.growth

scale: $(DEV) ## Simulate days of up to 10,000,000,000 requests and write docs/scale.md
	@exec $(PYTHON) -m benchmarks.scale

soak: $(DEV) ## Load, kill and restart a local run and its workers for SECONDS (60), then account for every event (HOSTILE=100000: beside so many hostile ones; FUZZ=yes: send what nobody means for FUZZ_SECONDS, an hour)
	@if [ "$(FUZZ)" = yes ]; then exec $(PYTHON) -m benchmarks.fuzz --seconds $(FUZZ_SECONDS); fi; \
	exec $(PYTHON) -m benchmarks.soak --seconds $(SECONDS) --hostile $(HOSTILE)

# The CDK's command line comes from package-lock.json. It runs app.py by cdk.json.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
CDK := node_modules/.bin/cdk --no-notices --context stage=$(STAGE)
STAGE ?= dev
STACKS ?= --all

synth: $(DEV) $(PAYLOADS) ## Make the templates and bundles of STAGE (dev) in cdk.out/; needs no account
	@$(CDK) synth --quiet

# The CDK asks the app for the stage's account and region, also to bootstrap.
bootstrap: $(DEV) $(PAYLOADS) ## Prepare STAGE's (dev) account and region for the CDK, once (BOOTSTRAP=... for its options)
	@$(CDK) bootstrap $(BOOTSTRAP)

deploy: $(DEV) $(PAYLOADS) console docs ## Deploy STAGE (dev) to the AWS account of your credentials; docs/deploy.md
	@$(PYTHON) -m infra.preflight --stage $(STAGE)
	@$(CDK) deploy $(STACKS) $(DEPLOY)
	@$(PYTHON) -m infra.publishing --stage $(STAGE)

verify: $(DEV) ## Try every promise of the deployed STAGE (dev) and write a report (VERIFY=... for further options)
	@$(PYTHON) -m infra.verifying --stage $(STAGE) $(VERIFY)

destroy: $(DEV) $(PAYLOADS) ## Take STAGE (dev) down; data stays where the stage's settings say so
	@printf 'This takes down the stage "%s". Type its name to go on: ' '$(STAGE)'; read name; test "$$name" = '$(STAGE)'
	@$(CDK) destroy --force Service
	@$(PYTHON) -m infra.clearing --stage $(STAGE)
	@$(CDK) destroy --force Front
	@# AWS delivers access logs hours late: into a bucket that was emptied, and then can't be deleted.
	@state=$$($(PYTHON) -m infra.clearing --stage $(STAGE) --name-state); \
	for try in 1 2 3; do \
		[ -n "$$state" ] || exit 0; \
		$(PYTHON) -m infra.clearing --stage $(STAGE) --logs && $(CDK) destroy --force $$state && exit 0; \
	done; exit 1

e2e: $(DEV) $(PAYLOADS) $(EMULATOR) $(ENGINES) console docs ## Deploy into an emulated AWS, send events there, take it down again
	@$(MAKE) --silent --no-print-directory browser
	@$(MAKE) --silent --no-print-directory local-bigquery || true
	@$(PYTHON) -m pytest -m emulator tests/e2e_aws $(PYTEST)

sdks: $(DEV) $(SDKS) $(SDK_PACKAGES) $(CONSOLE_PACKAGES) ## Send to a local run with other collectors' SDKs, as their makers publish them
	@$(MAKE) --silent --no-print-directory browser || true
	@$(MAKE) --silent --no-print-directory shippers
	@$(PYTHON) -m pytest -n auto -m sdks tests/sdks $(PYTEST)

checkov: $(CHECKOV) ## Install the checker of templates, in an environment of its own

chaos: $(DEV) ## Let every call fail, kill functions between any two, and account for EVENTS (100000)
	@exec $(PYTHON) -m benchmarks.chaos --events $(EVENTS)

# dev.txt holds every package; the others follow its versions.
lock: $(DEV) ## Pin the dependencies again: requirements/*.in to requirements/*.txt
	@set -e; for name in dev uv local infra management authorizer bigquery_writer lake ingest emulator checkov sdks engines local_bigquery; do \
		echo "requirements/$$name.txt"; \
		case $$name in \
			dev|emulator|checkov|sdks|engines|local_bigquery) constraint=;; \
			*) constraint="--constraint requirements/dev.txt";; \
		esac; \
		if [ $$name = local_bigquery ]; then python=3.13; else python=3.11; fi; \
		$(VENV)/bin/uv pip compile --quiet --universal --python-version $$python --generate-hashes --no-emit-index-url \
			--no-emit-find-links --no-annotate --no-header $$constraint requirements/$$name.in -o requirements/$$name.txt; \
	done

local-bigquery: $(LOCAL_BIGQUERY) ## Install the BigQuery emulator, which needs a Python 3.13

browser: ## Install Chromium for the browser tests where none is found
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name > /dev/null; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing Chromium for the browser tests ..."; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium; } > /dev/null; \
	else \
		echo "No Chromium found. Install it with your package manager, for instance: sudo apt-get install chromium" >&2; \
		exit 1; \
	fi

# The package would make and start a server of its own, which nobody needs.
postgres: ## Install PostgreSQL for the tests where none is found
	@if command -v initdb > /dev/null || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing PostgreSQL for the tests ..."; \
		export DEBIAN_FRONTEND=noninteractive; \
		mkdir -p /etc/postgresql-common && \
		{ [ -e /etc/postgresql-common/createcluster.conf ] || \
			echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf; } && \
		{ apt-get update -qq && apt-get install -qq --yes --no-install-recommends postgresql; } > /dev/null; \
	else \
		echo "No PostgreSQL found. Install it with your package manager, for instance: sudo apt-get install postgresql" >&2; \
		exit 1; \
	fi

shippers: ## Install syslog-ng and Snowplow's tracker for Ruby, as root on Debian: make sdks sends with what a machine has
	@if command -v syslog-ng > /dev/null && ruby -e "require 'snowplow-tracker'" 2> /dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing syslog-ng and Snowplow's tracker for Ruby for the tests of SDKs ..."; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq > /dev/null; \
		for packages in "syslog-ng-core syslog-ng-mod-http" ruby-snowplow-tracker; do \
			apt-get install -qq --yes --no-install-recommends $$packages > /dev/null \
				|| echo "$$packages can't be had: nothing is sent with it." >&2; \
		done; \
	else \
		echo "Not root on Debian: nothing is sent with syslog-ng and Ruby but where they are installed." >&2; \
	fi

languages: ## Install PHP, Ruby and Go, as root on Debian: snippets are run in those that a machine has
	@for name in php ruby go; do \
		command -v $$name > /dev/null || missing=yes; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing PHP, Ruby and Go for the snippets ..."; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get update -qq && apt-get install -qq --yes --no-install-recommends php-cli ruby golang-go; } > /dev/null; \
	else \
		echo "Not root on Debian: snippets run in the languages that there are." >&2; \
	fi

screenshots: $(DEV) console ## Write every page of the console to screenshots/ (PAGES=... for some of them)
	@$(PYTHON) -m tests.browser.screenshots $(PAGES)

$(PYTHON):
	@for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do \
		if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then \
			echo "Making $(VENV) with $$candidate ..."; \
			exec $$candidate -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed, with its venv module (on Debian: apt-get install python3 python3-venv)." >&2; \
	exit 1

$(UV): | $(PYTHON)
	@$(call PIP_INSTALL,$(VENV),requirements/uv.txt)
	@rm -f $(VENV)/.uv-*
	@touch $@

$(LOCAL): | $(UV)
	@echo "Installing what the local run needs ..."
	@$(call INSTALL,$(VENV),requirements/local.txt)
	@rm -f $(VENV)/.local-*
	@touch $@

$(LAKE_PACKAGES): | $(LOCAL)
	@echo "Installing what a lake needs (60 MB) ..."
	@$(call INSTALL,$(VENV),requirements/lake.txt)
	@rm -f $(VENV)/.lake-*
	@touch $@

$(DEV): | $(UV)
	@echo "Installing what tests and checks need ..."
	@$(call INSTALL,$(VENV),requirements/dev.txt)
	@rm -f $(VENV)/.dev-*
	@touch $@

$(CONSOLE_PACKAGES):
	@command -v npm > /dev/null || { echo "Node.js 20.19 or newer with npm is needed for the console." >&2; exit 1; }
	@echo "Installing what the console is built with (half a minute the first time) ..."
	@cd console && npm ci --silent
	@rm -f console/node_modules/.installed-*
	@touch $@

$(CLIENT_PACKAGES):
	@command -v npm > /dev/null || { echo "Node.js 20 or newer with npm is needed for the JavaScript client." >&2; exit 1; }
	@echo "Installing what the JavaScript client is built with ..."
	@cd clients/javascript && npm ci --silent
	@rm -f clients/javascript/node_modules/.installed-*
	@touch $@

$(DOCS_PACKAGES):
	@command -v npm > /dev/null || { echo "Node.js 20.19 or newer with npm is needed for the docs." >&2; exit 1; }
	@echo "Installing what the docs are built with ..."
	@cd site && npm ci --silent
	@rm -f site/node_modules/.installed-*
	@touch $@

# Environments of their own: what they pin would hold back everything else.
$(CHECKOV) $(EMULATOR) $(SDKS): | $(UV)
	@folder=$(@D); name=$${folder##*/}; \
		echo "Installing $$name in $$folder ..."; \
		rm -rf $$folder && $(PYTHON) -m venv $$folder && \
		$(call INSTALL,$$folder,requirements/$$name.txt)
	@touch $@

$(SDK_PACKAGES):
	@command -v npm > /dev/null || { echo "Node.js 20 or newer with npm is needed for the SDKs." >&2; exit 1; }
	@echo "Installing the SDKs for Node in tests/sdks ..."
	@cd tests/sdks && npm ci --silent
	@rm -f tests/sdks/node_modules/.installed-*
	@touch $@

# DuckDB's extensions come as packages; they are copied to where this DuckDB looks for them.
$(ENGINES): | $(UV)
	@folder=$(@D); \
		echo "Installing engines that read what is delivered in $$folder ..."; \
		rm -rf $$folder && $(PYTHON) -m venv $$folder && \
		$(call INSTALL,$$folder,requirements/engines.txt) && \
		mkdir -p $$folder/home && HOME="$$PWD/$$folder/home" $$folder/bin/python -c "import duckdb_extensions as found; \
			[found.import_extension(name) for name in ('avro', 'iceberg', 'sqlite_scanner')]" > /dev/null
	@touch $@

# A 3.13 may be there under pyenv without being the one that is active.
$(LOCAL_BIGQUERY): | $(UV)
	@folder=$(@D); \
	for candidate in python3.13 "$$(pyenv root 2> /dev/null)"/versions/3.13*/bin/python "$$HOME"/.pyenv/versions/3.13*/bin/python; do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' > /dev/null 2>&1; then \
			echo "Installing the BigQuery emulator in $$folder ..."; \
			rm -rf $$folder && "$$candidate" -m venv $$folder && \
			$(call INSTALL,$$folder,requirements/local_bigquery.txt) && \
			mkdir -p $$folder/home && HOME="$$PWD/$$folder/home" $$folder/bin/python -c "import duckdb_extensions as found; \
				[found.import_extension(name) for name in ('icu', 'ducklake', 'spatial')]" > /dev/null && \
			touch $@ && exit 0; exit 1; \
		fi; \
	done; \
	echo "NO PYTHON 3.13 FOUND: the BigQuery emulator needs one (on the PATH as python3.13, or under pyenv)." >&2; \
	exit 1

$(PAYLOADS):
	@command -v npm > /dev/null || { echo "Node.js 20 or newer with npm is needed for the test data." >&2; exit 1; }
	@echo "Fetching recorded payloads for the tests ..."
	@npm ci --silent
	@touch $@
