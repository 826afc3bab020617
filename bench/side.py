"""One side of a comparison between two checkouts: serves what both are compared by until its input ends.

python -m bench.side DIRECTORY [POSTGRES_URL]

One line goes to standard output when everything answers: JSON, for each row the server's process id and port and the
requests that it is asked. Each checkout runs its own copy of this file by its own interpreter, so a name that differs
between the two is no matter.
"""

import contextlib
import json
import sys
from pathlib import Path

from bench.measuring import QUICK, Stage
from bench.targets import BEHIND, VERIFY, application, checkout_targets, verification


def main() -> None:
    directory, url = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    with contextlib.ExitStack() as stack:
        stage = Stage(QUICK, directory, None, stack)
        rows = checkout_targets(stage)
        if url is not None:
            rows |= checkout_targets(stage, url, "PostgreSQL")
        rows |= {VERIFY: verification(stage), BEHIND: application(stage, keys=True)}
        told = {name: [one.server.pid, one.server.port, one.requests] for name, one in rows.items()}
        print(json.dumps(told), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
