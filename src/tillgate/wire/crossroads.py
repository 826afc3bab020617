"""Several dialects on one host: which of them a request is for."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keyturn.admission.carriers import Carried, Carriers
from keyturn.http.headers import headers_of
from tillgate.events.styles import TITLES
from tillgate.wire.dialect import PATH_LENGTH_MAX, Dialect
from tillgate.wire.serving import DialectApp


class Crossroads:
    """Finds the dialect of a request: the one that has the path; below a mount, where none has it, that of the key as
    it is written, before anything is looked up; and where no key says it, the mount's fallback."""

    def __init__(self, apps: Iterable[DialectApp], carriers: Carriers) -> None:
        """
        Raises:
            ValueError: two dialects have the same operation at the same path.
        """
        self._apps: Sequence[DialectApp] = tuple(apps)
        self._carriers = carriers
        check_apart(app.dialect for app in self._apps)
        # A longer mount goes first: who is mounted at the root of the host leaves to others what is theirs.
        mounted = [(mount, f"{mount}/", app) for app in self._apps for mount in app.dialect.mounts]
        self._mounted = sorted(mounted, key=lambda one: -len(one[0]))
        # Of most paths the first segment says which of them there can be.
        heads = {mount.split("/")[1] for mount, _, _ in self._mounted if mount}
        rooted = [one for one in self._mounted if not one[0]]
        heads.update(head for _, _, app in rooted for head in app.dialect.heads if not head.startswith("{"))
        self._headed = {head: [one for one in self._mounted if _leads_to(one[0], one[2], head)] for head in heads}

    def find(self, scope: Any) -> DialectApp | None:
        """Which dialect answers a request; None where it is for none."""
        path: str = scope["path"]
        short = len(path) <= PATH_LENGTH_MAX
        once = path.replace("//", "/") if short and "//" in path else path
        while once is not path and "//" in once:
            once = once.replace("//", "/")
        below: list[tuple[str, DialectApp]] = []
        mounted = self._mounted
        if once is path and short:
            mounted = self._headed.get(path[1:].partition("/")[0], mounted)
        for mount, within, app in mounted:
            own = once if app.dialect.one_slash else path
            if (own.startswith(within) or own == mount) and not any(other is app for _, other in below):
                if short and app.has_below(own[len(mount) :]):
                    return app
                below.append((mount, app))
        if not below:
            return None
        longest = len(below[0][0])
        owners = [
            app
            for app in self._apps
            # Who speaks to people that have signed in answers for no path but its own.
            if longest and app.dialect.signed_in is None and any(one is app and len(m) == longest for m, one in below)
        ]
        if len(owners) <= 1:
            return owners[0] if owners else None
        formats = self._formats_of_key(scope)
        for app in (*owners, *self._apps):
            if app.dialect.key_format and app.dialect.key_format in formats:
                return app
        return next((app for app in owners if app.dialect.fallback), owners[0])

    def _formats_of_key(self, scope: Any) -> tuple[str, ...]:
        """The formats in which the request's key is written; none without a key."""
        headers = headers_of(scope)
        authorization, api_key = headers.get(b"authorization"), headers.get(b"x-api-key")
        carried = self._carriers.find(
            authorization.decode("latin-1") if authorization is not None else None,
            api_key.decode("latin-1") if api_key is not None else None,
        )
        return self._carriers.formats_of(carried.secret.reveal()) if isinstance(carried, Carried) else ()


def _leads_to(mount: str, app: DialectApp, head: str) -> bool:
    """Whether a path that begins with this segment can be one of a dialect's below a mount."""
    if mount:
        return mount.split("/")[1] == head
    return any(one == head or one.startswith("{") for one in app.dialect.heads)


def hint_of_format(dialects: Iterable[Dialect], public_url: str) -> Callable[[tuple[str, ...]], str | None]:
    """What to tell the bearer of a key in another format: where keys that are written so belong.

    Args:
        dialects: those that are spoken, the native one among them.
    """
    bases = {one.key_format or one.name: f"{public_url}{one.mounts[0]}" for one in dialects if one.routes}

    def hint(formats: tuple[str, ...]) -> str | None:
        for format in formats:
            if format in bases:
                return f"This is a key in the format of {TITLES.get(format, format)}. Its base URL is {bases[format]}."
        return f"This is a key in the format of {TITLES.get(formats[0], formats[0])}, which is not accepted here."

    return hint


def check_apart(dialects: Iterable[Dialect]) -> None:
    """
    Raises:
        ValueError: two dialects have the same operation at the same path.
    """
    taken: dict[tuple[str, str], str] = {}
    for dialect in dialects:
        for mount in dialect.mounts:
            for route in dialect.routes:
                segments = (
                    "{}" if segment.startswith("{") else segment for segment in f"{mount}{route.path}".split("/")
                )
                place = (route.method, "/".join(segments))
                if (other := taken.setdefault(place, dialect.name)) != dialect.name:
                    raise ValueError(f"{route.method} {mount}{route.path} is of {other} and of {dialect.name}")
