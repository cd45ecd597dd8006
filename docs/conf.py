"""Sphinx settings: the pages are Markdown."""

from importlib.metadata import version as installed_version

project = "minigrad"
author = copyright = "minigrad contributors"
version = release = installed_version("minigrad")
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build"]
