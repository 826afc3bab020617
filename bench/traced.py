"""A server that counts the bytecode it runs, by function.

python -m bench.traced FILE MODULE ARGUMENTS…

The first SIGUSR1 begins to count, the next one ends it and writes FILE. It names where instructions have come from:
callgrind knows the interpreter's functions alone. Time passes slowly, as under valgrind.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from bench import slowed

SRC = Path(__file__).parents[1] / "src"


def main() -> None:
    written = Path(sys.argv.pop(1))
    counts: Counter[CodeType] = Counter()

    def opcode(frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            counts[frame.f_code] += 1
        return opcode

    def call(frame: FrameType, _event: str, _: Any) -> Any:
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return opcode

    def toggle(_signal: int, _frame: FrameType | None) -> None:
        if sys.gettrace() is None:
            counts.clear()
            sys.settrace(call)
            return
        sys.settrace(None)
        ours = {_name(code): count for code, count in counts.items() if _ours(code)}
        unfinished = written.with_suffix(".part")
        unfinished.write_text(json.dumps(ours))
        unfinished.replace(written)

    signal.signal(signal.SIGUSR1, toggle)
    slowed.main()


def _ours(code: CodeType) -> bool:
    return Path(code.co_filename).is_relative_to(SRC)


def _name(code: CodeType) -> str:
    module = Path(code.co_filename).relative_to(SRC).with_suffix("")
    return f"{'.'.join(module.parts)}:{code.co_qualname}"


if __name__ == "__main__":
    main()
