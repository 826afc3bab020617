"""``python -m tillgate.cli``: the same as ``tillgate``."""

from tillgate.cli import main

main()
