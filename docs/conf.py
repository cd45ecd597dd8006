"""Sphinx settings: the pages are Markdown."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import op_table

project = "minigrad"
author = copyright = "minigrad contributors"
version = release = installed_version("minigrad")
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build"]

op_table.write()
