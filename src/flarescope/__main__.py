"""``python -m flarescope``."""

from flarescope.cli import main

main()
