"""``python -m keyturn.cli``."""

from keyturn.cli import main

main()
