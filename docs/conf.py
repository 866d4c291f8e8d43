"""Sphinx settings."""

import re

project = "flarescope"
copyright = "2026, the flarescope developers"
author = "the flarescope developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_title = "flarescope"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_sidebars = {"**": []}
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_mock_imports = []
nitpicky = False


def _absolute_values(app, what, name, obj, options, lines):
    """|B| in a docstring is an absolute value, not a substitution."""
    for k, line in enumerate(lines):
        lines[k] = re.sub(r"\|([^|`]+)\|", r"\\|\1\\|", line)


def setup(app):
    app.connect("autodoc-process-docstring", _absolute_values, priority=900)
