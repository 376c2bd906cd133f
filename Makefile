# Two commands: `make run` starts the product, `make test` passes the tests. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src -name '*.py' -o -name '*.yaml')

.PHONY: run test check fast bench peers lock clean programs

run: $(VENV)/warm
	$(BIN)/sonicforge serve

test: $(VENV)/warm programs check
	$(BIN)/pytest -m "not slow" -n auto
	$(BIN)/pytest -m slow -n 2 --dist loadfile

fast: $(VENV)/installed
	$(BIN)/pytest -m "not slow" -n auto

check: $(VENV)/installed
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/ruff check src tests bench scripts
	$(BIN)/mypy

bench: $(VENV)/warm
	$(BIN)/python bench/studio.py

# What the benches compare with lives apart: some of it is GPL, and none of it is ever imported by the package.
peers: .venv-peers/installed

.venv-peers/installed: bench/peers.txt $(VENV)/installed
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	$(BIN)/uv pip install --quiet --python .venv-peers/bin/python --requirement bench/peers.txt
	touch $@

# Outside judges of the tests: players, servers and fpcalc, from the system's packages. Without root the tests say what
# is missing.
PROGRAMS := fpcalc:libchromaprint-tools ffmpeg:ffmpeg mpv:mpv icecast2:icecast2 nginx:nginx-light node:nodejs curl:curl \
	openssl:openssl chromium:chromium
LIBRARIES := libnginx-mod-rtmp libsrt1.5-gnutls libmp3lame0
programs:
	@missing=""; for pair in $(PROGRAMS); do \
		PATH="$$PATH:/usr/sbin" command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair##*:}"; \
	done; \
	for name in $(LIBRARIES); do dpkg -s "$$name" >/dev/null 2>&1 || missing="$$missing $$name"; done; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
				apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
		else \
			echo "some tests need these programs; install them first:$$missing" >&2; \
		fi; \
	fi

# Everything is installed from pinned versions with hashes.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed, this is " + sys.version'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt \
		--build-constraint constraints.txt --editable '.[dev]'
	touch $@

# Kernels are compiled once here, so that nobody waits for them later.
$(VENV)/warm: $(VENV)/installed $(SOURCES)
	$(BIN)/sonicforge warmup
	touch $@

# Renew the pinned versions.
lock: $(VENV)/installed
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --python-version 3.11 --extra dev \
		pyproject.toml --output-file constraints.txt

clean:
	rm -rf $(VENV) .venv-peers build src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
