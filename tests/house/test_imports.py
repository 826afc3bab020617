"""The one-way rule, on the real import graph: a line imports only from lines below; neighbours are strangers."""

import sys

import pytest

from tests.house.source import PACKAGES, SRC, below, edges, file_of, graph

# docs/architecture.md, "Two packages". The lowest floor comes last.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("tillgate.cli", "tillgate.app", "tillgate.jobs", "tillgate.metrics", "tillgate.opening", "tillgate.settings"),
    ("tillgate.dashboard", "tillgate.pages", "tillgate.api", "tillgate.dialects"),
    (
        "tillgate.dialects.smartpay",
        "tillgate.dialects.crossmint",
        "tillgate.dialects.coin_moebius",
        "tillgate.dialects.craftkit",
    ),
    ("tillgate.wire",),
    ("tillgate.access", "tillgate.checkout", "tillgate.documents"),
    ("tillgate.rails", "tillgate.events", "tillgate.mail"),
    ("tillgate.store", "tillgate.words"),
    ("tillgate.base",),
    ("keyturn",),
    ("keyturn.database", "keyturn.words"),
)
# The top floor is one flat: the command line calls the composition root, which reads the settings.
ONE_FLAT = {
    ("tillgate.cli", "tillgate.app"),
    ("tillgate.cli", "tillgate.metrics"),
    ("tillgate.cli", "tillgate.opening"),
    ("tillgate.cli", "tillgate.settings"),
    ("tillgate.app", "tillgate.jobs"),
    ("tillgate.app", "tillgate.metrics"),
    ("tillgate.app", "tillgate.opening"),
    ("tillgate.app", "tillgate.settings"),
    ("tillgate.opening", "tillgate.settings"),
}
# A house of its own: only these speak to it.
WHO_KNOWS_KEYTURN = (
    "keyturn",
    "tillgate.access",
    "tillgate.wire",
    "tillgate.dialects",
    "tillgate.api",
    "tillgate.dashboard",
    "tillgate.cli",
    "tillgate.app",
    "tillgate.jobs",
    "tillgate.opening",
    "tillgate.settings",
)
# Within the checkout; the lowest comes last. Neighbours do not know each other.
NOUNS = (
    ("search",),
    ("issued",),
    ("refunds", "shoppers", "statements"),
    ("settlement",),
    ("sessions",),
    ("books",),
    ("orders",),
    ("payments",),
    ("redemptions",),
    ("links", "customers", "products", "promotions", "clocks", "unassigned", "payment_tokens"),
    ("coupons", "projects", "figures"),
)
WEB = ("starlette", "uvicorn", "jinja2", "httptools", "typer", "multipart", "python_multipart")


def room_of(module: str) -> str | None:
    """The room that a module lies in, the innermost; None for what is in no room."""
    return max((room for floor in FLOORS for room in floor if below(module, room)), key=len, default=None)


def floor_of(room: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


def test_every_module_lies_in_a_room() -> None:
    """A new room gets its place on the map before anything imports it."""
    homeless = sorted(
        module
        for module in graph().modules
        if below(module, *PACKAGES) and module != "tillgate" and room_of(module) is None
    )
    assert homeless == [], f"put these into FLOORS and docs/architecture.md: {homeless}"


def test_imports_go_one_way() -> None:
    """No line imports from a line above or from its neighbour."""
    wrong = []
    for edge in edges():
        importer, imported = room_of(edge.importer), room_of(edge.imported)
        if importer is None or imported is None or importer == imported or (importer, imported) in ONE_FLAT:
            continue
        if floor_of(imported) <= floor_of(importer):
            wrong.append(f"{edge}   ({importer} may not know {imported})")
    assert wrong == [], "\n".join(wrong)


def test_nothing_inside_of_tillgate_imports_its_root() -> None:
    """The root package holds the version; only what shows it asks for it."""
    wrong = [
        str(edge)
        for edge in edges()
        if edge.imported == "tillgate" and not below(edge.importer, "tillgate.cli", "tillgate.api", "tillgate.app")
    ]
    assert wrong == [], "\n".join(wrong)


def knows_keys(module: str) -> bool:
    """Whether it is of the key layer; the unit of work and the languages that Keyturn brings are everybody's."""
    return below(module, "keyturn") and not below(module, "keyturn.database", "keyturn.words")


def test_keyturn_is_a_house_of_its_own() -> None:
    """Only admission, the key pages and routes, the command line and the root speak to the key layer."""
    wrong = [
        str(edge) for edge in edges() if knows_keys(edge.imported) and not below(edge.importer, *WHO_KNOWS_KEYTURN)
    ]
    assert wrong == [], "\n".join(wrong)


def test_keyturn_and_the_ground_know_no_payment_word() -> None:
    """They could be installed alone."""
    wrong = [str(edge) for edge in edges() if below(edge.importer, "keyturn") and below(edge.imported, "tillgate")]
    assert wrong == [], "\n".join(wrong)


def test_no_private_module_is_imported() -> None:
    """What is not in ``__all__`` is reached by its public module, never by an underscore."""
    wrong = [str(edge) for edge in edges() if any(part.startswith("_") for part in edge.imported.split(".")[1:])]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("room", ["checkout", "rails", "events", "store", "base"])
def test_the_business_knows_no_key_and_no_web(room: str) -> None:
    """It knows a caller only as a Principal; by whatever detour, too."""
    package = f"tillgate.{room}"
    wrong = [
        str(edge)
        for edge in edges()
        if below(edge.importer, package)
        and (knows_keys(edge.imported) or below(edge.imported, *WEB, "tillgate.access", "tillgate.api"))
    ]
    assert wrong == [], "\n".join(wrong)
    modules = {package} | graph().find_descendants(package)
    reached = {found for module in modules for found in graph().find_upstream_modules(module)}
    assert not {module for module in reached if module != "keyturn" and (knows_keys(module) or below(module, *WEB))}


def test_nouns_of_the_checkout_go_one_way() -> None:
    """settlement > sessions > orders > payments > links, customers. What lies beside the nouns is for all of them."""
    order = {noun: number for number, nouns in enumerate(NOUNS) for noun in nouns}
    rooms = {path.name for path in (SRC / "tillgate/checkout").iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(order), "a noun of the checkout has no place in NOUNS"
    wrong = []
    for edge in edges():
        nouns = [
            module.removeprefix("tillgate.checkout.").partition(".")[0]
            for module in (edge.importer, edge.imported)
            if below(module, "tillgate.checkout")
        ]
        if len(nouns) == 2 and nouns[1] in order and nouns[0] != nouns[1]:
            if nouns[0] not in order:
                if edge.importer != "tillgate.checkout":
                    wrong.append(f"{edge}   (what all nouns share knows none)")
            elif order[nouns[1]] <= order[nouns[0]]:
                wrong.append(str(edge))
    assert wrong == [], "\n".join(wrong)


def test_a_rail_is_known_by_its_port_alone() -> None:
    """Which rails there are is known where the server is put together: the simulated one is no special case. What
    the chain's rail is set up and proved with is known to commands and the dashboard (decisions 0040, 0047)."""
    set_up = tuple(
        f"tillgate.rails.evm.{one}"
        for one in (
            "explaining",
            "extended_keys",
            "extra",
            "feeds",
            "networks",
            "proving",
            "rates",
            "standing",
            "treasury",
            "wallets",
        )
    )
    rooms = ("tillgate.checkout", "tillgate.api", "tillgate.dashboard", "tillgate.pages", "tillgate.cli")
    wrong = [
        str(edge)
        for edge in edges()
        if below(edge.importer, *rooms)
        and below(edge.imported, "tillgate.rails")
        and edge.imported not in ("tillgate.rails", "tillgate.rails.port")
        and not (below(edge.importer, "tillgate.dashboard", "tillgate.cli") and below(edge.imported, *set_up))
    ]
    assert wrong == [], "\n".join(wrong)


def test_the_ground_floor_stands_on_the_standard_library() -> None:
    """Money, ids, instants and errors need nobody's package."""
    allowed = set(sys.stdlib_module_names) | {"tillgate"}
    wrong = [
        str(edge)
        for edge in edges()
        if below(edge.importer, "tillgate.base") and edge.imported.partition(".")[0] not in allowed
    ]
    assert wrong == [], "\n".join(wrong)


def test_the_key_layer_stands_on_little() -> None:
    """The standard library, msgspec and the ground: what a stand-alone installation brings. What takes more is a module
    of its own that no other part of the key layer imports, but for the process that puts them together."""
    allowed = set(sys.stdlib_module_names) | {"keyturn", "msgspec"}
    extra = {
        "keyturn.database.postgres": {"asyncpg"},
        "keyturn.database.postgres_transfer": {"asyncpg"},
        "keyturn.limiting.shared": {"redis"},
        "keyturn.leaks.github": {"cryptography"},
        "keyturn.connections.answering": {"uvicorn"},
        "keyturn.connections.protocol": {"uvicorn", "httptools"},
        "keyturn.connections.handshake": {"uvicorn"},
        "keyturn.connections.server": {"uvicorn"},
        "keyturn.suffixes": {"publicsuffixlist"},
        "keyturn.http.serving": {"uvicorn", "uvloop"},
        "keyturn.cli": {"typer"},
        "keyturn.testing.contract": {"pytest"},
    }
    together = {
        ("keyturn.database.opening", "keyturn.database.postgres"),
        ("keyturn.database.postgres_transfer", "keyturn.database.postgres"),
        ("keyturn.database.transfer", "keyturn.database.postgres_transfer"),
        ("keyturn.connections.protocol", "keyturn.connections.answering"),
        ("keyturn.connections.handshake", "keyturn.connections.protocol"),
        ("keyturn.connections.server", "keyturn.connections.handshake"),
        ("keyturn.connections.server", "keyturn.connections.protocol"),
        ("keyturn.http.serving", "keyturn.connections.server"),
        ("keyturn.http.serving", "keyturn.limiting.shared"),
        ("keyturn.http.serving", "keyturn.leaks.github"),
        ("keyturn.cli", "keyturn.http.serving"),
        ("keyturn.keys.restrictions", "keyturn.suffixes"),
    }

    def home(module: str) -> str:
        return "keyturn.cli" if below(module, "keyturn.cli") else module

    wrong = [
        str(edge)
        for edge in edges()
        if below(edge.importer, "keyturn")
        and (
            edge.imported.partition(".")[0] not in allowed | extra.get(home(edge.importer), set())
            or (
                home(edge.imported) in extra
                and home(edge.imported) != home(edge.importer)
                and (home(edge.importer), edge.imported) not in together
            )
        )
    ]
    assert wrong == [], "\n".join(wrong)


def test_a_model_knows_no_records_and_no_operations() -> None:
    """Pure rules stay pure: ``model.py`` reads and writes nothing; ``records.py`` decides nothing."""
    wrong = []
    for edge in edges():
        imported = edge.imported.rpartition(".")[2]
        if edge.importer.endswith(".model") and (
            imported in {"records", "operations"} or below(edge.imported, "tillgate.store", "keyturn.database")
        ):
            wrong.append(str(edge))
        if edge.importer.endswith(".records") and imported == "operations":
            wrong.append(str(edge))
    assert wrong == [], "\n".join(wrong)


def test_there_is_no_circle() -> None:
    """Whatever the floors say: no module is upstream of itself."""
    circles = [
        module
        for module in graph().modules
        if below(module, *PACKAGES) and module in graph().find_upstream_modules(module)
    ]
    assert circles == []


def test_the_graph_is_the_real_one() -> None:
    """A rule that sees nothing proves nothing: known imports are among the edges, with their lines."""
    known = [edge for edge in edges() if edge.importer == "tillgate.app" and edge.imported == "tillgate.settings"]
    assert known
    assert "from tillgate.settings import" in str(known[0])
    assert str(known[0]).startswith("src/tillgate/app.py:")
    assert len(edges()) > 300
    assert file_of("tillgate.base").name == "__init__.py"
