# Everything from nothing, on a Debian machine with Python 3.11. Each step is done once and again only when what it
# is made from changed. `make run` and `make test` are all that most people need.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV   ?= .venv
VENDOR := booking/web/static/vendor
PY     := $(VENV)/bin/python
PO     := $(wildcard booking/translations/*/LC_MESSAGES/*.po)

export PYTHON
export PYTHONUNBUFFERED = 1
unexport PYTHONDONTWRITEBYTECODE  # each of the many starts in the tests would compile the whole program anew: 0.3 s

.DELETE_ON_ERROR:

.PHONY: run
run: setup  ## start the service with the Schwarmstedt catalogue, a demo schedule and a mailbox; PORT=8000
	@exec $(PY) tools/run.py --demo

.PHONY: test
test: need-test node_modules/.checkers setup lint  ## the whole test suite, on SQLite and PostgreSQL, browser tests included
	$(PY) -m pytest --ignore=tests/browser -m "not long" -n 2 --dist worksteal
	$(PY) -m pytest tests/browser -m "not long" -n 2 --dist worksteal

.PHONY: test-long
test-long: export TEST_PROFILE = long
test-long: need-test need-long need-load node_modules/.checkers setup  ## everything, on both engines, with 20 times the cases of every property and new dice: about two hours
	$(PY) -m pytest --engines=all -m "not browser" -n 2 --dist worksteal
	PICTURES=1 $(PY) -m pytest -m browser -n 2 --dist worksteal

.PHONY: coverage
coverage: need-test node_modules/.checkers setup  ## which lines the tests without a browser run; fails below 95 %
	$(PY) -m pytest --ignore=tests/browser -m "not long" -n 2 --dist worksteal --cov --cov-report=term

.PHONY: setup
setup: need-run $(VENV)/.installed $(VENDOR)/.built $(PO:.po=.mo)  ## virtual environment, front-end files, translations

.PHONY: lint
lint: $(VENV)/.installed  ## ruff, its formatter and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict booking config tools

.PHONY: faults
faults: need-test need-failover setup  ## every fault at length: kills, cut lines, full disks, wrong clocks, deployments; prints what was done
	$(PY) -m pytest --engines=all tests/faults -rs

.PHONY: check
check: setup lint  ## what the commit hook runs: lint and the quick tests
	$(PY) -m pytest -q -m "not browser and not faults and not long" -k "not postgresql" -n 2

.PHONY: bench
bench: need-bench setup  ## benchmarks, never part of the tests
	$(PY) bench/run.py

.PHONY: memory
memory: setup  ## whether a worker's memory stays flat over 100,000 requests; REQUESTS=20000 for a shorter look
	$(PY) -m bench.memory

.PHONY: sizes
sizes: need-test setup  ## what a citizen's browser loads, gzipped, beside what we allow ourselves
	$(PY) -m pytest -q -s tests/browser/test_sizes.py

.PHONY: pictures
pictures: need-test setup  ## what the pages look like, in build/screenshots
	PICTURES=1 $(PY) -m pytest $(shell grep -rl pictures.take tests/browser) -n 2 --dist worksteal

.PHONY: lighthouse
lighthouse: need-test setup tools/lighthouse/node_modules/.installed  ## Lighthouse's marks of the main pages
	$(PY) -m bench.lighthouse

.PHONY: fill
fill: setup  ## how full a clerk's month gets with each raster
	$(PY) -m bench.fill

.PHONY: release
release: setup  ## one archive in build/release that installs without internet: program, wheels, list of parts
	$(PY) -m tools.release build/release --wheels build/wheels

.PHONY: audit
audit: setup  ## known vulnerabilities and licences of what we ship; 2 if somebody did not answer
	$(PY) -m tools.audit

.PHONY: hooks
hooks:  ## run `make check` before each commit of this clone
	git config core.hooksPath .githooks

.PHONY: clean
clean:  ## forget everything that was built; instance/ with the database stays
	rm -rf $(VENV) node_modules tools/lighthouse/node_modules $(VENDOR) build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

.PHONY: need-run
need-run:
	@tools/need python node

.PHONY: need-test
need-test:
	@tools/need python node chromium postgresql java nginx faketime valkey dovecot

.PHONY: need-long
need-long:
	@tools/need apache pgbouncer patroni

$(VENV)/.installed: requirements.txt requirements-dev.txt | need-run
	@echo "Installing the Python packages into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --disable-pip-version-check --quiet --no-deps -r requirements-dev.txt
	@$(PY) -m pip --disable-pip-version-check check
	@touch $@

node_modules/.installed: package-lock.json package.json .npmrc | need-run
	@echo "Fetching the front-end files …"
	@npm ci --omit=dev --no-progress --loglevel=error
	@touch $@

node_modules/.checkers: package-lock.json package.json .npmrc | need-test
	@echo "Fetching the programs that check pages …"
	@npm ci --no-progress --loglevel=error
	@touch node_modules/.installed $@

tools/lighthouse/node_modules/.installed: tools/lighthouse/package-lock.json | need-run
	@echo "Fetching Lighthouse …"
	@cd tools/lighthouse && npm ci --no-progress --loglevel=error
	@touch $@

$(VENDOR)/.built: node_modules/.installed tools/front_end.py tools/axis.py tools/fonts.py tools/kern.py tools/shadow.py $(wildcard templates/*/*.html booking/web/static/*.css booking/web/static/staff/*.css) | $(VENV)/.installed
	@$(PY) -m tools.front_end $(VENDOR)
	@touch $@

%.mo: %.po | $(VENV)/.installed
	@$(PY) -m babel.messages.frontend compile --input-file $< --output-file $@


.PHONY: rush
rush: need-load setup  ## Syke's release: 8,333 people, 200 places, ten minutes, with and without proof; then overload
	$(PY) -m bench.rush --proof both --overload

.PHONY: district
district: need-load setup  ## twelve municipalities, one of them in a rush: what the other eleven feel
	$(PY) -m bench.district

.PHONY: metropolis
metropolis: need-load setup  ## 60 offices with ten clerks each, asked through the proxy as fast as two cores give
	$(PY) -m bench.metropolis

.PHONY: failover
failover: need-failover setup  ## three PostgreSQL machines, the primary killed ten times while people book: ten minutes
	$(PY) -m bench.failover --kills $(or $(KILLS),10)

.PHONY: failovers
failovers: need-failover setup  ## the same by every other way: switchover, dead standby, no etcd, PgBouncer, and one that must lose
	$(PY) -m bench.failover --kills 1 --events
	$(PY) -m bench.failover --kills 2 --through pgbouncer
	$(PY) -m bench.failover --asynchronous

.PHONY: attempts
attempts: need-load setup  ## 100,000 bookings attempted over HTTP, 10,000 on SQLite, a million by actions: four hours
	for round in $$(seq 10); do $(PY) -m bench.attempts http 10000 --round $$round || exit 1; done
	$(PY) -m bench.attempts http 10000 --engine sqlite
	for round in $$(seq 25); do $(PY) -m bench.attempts actions 40000 --round $$round || exit 1; done

.PHONY: need-bench
need-bench:
	@tools/need python node postgresql

.PHONY: need-failover
need-failover:
	@tools/need python node postgresql patroni

.PHONY: need-load
need-load:
	@tools/need python node postgresql nginx wrk
