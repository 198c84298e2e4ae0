# `make run` starts Arrivals, `make test` tests it in three minutes, `make test-all` runs all other tests, and
# `make chaos` lets everything fail for long. `.ci/run` is what CI runs.
# `make help` lists all commands. They need Python 3.11 to 3.14 with its venv module, or uv. requirements/install.sh
# installs everything else into .venv, once.

PYTHON := .venv/bin/python
INSTALL := @sh requirements/install.sh
CODE := asgi_config realtime task tests docs/clients manage.py

# A file of tests is one process's: what it starts for itself is started once. pytest-xdist would put the files with the
# fewest tests last, which are the longest, so they keep the order of tests/conftest.py. `make test PARALLEL=` takes one
# test after another. Tests that start services wait a lot, so they get one process more than there are cores.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PARALLEL = --numprocesses $(CORES) --dist loadfile --no-loadscope-reorder
test-all chaos: PARALLEL = --numprocesses $(shell expr $(CORES) + 1) --dist loadfile --no-loadscope-reorder

# The folders and files without the mark `service`: the other files need not even be imported.
QUICK = tests/unit tests/integration tests/e2e/server/test_first_start.py tests/e2e/server/test_tutorial.py

# Without bytecode each process of pytest compiles all tests again, for 7 s, and each start of a service takes longer.
unexport PYTHONDONTWRITEBYTECODE
# These would keep Python from the modules of this folder, and pip from .venv.
unexport PYTHONSAFEPATH PIP_USER PIP_TARGET PIP_PREFIX

# For commands that load the settings and start nothing.
IDLE = SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	REDIS_URL=redis://127.0.0.1:6379/0 DATABASE_URL=sqlite://:memory: HTTPS=1

COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --no-emit-index-url \
	--no-emit-find-links --no-emit-build-options --custom-compile-command 'make lock'

.PHONY: run help test test-all audit bench chaos lint format lock prose screenshots

run:
	$(INSTALL) run
	@exec $(PYTHON) manage.py live

help:
	@sed -n 's/^| `\(make [a-z-]*\)`\( *\) | \(.*[^ ]\) *|$$/\1\2  \3/p' CONTRIBUTING.md

# Units, integration on SQLite, the tutorial and one start of the shipped service; it needs Python and make only.
test:
	$(INSTALL) run test
	$(PYTHON) -m pytest $(PARALLEL) -m "not service" $(QUICK)

# All that `make test` leaves out: the database tests on PostgreSQL, then servers, browsers, clients and faults.
test-all:
	$(INSTALL) run test
	ARRIVALS_CHAOS=short $(PYTHON) -m tests.support.services.postgres \
		$(PYTHON) -m pytest $(PARALLEL) -m django_db tests/integration tests/e2e
	ARRIVALS_CHAOS=short $(PYTHON) -m pytest $(PARALLEL) -m service tests

# `make bench ONLY=writing` measures one alone. The benchmarks share what the tests start.
bench:
	$(INSTALL) run test bench
	@ONLY=$(ONLY) $(PYTHON) -m tests.benchmarks

# The long form of every test in which a fault strikes, on PostgreSQL where it does not say on what; it ends with a table
# of faults, strikes and results (docs/guarantees.md).
chaos:
	$(INSTALL) run test
	ARRIVALS_CHAOS=long $(PYTHON) -m tests.support.services.postgres $(PYTHON) -m pytest $(PARALLEL) -m fault tests

lint:
	$(INSTALL) run test dev
	$(PYTHON) -m ruff check $(CODE)
	$(PYTHON) -m ruff format --check $(CODE)
	$(IDLE) $(PYTHON) -m mypy
	.venv/bin/lint-imports
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	.venv/bin/hadolint Dockerfile
	$(PYTHON) -m djlint --quiet --check templates
	$(PYTHON) -m djlint --quiet --lint templates
	$(IDLE) $(PYTHON) manage.py makemigrations --check --dry-run
	$(IDLE) $(PYTHON) manage.py check --deploy --fail-level WARNING

format:
	$(INSTALL) dev
	$(PYTHON) -m ruff check --fix $(CODE)
	$(PYTHON) -m ruff format $(CODE)
	$(PYTHON) -m djlint --quiet --reformat templates

# Counts hard sentences in docstrings and comments, next to those of five projects that read well. It never fails.
prose:
	$(INSTALL)
	@$(PYTHON) -m tests.support.prose

# Compares the locks with known vulnerabilities, as far as the registry answers. It prints, and never fails.
audit:
	$(INSTALL) audit
	@$(PYTHON) -m tests.support.audit

screenshots:
	$(INSTALL) run test
	$(PYTHON) -m tests.support.screenshots

lock:
	$(COMPILE) pyproject.toml --extra server --extra postgres -o requirements/run.txt
	$(COMPILE) --group test -c requirements/run.txt -o requirements/test.txt
	$(COMPILE) --group bench -c requirements/run.txt -c requirements/test.txt -o requirements/bench.txt
	$(COMPILE) --group audit -c requirements/run.txt -c requirements/test.txt -o requirements/audit.txt
	$(COMPILE) --group dev -c requirements/run.txt -c requirements/test.txt -o requirements/dev.txt
