"""Habits of the house that a machine can check."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.house.source import PACKAGES, ROOT, SRC, nodes_of, python_files, texts_of, tracked, tree_of, where
from tillgate.api.errors import ERRORS, FORBIDDEN_CODES  # type: ignore[attr-defined]
from tillgate.opening import all_migrations

# Codes that no API route can raise, so that they have no line in api/errors.py: the dashboard, the buyer's pages
# and the command line word them themselves.
CODES_OF_PAGES = {
    "already_a_member": "inviting",
    "token_refused": "the page inside of a partner's",
    "refresh_failed": "CraftKit's embed sessions",
    "publishes_used_up": "the page inside of a partner's",
    "permission_denied": "the page inside of a partner's",
    "partner_suspended": "CraftKit's embed routes and its page",
    "embed_not_enabled": "CraftKit's embed routes, and commands of embed",
    "embed_enabled": "embed enable, and the page of embed",
    "catalog_not_found": "CraftKit's embed sessions",
    "email_taken": "users create, claiming an instance, and accepting an invitation",
    "forbidden": "the dashboard's default refusal",
    "invalid_loop_key": "templates publish",
    "invalid_signature": "CraftKit's hooks",
    "invalid_token": "CraftKit's hooks",
    "invitation_invalid": "accepting an invitation",
    "password_link_invalid": "setting another password by a mailed link",
    "settings_changed": "the dashboard's settings, which somebody else saved meanwhile",
    "last_owner": "users remove and set-role",
    "no_passkeys_here": "adding a passkey",
    "no_project": "signing in, and commands that need one",
    "no_second_factor": "recovery codes, and turning an app on",
    "own_role": "the page of people",
    "owns_installation": "users remove --project",
    "queue_unavailable": "CraftKit's renders",
    "role_too_high": "inviting, and the page of people",
    "image_not_found": "the editor of templates, and templates images",
    "template_not_found": "CraftKit's templates",
    "version_not_found": "CraftKit's renders",
    "second_factor_exists": "turning an app on",
    "second_step_late": "signing in",
    "setup_link_invalid": "claiming an instance",
    "sign_in_throttled": "signing in",
    "signed_out": "changing one's own password",
    "too_many_invitations": "inviting",
    "too_many_passkeys": "adding a passkey",
}

# Where SQL may be written.
SQL_HOMES = re.compile(
    r"src/(keyturn/database/\w+|keyturn/stores/\w+|tillgate/.*records|tillgate/checkout/kept"
    r"|tillgate/store/(alone|claiming|idempotency|lists|renormalising|sealing))\.py"
)
SQL = re.compile(
    r"^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s|WITH\s+\w+\s+AS\s)"
)
# Whether the database answers at all is asked where that is told.
SQL_THAT_ASKS_NOTHING = {"SELECT 1"}

FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "services", "service", "manager", "managers", "misc"}


def test_the_migrations_are_numbered_without_a_gap() -> None:
    """Two branches that each took the next number were merged without a conflict, and no server started any more."""
    assert [one.house for one in all_migrations()]


def test_only_the_settings_read_the_environment() -> None:
    """One reader in each house, so that ``tillgate doctor`` can list everything that is set, and tests can set it."""
    wrong = []
    for path in python_files(*(SRC / package for package in PACKAGES)):
        if path in (SRC / "tillgate/settings.py", SRC / "keyturn/settings.py"):
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv"}:
                wrong.append(where(path, node))
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                names = {alias.name for alias in node.names}
                if names & {"environ", "environb", "getenv", "putenv"}:
                    wrong.append(where(path, node))
    # Running a child process with a clean environment is not reading settings from it.
    assert [one for one in wrong if not one.startswith("src/tillgate/cli/demo")] == []


def test_only_one_place_of_the_command_lines_prints() -> None:
    """``say`` and ``note`` escape what a terminal acts upon: a key's name could clear the screen of who lists it."""
    wrong = [
        where(path, node)
        for path in python_files(*(SRC / package for package in PACKAGES))
        if path.name != "output.py" or path.parent.name != "cli"
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "print")
            or (isinstance(node.func, ast.Attribute) and node.func.attr in {"echo", "secho"})
        )
    ]
    assert wrong == []


def raised_codes() -> dict[str, list[str]]:
    """Every error code in the source, and where: ``code="…"`` of a call, and ``default_code = "…"``."""
    found: dict[str, list[str]] = {}
    for path in python_files(SRC / "tillgate"):
        for node in nodes_of(path):
            values: list[ast.expr | None] = []
            if isinstance(node, ast.Call):
                values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Name) and target.id == "default_code" for target in targets):
                    values = [node.value]
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.setdefault(value.value, []).append(where(path, node))
    return found


def test_every_error_code_is_in_the_table() -> None:
    """A code that is raised has a status, a type and a meaning in api/errors.py, or is a page's own."""
    unknown = {
        code: places for code, places in raised_codes().items() if code not in ERRORS and code not in CODES_OF_PAGES
    }
    assert unknown == {}


def test_every_code_of_the_table_is_raised() -> None:
    """The documentation explains no error that cannot happen."""
    told_elsewhere = {
        node.value
        for path in python_files(SRC / "tillgate/api", SRC / "tillgate/access")
        for node in nodes_of(path)
        if isinstance(node, ast.Subscript | ast.Constant | ast.Call) and isinstance(node, ast.Constant)
        if isinstance(node.value, str)
        if path.name not in ("errors.py", "error_pages.py")
    }
    in_errors = {
        node.args[0].value
        for node in ast.walk(tree_of(SRC / "tillgate/api/errors.py"))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_answer"
        if isinstance(node.args[0], ast.Constant)
    }
    refusals = set(FORBIDDEN_CODES.values())  # one for each reason that the key layer gives
    assert set(ERRORS) - set(raised_codes()) - told_elsewhere - in_errors - refusals == set()


def test_the_pages_own_codes_are_raised_too() -> None:
    """The list above is no place to hide."""
    assert set(CODES_OF_PAGES) - set(raised_codes()) == set()
    assert not set(CODES_OF_PAGES) & set(ERRORS)


def test_every_statement_lives_with_its_noun() -> None:
    """SQL is in ``records.py``, the key store, the ground, the sealing, the lock, the claim, the lists, and with kept
    forms."""
    wrong = []
    for path in python_files(*(SRC / package for package in PACKAGES)):
        if SQL_HOMES.fullmatch(path.relative_to(ROOT).as_posix()):
            continue
        wrong += [
            where(path, node) for node, text in texts_of(path) if SQL.match(text) and text not in SQL_THAT_ASKS_NOTHING
        ]
    assert wrong == []


def test_statements_are_found_at_all() -> None:
    """The rule above sees the statements that there are."""
    path = SRC / "tillgate/checkout/sessions/records.py"
    assert sum(bool(SQL.match(text)) for _, text in texts_of(path)) >= 5


def public_packages() -> list[str]:
    return [
        ".".join(path.parent.relative_to(SRC).parts)
        for path in sorted(SRC.rglob("__init__.py"))
        if any(
            isinstance(node, ast.Assign | ast.AnnAssign) and "__all__" in ast.unparse(node)
            for node in tree_of(path).body
        )
    ]


@pytest.mark.parametrize("name", public_packages())
def test_what_is_public_is_a_list(name: str) -> None:
    """``__all__`` is sorted as ruff sorts it, without repetition, and holds exactly what the package brings in."""
    package = importlib.import_module(name)
    listed = list(package.__all__)
    # Constants, then classes, then the rest, each by name: the order of isort, which ruff keeps (RUF022).
    kind = {one: 0 if one.isupper() else 1 if one[:1].isupper() else 2 for one in listed}
    assert listed == sorted(set(listed), key=lambda one: (kind[one], one))
    assert [one for one in listed if not hasattr(package, one)] == []
    path = SRC.joinpath(*name.split(".")) / "__init__.py"
    brought = {
        alias.asname or alias.name
        for node in tree_of(path).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in PACKAGES
        for alias in node.names
    }
    made = {node.name for node in tree_of(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own = {one for one in made if not one.startswith("_")}
    # A package whose only content is functions of its own may use what it imports and offer none of it.
    missing = (brought if not own else set()) - set(listed)
    assert missing == set()
    assert own <= set(listed)


def test_no_file_is_named_after_nothing() -> None:
    """A file is named after what is in it: no utils, common, helpers, services, manager."""
    wrong = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.suffix in {".py", ".ts", ".js"} and FORBIDDEN_NAMES & {*path.relative_to(ROOT).parts[:-1], path.stem}
    ]
    assert wrong == []


def test_every_module_and_public_part_says_what_it_promises() -> None:
    """A docstring each: modules, public classes, and public functions at the top of a module outside of the routes."""
    wrong = []
    for path in python_files(*(SRC / package for package in PACKAGES)):
        tree = tree_of(path)
        if not ast.get_docstring(tree):
            wrong.append(where(path, tree))
        # A route's function says what it does by its declaration: its summary and its types.
        routes = path.parent in (SRC / "tillgate/api", SRC / "tillgate/dashboard", SRC / "tillgate/pages")
        for node in tree.body:
            if routes and not isinstance(node, ast.ClassDef):
                continue
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if not node.name.startswith("_") and not ast.get_docstring(node):
                wrong.append(f"{where(path, node)} {node.name}")
    assert wrong == []


SECRETS = {
    "API key": re.compile(r"ck_(?:live|test)_[0-9A-Za-z]{32}"),
    "webhook secret": re.compile(r"whsec_[0-9A-Za-z+/]{32}"),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "Stripe key": re.compile(r"[sr]k_live_[0-9A-Za-z]{16,}"),
    "AWS key": re.compile(r"AKIA[0-9A-Z]{16}"),
    "GitHub token": re.compile(r"gh[pousr]_[0-9A-Za-z]{36}"),
    "URL with a password": re.compile(r"postgres(?:ql)?://[\w.-]+:[^@\s/{}…*]+@"),
}


@pytest.mark.spec("crypto-checkout R65")
def test_no_secret_is_kept_under_version_control() -> None:
    """R65: nothing that looks like a key, a token or a user's password is in any tracked file but tests and docs."""
    wrong = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("tests/", "docs/", "src/tillgate/static/vendor/")) or name == "README.md":
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for kind, pattern in SECRETS.items():
            for match in pattern.finditer(text):
                # user:password@host is how a manual writes it.
                if match[0] not in ("postgresql://user:password@", "postgres://user:password@"):
                    wrong.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {kind}")
    assert wrong == []


def test_no_path_of_anybodys_machine_is_kept() -> None:
    """Home folders, and where this very tree lies, mean nothing to others."""
    ours = "|".join(re.escape(f"{folder}/") for folder in (ROOT, Path.home()) if folder.name)
    pattern = re.compile(rf"(?<![\w.])/(?:home|Users)/[a-z]\w+/|(?<![\w.])(?:{ours})\.?\w")
    wrong = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".ico", ".webp", ".woff2", ".lock"}:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        wrong += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert wrong == []


def test_many_dependencies_are_given_by_name() -> None:
    """At most four arguments of a constructor are told apart by their place: two of one type are swapped unseen."""
    wrong = [
        f"{where(path, method)}: {made.name} takes {len(method.args.args) - 1} by place"
        for path in python_files(*(SRC / package for package in PACKAGES))
        for made in nodes_of(path)
        if isinstance(made, ast.ClassDef)
        for method in made.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__" and len(method.args.args) > 5
    ]
    assert wrong == []
