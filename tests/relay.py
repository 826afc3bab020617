"""A TCP relay between a process and its database, which a test can cut: nothing comes through, nothing is refused."""

import contextlib
import selectors
import socket
import threading


class Relay:
    """Passes bytes on between those who connect here and one address, until it is cut."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        """
        Args:
            target: host and port, or the path of a Unix socket.
        """
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._open = threading.Event()
        self._open.set()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """From now on bytes stay where they are, as where a cable was pulled."""
        self._open.clear()

    def mend(self) -> None:
        """Let through again what waited."""
        self._open.set()

    def close(self) -> None:
        self._ended = True
        self._open.set()
        self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            with contextlib.suppress(OSError):
                key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _connect(self) -> socket.socket:
        if isinstance(self._target, str):
            made = socket.socket(socket.AF_UNIX)
            made.connect(self._target)
            return made
        return socket.create_connection(self._target)

    def _run(self) -> None:
        while not self._ended:
            self._open.wait()
            for key, _ in self._selector.select(0.05):
                if not self._open.is_set():
                    break
                if key.fileobj is self._listening:
                    here, _ = self._listening.accept()
                    there = self._connect()
                    self._selector.register(here, selectors.EVENT_READ, there)
                    self._selector.register(there, selectors.EVENT_READ, here)
                    continue
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                try:
                    data = source.recv(65_536)
                    if data:
                        key.data.sendall(data)
                        continue
                except OSError:
                    pass
                for one in (source, key.data):
                    with contextlib.suppress(KeyError, ValueError, OSError):
                        self._selector.unregister(one)
                        one.close()
