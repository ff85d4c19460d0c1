# Centralita. «make» a secas lo explica todo / `make` alone explains all.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
# Python, if it is not found by itself / Python, si no se encuentra solo
export PYTHON
# Where it is set, each start compiles all modules anew, and takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run demo setup assets test test-long lint fmt dialplan scenarios contract docs lock clean

help: ## Esta ayuda / this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo 'Variables: HTTP_PORT SIP_PORT WS_PORT AMI_PORT AGI_PORT RTP_PORTS BIND ASTERISK_ROOT XDG_CACHE_HOME PYTHON'
	@echo 'ARGS="…": opciones para centralita o pytest / options for centralita or pytest'

run: ## Prepara todo y arranca un centro / set everything up and start a centre
	@scripts/setup run
	@scripts/assets
	@exec $(BIN)/centralita run $(ARGS)

demo: ## Como run, con clientes y agentes que llaman y atienden / as run, with callers and agents at work
	@scripts/setup run demo
	@scripts/assets
	@exec $(BIN)/centralita demo $(ARGS)

setup: ## Instala lo de Python en .venv / install the Python side into .venv
	@scripts/setup run test lint build

assets: ## Construye las páginas del navegador / build the browser pages
	@scripts/setup run
	@scripts/assets

# So many at a time, a module whole in one process: calls take real time, and most of it is waiting. They come first,
# so that what only computes does not compete with them, and is there to fill the end.
TESTS_AT_ONCE ?= 3

test: ## Instala lo necesario y pasa las pruebas / install what is needed and run the tests
	@scripts/ready
	@exec $(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: ## Las pruebas largas; dejan su tabla en docs/ / the long tests; they leave their table in docs/
	@scripts/ready
	@CENTRALITA_REPORTS=docs/measured exec $(BIN)/python -m pytest -m long $(ARGS)

lint: ## Revisa estilo, tipos y capas / check style, types and layers
	@scripts/setup run test lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: ## Da formato al código / format the code
	@scripts/setup run lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

dialplan: ## Escribe el plan de marcación y su página / write the dialplan and its page
	@scripts/setup run
	$(BIN)/python -m cti.asterisk.dialplan

scenarios: ## Reescribe lo esperado en tests/scenario / rewrite what tests/scenario expects
	@scripts/setup run test
	CENTRALITA_REWRITE=1 $(BIN)/python -m pytest tests/scenario

contract: ## Escribe el contrato de la API en docs/contract / write the contract of the API to docs/contract
	@scripts/setup run
	$(BIN)/python -m centralita.contract

docs: dialplan contract ## Genera lo generado y comprueba los enlaces / write what is generated, check the links
	$(BIN)/python -m config.json_schema
	$(BIN)/python scripts/check_links.py

lock: ## Fija de nuevo las versiones de Python / pin the Python versions anew
	@scripts/setup run
	@scripts/lock $(ARGS)

clean: ## Borra todo lo creado, caché y datos incluidos / remove all that was made, cache and data included
	@scripts/clean
