"""What a rendering process gives up before it reads its first template: the network, core files, and room to grow.

Typst itself reads no file outside of the directory that it is given, and asks the network for packages alone. The
filter takes that away for the whole process, whatever is loaded into it. ``seccomp`` is written here in twenty lines of
classic BPF, because its Python binding needs a library of the system that most hosts lack.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from typing import Final

from tillgate.documents.engine.model import Limits

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF_0000
_DENY: Final = 0x0005_0000 | 1  # EPERM
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# By machine: what the kernel calls it, and the numbers of what a process must not call: sockets of every kind (an
# io_uring makes them, too), other programs, and other processes' memory.
_CALLS: Final = {
    "x86_64": (0xC000_003E, (41, 53, 59, 101, 310, 311, 322, 425, 426, 427)),
    "aarch64": (0xC000_00B7, (198, 199, 221, 117, 270, 271, 281, 425, 426, 427)),
}
# Numbers from here on are another table of calls on the same machine (x32).
_X32: Final = 0x4000_0000


def confine(limits: Limits) -> None:
    """Give up what no template needs, for the rest of this process's life."""
    memory = limits.memory_bytes_max
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere address space is not bounded this way
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        _deny_calls()


def allow_cpu(seconds: int) -> None:
    """Let this process use this number of further seconds of processor time; the kernel ends it after them."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _deny_calls() -> None:
    machine = _CALLS.get(platform.machine())
    if machine is None:
        return
    architecture, calls = machine
    tests = len(calls)
    lines = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, tests + 3, architecture),  # another table of calls: denied as a whole
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, tests + 1, 0, _X32),
        *((_EQUAL, tests - number, 0, call) for number, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    program = b"".join(struct.pack("=HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HxxxxxxQ", len(lines), ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    # A kernel without filters renders all the same: Typst's own bounds hold, and it is given no way out.
    libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0)
