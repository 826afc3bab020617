"""The command line: ``tillgate serve``, ``tillgate keys create`` and the rest.

Every command works on the database that ``--data`` or ``--database-url`` names, also while a server runs on it;
``api``, ``listen`` and ``trigger`` speak to a server over HTTP instead.
"""

import gc
from typing import Final

# Loading makes some 100,000 objects and no garbage. By the interpreter's own threshold of 700 the collector would look
# through them a hundred times, which is a tenth of what a short command costs. A server sets its own once it serves.
COLLECT_AFTER: Final = 50_000


def main() -> None:
    """Run the command line. An argument that is not UTF-8 would fail anywhere further in; it is refused here."""
    gc.set_threshold(COLLECT_AFTER)
    from keyturn.cli.output import refuse_what_is_not_text
    from tillgate.cli.commands import app

    refuse_what_is_not_text("tillgate")
    app()
