# Every target makes what it needs in .venv, from Python 3.10 or newer with its venv module, make and a C compiler; nothing outside
# this folder is touched. The stamps in .venv say what is installed: a second run starts at once, a change in csrc/ builds what it must.
VENV   := .venv
PYTHON := $(VENV)/bin/python
BUILD  := pyproject.toml setup.py $(shell find csrc minigrad \( -name '*.c' -o -name '*.h' -o -name '*.inc' -o -name '*.def' -o -name '*.p[xy][xdi]' -o -name build.py \) ! -name '*.pyi' ! -path 'minigrad/core/core.c')

.PHONY: help demo test data deep lint format bench docs wheel clean
help:
	@echo 'make demo    train a network on handwritten digits, here and now'
	@echo 'make test    run all tests'
	@echo 'make data    fetch all real data sets, and test every loader on its own'
	@echo 'make deep    the property tests with thousands of examples each: hours'
	@echo 'make lint    formatting, lint and types, as CI checks them (make format repairs the first)'
	@echo 'make bench   measure against the installed peers'
	@echo 'make docs    build the documentation into docs/_build'
	@echo 'make wheel   build sdist and wheel into dist/'
	@echo 'make clean   remove everything that was made'

demo: $(VENV)/.demo
	$(VENV)/bin/minigrad train digits --arch cnn --save runs/digits.safetensors --out runs

test: $(VENV)/.test
	$(PYTHON) -m pytest -q -n auto $(ARGS)

data: $(VENV)/.test
	$(VENV)/bin/minigrad data fetch all
	$(PYTHON) -m pytest -q -m data $(ARGS)

deep: $(VENV)/.test
	$(PYTHON) -m pytest -q -n auto -m hypothesis --hypothesis-profile=deep $(ARGS)

lint: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	git ls-files '*.c' '*.h' '*.inc' | xargs $(VENV)/bin/clang-format --dry-run --Werror
	$(VENV)/bin/mypy

format: $(VENV)/.dev
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	git ls-files '*.c' '*.h' '*.inc' | xargs $(VENV)/bin/clang-format -i

bench: $(VENV)/.bench
	$(PYTHON) -m benchmarks $(ARGS)

docs: $(VENV)/.docs
	$(PYTHON) -m sphinx -q -W -b html docs docs/_build

wheel: $(VENV)/.dev
	$(PYTHON) -m build --outdir dist .

clean:
	rm -rf $(VENV) build dist runs docs/_build docs/ops docs/ops.md *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find minigrad tests csrc benchmarks tools -name __pycache__ -prune -exec rm -rf {} +
	rm -f minigrad/*.so minigrad/core/core.c

$(VENV)/.%: $(BUILD) tools/setup.sh
	@sh tools/setup.sh $*
