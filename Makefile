# `make` lists the targets. The environment is .venv; the stamp in it makes a second set-up a no-op.
.POSIX:
.SILENT:
.PHONY: bench help setup repro test test-spark lint lock clean

PYTHONS = python3 python3.13 python3.12 python3.11 python
VENV = .venv
STAMP = $(VENV)/.setup-done
SPARK = .venv-spark
ON_PATH = PATH="$$(pwd)/$(VENV)/bin:$$PATH"; export PATH
UPGRADE =

# No telemetry. Empty means "off" for Python: bytecode is kept, because start-up time matters here.
export GX_ANALYTICS_ENABLED = false
export PYTHONDONTWRITEBYTECODE =

help: ## list the targets
	echo "Targets:"
	sed -n 's/^\([a-z][a-z]*\):.*## \(.*\)/  make \1:\2/p' Makefile | awk -F: '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(STAMP) ## create .venv and install requirements.lock and this project into it

$(STAMP): requirements.lock pyproject.toml setup.py fold_guard/partition/kernel.py fold_guard/partition/kernel.pxd
	set -e; \
	recent='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(VENV)/bin/python -c "$$recent" 2>/dev/null; then \
	  found=; \
	  for python in $(PYTHONS); do \
	    if "$$python" -c "$$recent" 2>/dev/null; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "fold_guard needs Python 3.11 or newer; none of these is: $(PYTHONS)." >&2; \
	    echo "Install one, or name it: make setup PYTHONS=/path/to/python3" >&2; \
	    exit 1; \
	  fi; \
	  if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$found cannot create environments; on Debian: apt install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	  echo "Creating $(VENV) with $$("$$found" --version)"; \
	  "$$found" -m venv --clear $(VENV); \
	fi; \
	if command -v uv >/dev/null 2>&1; then \
	  echo "Installing requirements.lock with uv"; \
	  uv pip install --quiet --python $(VENV)/bin/python --compile-bytecode --require-hashes -r requirements.lock; \
	  uv pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation \
	    --config-settings editable_mode=compat -e .; \
	else \
	  echo "Installing requirements.lock with pip (one to three minutes; seconds with uv)"; \
	  pip="$(VENV)/bin/python -m pip --quiet --disable-pip-version-check install --compile"; \
	  $$pip --require-hashes -r requirements.lock; \
	  $$pip --no-deps --no-build-isolation --config-settings editable_mode=compat -e .; \
	fi; \
	$(VENV)/bin/python -m compileall -q fold_guard; \
	touch $(STAMP); \
	echo "Ready: $(VENV)/bin/fold-guard --help"

repro: $(STAMP) ## run the pipeline where something changed, then show verdicts and scores
	$(ON_PATH); export PATH; \
	if dvc status --quiet; then \
	  echo "Nothing to do: data, params and suites are as they were at the last run."; \
	  fold-guard report --summary; \
	else \
	  dvc repro || { \
	    code=$$?; \
	    fold-guard report || rm -f reports/index.html; \
	    exit $$code; \
	  }; \
	fi

test: $(STAMP) lint ## run lint, doctests and the whole test suite
	set -e; $(ON_PATH); \
	echo "== doctests"; \
	python -m pytest --quiet --doctest-modules fold_guard; \
	echo "== tests"; \
	python -m pytest --numprocesses 2 --dist worksteal

bench: $(STAMP) ## measure against the peers, write docs/benchmarks.md (a quarter of an hour, 4 GB)
	set -e; $(ON_PATH); \
	mkdir -p .benchmarks; \
	python -m pytest tests/benchmarks -o python_files='bench_*.py' --quiet \
	  --benchmark-columns=median,rounds --benchmark-json=.benchmarks/run.json; \
	python -m tests.benchmarks.report .benchmarks/run.json docs/benchmarks.md

lint: $(STAMP) ## check style, types and import contracts
	set -e; $(ON_PATH); \
	echo "== ruff check"; \
	ruff check .; \
	echo "== ruff format"; \
	ruff format --check .; \
	echo "== mypy"; \
	mypy --strict fold_guard; \
	echo "== import contracts"; \
	lint-imports

test-spark: ## run the checks on PySpark frames, in an environment of its own (needs Java 17)
	set -e; \
	if ! command -v java >/dev/null 2>&1; then echo "make test-spark needs java on PATH" >&2; exit 1; fi; \
	if [ ! -f $(SPARK)/.setup-done ] || [ requirements-spark.lock -nt $(SPARK)/.setup-done ]; then \
	  $(VENV)/bin/python -m venv --clear $(SPARK); \
	  echo "Installing requirements-spark.lock"; \
	  if command -v uv >/dev/null 2>&1; then \
	    uv pip install --quiet --python $(SPARK)/bin/python --require-hashes -r requirements-spark.lock; \
	  else \
	    $(SPARK)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements-spark.lock; \
	  fi; \
	  touch $(SPARK)/.setup-done; \
	fi; \
	$(SPARK)/bin/python -m pytest --quiet tests/checks/subjects/test_lazy_subject.py -k spark

lock: ## compile requirements.lock (needs uv; UPGRADE=--upgrade for newer versions)
	set -e; \
	if ! command -v uv >/dev/null 2>&1; then echo "make lock needs uv on PATH" >&2; exit 1; fi; \
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --all-extras --group dev $(UPGRADE) --output-file requirements.lock pyproject.toml; \
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --group spark $(UPGRADE) --output-file requirements-spark.lock pyproject.toml

clean: ## remove .venv, builds and caches; data and reports stay
	rm -rf $(VENV) $(SPARK) build dist *.egg-info .benchmarks .hypothesis
	rm -f fold_guard/partition/kernel.c fold_guard/partition/*.so
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
