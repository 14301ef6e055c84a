# Tasks of development. Every target installs what it needs.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-failover test test-all dist docs-site check static contracts bench trial mutate mutate-all mutate-gate faults fuzz attack durability soak paging image fmt docs lock clean

BIN := .venv/bin
# Parallel test processes: unit tests use the CPU all the time, most of the others wait for hosts and programs. Files that wait and
# files that compute take turns (tests/conftest.py), so that both processors are used from the beginning to the end.
JOBS ?= 2
JOBS_THAT_WAIT ?= 4
# Files of tests/unit whose tests run servers and other programs, and mostly wait for them: `make check` leaves them to `make test`.
WAITING := poller_change_notifier app_running_exporter cli_events cli_exporter failover_detach failover_next_commands gate_operator_requests gate_removal_cuts gate_replies gate_requests \
	local_transport loggers simulator_server ssh_deadline ssh_file_checks ssh_floods ssh_resolver ssh_routes web_limits
DEMO ?=
FUZZ ?=
SCRIPTS := scripts/lock scripts/setup scripts/setup-system scripts/build-image scripts/try-systemd
CORE := errors.py model/* parsing/* replication/* health/* exposition/* simulator/domain/* failover/failover_exits.py failover/limits.py failover/procedure.py failover/facts.py failover/journal_facts.py \
	failover/error_log.py failover/findings/* failover/procedures/* failover/plan/* failover/proofs/* failover/preflight/*
# Without this every process would write byte code next to the sources.
export PYTHONDONTWRITEBYTECODE :=

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 16

demo: ## Start a simulated BoKS domain and the exporter on it (options: make demo DEMO="--scenario split-brain")
	@scripts/setup runtime
	@exec $(BIN)/boks-exporter demo $(DEMO)

demo-failover: ## Run a complete failover on a simulated domain, from the failure of the master to a healthy domain
	@scripts/setup runtime
	@exec $(BIN)/boks-exporter demo --failover

setup:
	@scripts/setup dev

check: static ## Format, lint, types, import contracts and the unit tests that compute, in under a minute
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --hypothesis-profile=check $(WAITING:%=--ignore=tests/unit/test_%.py) tests/unit

static: setup contracts
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary --explicit-package-bases boks_exporter tests/virtual tests/sshd tests/bed
	$(BIN)/shellcheck -s sh boks_exporter/remote/gate-*.sh $(SCRIPTS)
	$(BIN)/hadolint Dockerfile

contracts: setup ## Check which modules may import which
	$(BIN)/lint-imports --config .importlinter --no-cache

test: setup ## All tests that CI runs, in under 15 minutes; installs system packages
	@scripts/setup-system
	@$(MAKE) --no-print-directory static
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -q -n $(JOBS_THAT_WAIT) --dist loadfile --no-loadscope-reorder --cov --cov-report= --ignore=tests/slow tests
	$(BIN)/coverage report --skip-covered
	@echo "The pure core must be covered to 95 %:"
	$(BIN)/coverage report --format=total --precision=1 --fail-under=95 --include="$$(set -f; printf 'boks_exporter/%s,' $(CORE))"

test-all: test ## What make test runs, and what takes longer
	@scripts/setup dist
	@scripts/setup-system dist
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/slow
	$(BIN)/python -m pytest -q -p no:cacheprovider -n $(JOBS) -m hypothesis --hypothesis-profile=random --ignore=tests/slow tests

dist: ## Build all packages of a release into dist/: wheel, sdist, offline bundle, single file, deb, rpm, SBOM, check sums
	@scripts/setup dist
	@scripts/setup-system dist
	PYTHONPATH=. $(BIN)/python -m scripts.dist dist

docs-site: ## Build the documentation as a site with a search, into build/site
	@scripts/setup dist
	$(BIN)/python scripts/site.py

bench: setup ## Measure parsing, polls on both sides and many hosts; writes docs/performance.md (root, a quarter of an hour)
	@scripts/setup-system bench
	PYTHONPATH=. $(BIN)/python bench/host_cost.py --write
	PYTHONPATH=. $(BIN)/python bench/many_hosts.py --write
	PYTHONPATH=. $(BIN)/python bench/parsing.py

trial: setup ## Compare all verdicts with the ground truth of thousands of simulated histories; writes docs/verdicts.md
	PYTHONPATH=. $(BIN)/python -m bench.verdicts --histories 2000 --seed 1 --write

mutate: setup ## Change the code, a sample by seed; a test must notice each change; writes docs/testing.md
	PYTHONPATH=. $(BIN)/python -m tests.mutation --sample 3000 --gates 20 --minutes 45 --write

mutate-all: setup ## The same with every change that the tool knows, in some hours
	PYTHONPATH=. $(BIN)/python -m tests.mutation --all --gates 1000 --write

mutate-gate: setup ## Change the gates in 100 ways, one at a time; their tests must notice each
	$(BIN)/python -m tests.gates.mutate

faults: setup ## Run every failover procedure with every fault at every step; writes docs/failover-faults.md
	PYTHONPATH=. $(BIN)/python -m tests.faults.report
	PYTHONPATH=. $(BIN)/python -m tests.faults.small_worlds

fuzz: ## Give ten million random inputs to all readers of foreign data; writes docs/reliability.md (options: FUZZ="--add --seed 2")
	@scripts/setup dev
	@scripts/setup fuzz
	PYTHONPATH=. $(BIN)/python -m tests.fuzz $(FUZZ)
	PYTHONPATH=. $(BIN)/python scripts/generate_reliability_doc.py

soak: setup ## Set every fault of network, hosts and exporter on a bed of nine hosts for 20 minutes; writes docs/reliability.md (root)
	@scripts/setup-system
	$(BIN)/python -m tests.bed
	PYTHONPATH=. $(BIN)/python scripts/generate_reliability_doc.py

attack: setup ## Send a hundred thousand requests to both gates under five shells; writes docs/reliability.md (root, half an hour)
	@scripts/setup-system
	PYTHONPATH=. $(BIN)/python -m tests.attack
	PYTHONPATH=. $(BIN)/python scripts/generate_reliability_doc.py

durability: setup ## Kill, fill, break and remount under the state file and the journal; writes docs/reliability.md (root)
	@scripts/setup-system
	PYTHONPATH=. $(BIN)/python -m tests.durability
	PYTHONPATH=. $(BIN)/python scripts/generate_reliability_doc.py

paging: setup ## Measure the time from a fault to its page, at real speed in a quarter of an hour; writes docs/alerts.md
	@scripts/setup-system
	PYTHONPATH=. $(BIN)/python -m tests.integration.time_to_page
	PYTHONPATH=. $(BIN)/python scripts/generate_alerts_doc.py

image: ## Build the container image without a daemon and test it (as root, on Debian and derivatives)
	scripts/build-image

fmt: setup ## Format, and fix what ruff can fix
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

docs: setup ## Regenerate the generated documentation, dashboards and deploy files
	@for page in scripts/generate_*.py; do PYTHONPATH=. $(BIN)/python $$page || exit 1; done

lock: setup ## Update the locked dependencies
	scripts/lock --upgrade

clean: ## Remove the files that other targets created
	rm -rf .venv .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
