# Two commands: `make demo` shows the main job, `make test` runs all tests. Each sets up what it needs.
BIN := .venv/bin

# Where this is set, as in many containers, nothing compiled is kept: each worker of the tests compiles all tests anew,
# and each program that they start all of linecard.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help env demo test compiled rainbow matrix coverage mutants check bench torture docs tiers site languages lock wheel deb deb-test image-test clean
help:
	@echo "make demo     a throw-away site, two sheets dropped, the reports to look at"
	@echo "make test     all tests            make check    ruff, mypy and the import layers"
	@echo "make rainbow  a simulated ALE Rainbow, with a login and what to type"
	@echo "make matrix   all tests on each Python that linecard supports"
	@echo "make coverage  branches that the tests go through"
	@echo "make mutants   decisions in rules/ that no test holds"
	@echo "make bench    figures              make torture  the long proofs (two hours)"
	@echo "make wheel    dist/*.whl           make lock     requirements.lock anew"
	@echo "make deb      dist/*.deb, for this release of Debian"
	@echo "make site     the documents as a searchable site"
	@echo "make tiers    what each backend has proven, recorded anew"
	@echo "make docs     the generated parts of docs/ and config/ anew"
	@echo "make languages  new sentences into the catalogs of readers' languages, and those compiled"

env:
	@.ci/environment

demo: env
	@$(BIN)/python tests/demo/demo.py

PORT ?= 8443
rainbow: env
	@PYTHONPATH=tests $(BIN)/python -m rainbow --port $(PORT)

# Several workers at once: most tests wait for disks and processes. JOBS=0 runs them one after the other. Files go in their
# order, for the long ones stand first: else one worker is left with them at the end.
JOBS ?= 4
test:
	@$(MAKE) --no-print-directory -j2 check compiled
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# The tests as pytest compiles them, while the other core checks types: else each worker compiles them anew.
compiled: env
	@mkdir -p .cache
	@$(BIN)/pytest --collect-only -qq >.cache/collected 2>&1 || { cat .cache/collected; exit 1; }

# The tests on each supported Python. ONLY="3.13 3.14" takes fewer, TESTS=tests/unit a part of them.
matrix: env
	@PYTHONPATH=tests $(BIN)/python -m matrix $(if $(ONLY),--only $(ONLY)) -- -n $(JOBS) --dist loadfile \
		--no-loadscope-reorder $(TESTS)

# Branch coverage of all tests, programs that they start included; TESTS=tests/unit measures a part of them.
coverage: env
	@rm -rf .cache/coverage
	@status=0; $(BIN)/coverage run -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS) || status=$$?; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage html --quiet && $(BIN)/coverage report && exit $$status

# Changes one thing at a time in the modules of rules/ that are held (ONLY="limits order" takes others, ONLY=all every
# one) and names what no test notices.
mutants: env
	@$(BIN)/python -m pip install --quiet 'mutmut>=3.8,<4'
	@PYTHONPATH=tests nice -n 15 $(BIN)/python -m mutation $(ONLY) $(if $(TESTS),--tests $(TESTS))

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	MYPYPATH=tests $(BIN)/mypy tests/rainbow
	$(BIN)/lint-imports --no-logo

bench: env
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/reports.py
	$(BIN)/python tests/bench/daemon.py
	$(BIN)/python tests/bench/workbooks.py
	$(BIN)/python tests/bench/sftp.py
	PYTHONPATH=tests $(BIN)/python tests/bench/asterisk.py
	PYTHONPATH=tests $(BIN)/python tests/bench/exec.py
	PYTHONPATH=tests $(BIN)/python tests/bench/slapd_people.py
	PYTHONPATH=tests $(BIN)/python -m bench.rainbow
	PYTHONPATH=tests $(BIN)/python -m bench.rest

torture: env
	LINECARD_TORTURE=1 $(BIN)/pytest -o timeout=3600 tests/unit/rules/test_law.py \
		tests/acceptance/test_*killed*.py tests/acceptance/test_disk_*.py tests/acceptance/test_week.py tests/acceptance/test_deb.py \
		tests/acceptance/test_container.py \
		tests/integration/*/test_killed.py tests/integration/daemon/test_power.py \
		tests/integration/daemon/test_troubles.py tests/integration/daemon/test_clocks.py tests/unit/reports/test_large.py \
		tests/unit/rules/test_numbering_differential.py tests/contract/test_asterisk_together.py \
		tests/unit/reports/test_retry.py tests/unit/reports/test_hostile.py tests/integration/test_premises.py \
		tests/integration/sftp/test_peers.py tests/integration/test_part_made.py \
		tests/integration/daemon/test_half_made.py tests/integration/test_followers.py tests/integration/ldap/test_samba.py tests/contract/test_ldap.py \
		tests/rainbow/clients
	$(BIN)/python tests/unit/sheet/fuzz.py 600
	$(BIN)/python tests/integration/packing/fuzz.py 600

# The wheel, and beside it the hashes of all that it needs. DIST is where they are put.
DIST ?= dist
wheel: env
	@rm -f $(DIST)/linecard-*.whl $(DIST)/linecard-*.lock
	$(BIN)/python -m build --wheel --no-isolation --outdir $(DIST)
	$(BIN)/python .ci/runtime_lock.py $(DIST)/linecard-*.whl

# A package for the release of Debian that this machine has, made of the wheel and its lock; needs no root.
deb: wheel
	DIST=$(DIST) .ci/deb/build

# Installs, upgrades and purges it in a bare root; takes root and the machine's Debian mirror.
deb-test: env
	LINECARD_TORTURE=1 $(BIN)/pytest -o timeout=1800 tests/acceptance/test_deb.py

# Builds the container image on a bare Debian with buildah, and runs it; takes root and the machine's Debian mirror.
image-test: env
	LINECARD_TORTURE=1 $(BIN)/pytest -o timeout=1800 tests/acceptance/test_container.py

# What each backend has proven, written beside its code by the contract suite; ONLY="exec rainbow" takes fewer.
tiers: env
	PYTHONPATH=tests $(BIN)/python -m house.tiers $(ONLY)

docs: env
	PYTHONPATH=tests $(BIN)/python -m house.generated
	$(BIN)/python -m linecard.config
	$(BIN)/python -m linecard.cli.json_output

site: env
	@PYTHONPATH=tests $(BIN)/python -m house.site

languages: env
	PYTHONPATH=tests $(BIN)/python -m house.languages

lock: env
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --group dev --group docs -p 3.11 pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .cache dist demo-site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
