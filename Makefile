# make run: the whole product on this machine. make test: everything that is tested.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
VAR_DIR ?= var
export PORT VAR_DIR

BIN := .venv/bin
# A network with a certificate of its own is trusted at the second try, as the operating system trusts it.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r
READY := .venv/.run-ready
DEV_READY := .venv/.dev-ready
VENDOR := static/vendor/.ready
CATALOG := translations/en/LC_MESSAGES/messages.mo

.PHONY: run test check demo-reset setup setup-dev pictures lock translations clean

run: setup
	@exec $(BIN)/python -m tools.run

test: setup-dev
	@$(BIN)/python -m tools.test

check: setup-dev
	@$(BIN)/python -m tools.check

demo-reset:
	@rm -rf "$(VAR_DIR)/postgres" "$(VAR_DIR)/objects" "$(VAR_DIR)/sandbox" "$(VAR_DIR)/spool" "$(VAR_DIR)/live"
	@echo "the demo's data is gone; make run starts over"

setup: $(READY) $(VENDOR) $(CATALOG) pictures

setup-dev: $(DEV_READY) $(VENDOR) $(CATALOG) pictures

.venv/bin/uv: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; call make PYTHON=/path/to/python3.11")'
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(READY): .venv/bin/uv requirements/run.lock
	@$(INSTALL) requirements/run.lock || $(INSTALL) requirements/run.lock --system-certs
	@touch $@

$(DEV_READY): .venv/bin/uv requirements/dev.lock
	@$(INSTALL) requirements/dev.lock || $(INSTALL) requirements/dev.lock --system-certs
	@touch $(READY) $@

$(VENDOR): package-lock.json tools/browser_code.py | $(READY)
	@$(BIN)/python -m tools.browser_code
	@touch $@

$(CATALOG): translations/en/LC_MESSAGES/messages.po | $(READY)
	@$(BIN)/pybabel --quiet compile --directory translations

pictures: | $(READY)
	@$(BIN)/python -m demo.illustrations

translations: setup-dev
	@$(BIN)/python -m tools.translations

lock:
	@$(BIN)/python -m tools.lock

clean:
	rm -rf .venv node_modules static/vendor static/generated var
