"""What the documents name is there, and what they tell a reader to type is run.

A command that is only compared as text once failed for weeks while every test passed. So each block and each command
in a sentence names the test that runs it, here, or says why none does.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

import keyturn.cli
import keyturn.settings
import tillgate.cli.commands
import tillgate.settings
from tests.house import documents
from tests.house.source import ROOT, SRC, python_files, texts_of, where
from tests.house.test_tests import functions
from tillgate.api.application import ROUTES
from tillgate.dialects.spoken import SPOKEN

BUTTON = SRC / "tillgate/dialects/coin_moebius/button/coin-moebius-buy.js"


class Reason(NamedTuple):
    """Why no test runs it."""

    reason: str


# Section by section; every block of it is run by that test, which takes it from the page.
BLOCKS: dict[tuple[str, str], str | Reason] = {
    ("CONTRIBUTING.md", "Setting up"): Reason("a clone from the network, and a part of this very run"),
    ("docs/releasing.md", ""): Reason("needs the package index, and runs tests itself; docs/releasing.md says when"),
    ("README.md", "Quickstart"): "tests/journeys/test_readme.py::test_the_quickstart_works_as_it_is_written",
    ("README.md", "Without a clone"): "tests/journeys/test_wheels.py::"
    "test_pipx_installs_tillgate_and_the_clients_program_runs",
    ("README.md", "On the command line"): "tests/journeys/test_leaks_guide.py::test_the_readme_names_every_command",
    ("README.md", "Testing it"): Reason("this very run"),
    ("docs/people.md", "Inviting people, and changing what they may do"): "tests/cli/test_people.py::"
    "test_people_are_given_roles_and_removed_from_the_command_line",
    ("docs/architecture.md", "Two packages"): Reason("a drawing"),
    ("docs/going-live.md", "*"): "tests/journeys/test_operating_guides.py::"
    "test_the_guide_to_going_live_works_as_it_is_written",
    ("docs/idempotency.md", "*"): "tests/api/test_idempotency.py::test_the_guides_examples_do_what_it_says",
    ("docs/importing.md", ""): "tests/journeys/test_leaks_guide.py::test_the_guide_to_importing_imports",
    ("docs/keys.md", "*"): "tests/journeys/test_keys_guide.py::test_the_guide_works_as_it_is_written",
    ("docs/keyturn.md", ""): Reason("needs a package index; tests/journeys/test_wheels.py installs the built wheel"),
    ("distributions/keyturn/README.md", ""): Reason("the same"),
    **{
        ("docs/keyturn.md", heading): "tests/journeys/test_keyturn_guide.py::"
        "test_the_guides_story_happens_as_it_is_written"
        for heading in (
            "Start a server",
            "Create a key",
            "Verify it",
            "Monthly quotas",
            "A page for your customers",
            "End it",
        )
    },
    **{
        ("docs/keyturn.md", heading): "tests/journeys/test_keyturn_guide.py::test_the_guides_programs_run"
        for heading in ("Middleware", "Where keys are", "Test what stands behind it", "Proxies")
    },
    **{
        ("docs/keyturn.md", heading): "tests/journeys/test_proxies.py::test_a_proxy_admits_whom_keyturn_knows"
        for heading in ("nginx", "Caddy", "Envoy")
    },
    ("docs/keyturn.md", "Sell access"): "tests/journeys/test_selling_access.py::"
    "test_who_pays_for_the_plan_gets_keys_of_the_api",
    ("docs/keyturn.md", "Traefik"): Reason("no package of Traefik is at hand; the guide says so beside it"),
    ("docs/live.md", "*"): "tests/journeys/test_live_guide.py::test_the_guide_works_as_it_is_written",
    ("docs/production.md", "A service"): Reason("needs root and a package index; the unit is read by systemd in tests"),
    ("docs/containers.md", "Before the first start"): "tests/journeys/test_containers.py::"
    "test_what_the_image_runs_needs_no_more_than_its_volume",
    **{
        ("docs/containers.md", heading): Reason("needs a container engine and images of others; make image runs ours")
        for heading in ("Start", "Back up and upgrade", "Without compose")
    },
    ("docs/keyturn-frameworks.md", "FastAPI"): "tests/journeys/test_frameworks.py::"
    "test_fastapi_is_put_behind_keyturn_by_the_guide",
    ("docs/keyturn-frameworks.md", "*"): "tests/journeys/test_frameworks.py::"
    "test_an_api_behind_nginx_is_put_behind_keyturn_by_the_guide",
    ("docs/leaks.md", "*"): "tests/journeys/test_leaks_guide.py::test_the_guide_to_leaks_ends_and_finds_keys",
    ("docs/dialects/smartpay.md", "*"): "tests/dialects/smartpay/test_clients.py::"
    "test_the_guides_examples_print_what_it_says",
    ("docs/dialects/crossmint.md", "*"): "tests/requirements/test_samples.py::test_the_guides_example_runs",
    ("docs/embedding.md", "*"): "tests/journeys/test_embed.py::"
    "test_a_partners_customer_publishes_a_template_inside_of_its_page",
    ("docs/documents.md", "*"): "tests/cli/test_templates.py::test_the_commands_of_the_guide_work",
    ("docs/money.md", "*"): "tests/journeys/test_readme.py::test_the_guide_to_money_takes_and_gives_back",
    ("docs/keyturn.md", "Back up"): "tests/journeys/test_keyturn_guide.py::test_the_guides_backup_is_restored",
    **{
        ("docs/operating.md", heading): "tests/journeys/test_operating_guides.py::"
        "test_the_guide_to_backups_works_as_it_is_written"
        for heading in ("Backup and restore", "The secret key")
    },
    **{
        ("docs/operating.md", heading): "tests/journeys/test_operating_guides.py::"
        "test_the_guide_to_several_processes_and_hosts_works_as_it_is_written"
        for heading in ("PostgreSQL", "Several processes", "Several hosts", "Upgrade")
    },
    ("docs/command-line.md", "Completion"): Reason("changes the files of whoever runs it"),
    ("docs/command-line.md", "*"): "tests/cli/test_api.py::test_the_guide_works_as_it_is_written",
    ("docs/mail.md", "The mail server"): "tests/cli/test_mail.py::test_doctor_asks_the_mail_server_when_told_to",
    ("docs/mail.md", "Mail that comes back"): "tests/mail/test_returning.py::"
    "test_a_report_that_is_piped_marks_the_mail",
    ("docs/operating.md", "Background jobs"): "tests/cli/test_jobs.py::"
    "test_jobs_are_listed_and_retried_from_the_command_line",
    ("docs/tests.md", "Mutation testing"): Reason("takes half an hour, and changes the code that the tests run"),
    ("docs/performance.md", "What was seen"): Reason("figures, not commands"),
    ("docs/payment-links.md", "*"): "tests/journeys/test_readme.py::test_the_guide_to_payment_links_opens_a_session",
    ("docs/selling.md", "What buyers see of the shop"): "tests/cli/test_project_settings.py::"
    "test_the_commands_of_the_guide_work",
    ("docs/selling.md", "*"): "tests/journeys/test_readme.py::test_the_guide_to_selling_sells",
    ("docs/test-mode.md", "Making a payment happen"): "tests/journeys/test_readme.py::"
    "test_the_quickstart_works_as_it_is_written",
    ("docs/test-mode.md", "Letting time pass"): "tests/journeys/test_readme.py::test_time_passes_as_the_guide_says",
    ("docs/dialects/coin-moebius.md", "*"): "tests/dialects/coin_moebius/test_guide.py::"
    "test_the_guide_works_as_it_is_written",
    ("docs/webhooks.md", "*"): "tests/journeys/test_webhooks_guide.py::test_the_guide_works_as_it_is_written",
    ("sdks/typescript/README.md", "*"): "tests/sdk/test_typescript.py::test_the_quickstart_runs_word_for_word",
    ("sdks/python/README.md", "*"): "tests/client/test_readme.py::test_the_quickstart_runs_word_for_word",
}

NAMED = "tests/journeys/test_named_commands.py::test_a_command_that_a_page_names_does_what_it_is_for"
MAKE = "tests/journeys/test_make.py"

# What stands in a sentence, with options or arguments. A bare name, such as `tillgate requests`, has to exist only.
COMMANDS: dict[str, str | Reason] = {
    "tillgate doctor --check-mail": "tests/cli/test_mail.py::test_doctor_asks_the_mail_server_when_told_to",
    "tillgate doctor --prove": "tests/cli/test_proving.py::test_books_are_proved_and_a_transfer_explained",
    "tillgate transfers explain HASH": "tests/cli/test_proving.py::test_books_are_proved_and_a_transfer_explained",
    "keyturn keys create --help": NAMED,
    "keyturn keys revoke KEY_ID --tree": NAMED,
    "keyturn scan . --history --check": NAMED,
    "keyturn serve --tls-certificate cert.pem --tls-key key.pem": "tests/journeys/test_named_commands.py::"
    "test_the_servers_own_tls_works_as_it_is_written",
    "keyturn serve --uds /run/keyturn/keyturn.sock": "tests/keyturn/test_serving.py::"
    "test_it_listens_on_a_unix_socket_whose_peers_are_trusted_as_unix",
    "ALLOW_DIRTY=1 make release": Reason("needs the package index, and runs tests itself"),
    "make release": Reason("needs the package index, and runs tests itself"),
    "make image": Reason("needs a container engine and the base image"),
    "make newcomer": Reason("needs the package index; tests/journeys/test_newcomer.py holds what it reads"),
    "make coverage": Reason("this very run, measured"),
    "make quick": Reason("a part of this very run"),
    "pre-commit install": Reason("changes the hooks here; tests/house/test_contributing.py runs what they run"),
    "python scripts/screenshots.py": "tests/journeys/test_pictures.py::"
    "test_the_pictures_of_the_readme_can_be_made_again",
    "python scripts/client_docs.py": "tests/client/test_operations.py::test_the_docstrings_say_what_the_api_says",
    "scripts/typescript.sh types": "tests/sdk/test_runtimes.py::"
    "test_the_suite_of_the_client_passes_on_the_oldest_and_the_newest_node",
    "make bench ARGS=--quick": Reason("takes minutes and measures: what it runs is tested in tests/ part by part"),
    "make bench": Reason("takes minutes and measures"),
    'make bench ARGS="--only growth"': Reason("takes minutes and measures"),
    'make bench ARGS="--only chain"': Reason("takes minutes and measures"),
    "make bench ARGS=--help": Reason("takes minutes to install what the bench alone needs"),
    'make bench ARGS="--against ../other-checkout"': Reason("takes minutes, and another checkout"),
    "make demo": f"{MAKE}::test_the_demo_runs_to_its_end_as_the_readme_says",
    "make help": f"{MAKE}::test_make_lists_what_it_can_do",
    "make lint": Reason(".ci/run does it before the tests"),
    "make mutate": Reason("takes half an hour, and changes the code that the tests run"),
    'make mutate ARGS="--only tillgate.base.money*"': Reason("takes minutes, and changes the code that the tests run"),
    'make mutate ARGS="--resume --minutes 30"': Reason("takes minutes, and changes the code that the tests run"),
    'make mutate ARGS="--sample 100 --seed 7"': Reason("takes minutes, and changes the code that the tests run"),
    "make lock": Reason("asks the package index, and changes requirements/"),
    "make lock ARGS=--upgrade": Reason("asks the package index for the newest versions, and changes requirements/"),
    "make ratchet": "tests/bench/test_ratchet.py::test_no_request_takes_more_instructions_than_it_did",
    "make ratchet ARGS=--keep": Reason("writes the figures that the test of the ratchet reads"),
    "make attack": "tests/attacks/test_attacks.py::test_no_attack_on_tillgate_succeeds",
    "make soak ARGS=--live": "tests/soak/test_soak.py::test_live_sessions_outlive_forks_and_a_killed_server",
    "make soak": "tests/soak/test_soak.py::test_killed_servers_and_workers_lose_nothing_and_do_nothing_twice",
    "make test": Reason("this very run"),
    "make up": f"{MAKE}::test_make_up_serves",
    "npm ci && npm run build": "tests/sdk/test_package.py::test_the_package_is_installed_as_its_readme_says",
    "npm install ./sdks/typescript": "tests/sdk/test_package.py::test_the_package_is_installed_as_its_readme_says",
    "npm install @your-org/checkout-sdk@npm:tillgate-client": "tests/sdk/test_package.py::"
    "test_the_package_is_installed_as_its_readme_says",
    "npm install tillgate-client": Reason("needs a registry; tests/sdk/test_package.py installs what was packed"),
    "npm pack NAME@VERSION": Reason("how a vendored file is renewed; it fetches a version that does not exist yet"),
    "pip install 'tillgate[documents]'": Reason("needs a package index"),
    "pip install 'tillgate[postgres]'": Reason("needs a package index"),
    "pip install 'tillgate[valkey]'": Reason("needs a package index"),
    "pip install 'keyturn[postgres]'": Reason("needs a package index"),
    "pip install 'keyturn[valkey]'": Reason("needs a package index"),
    "pip install tillgate-client": Reason("needs an index; tests/journeys/test_wheels.py installs the built wheel"),
    "scripts/version.py 0.2.0": "tests/house/test_distributions.py::test_a_new_version_is_written_everywhere",
    "python -m tillgate.api.reference docs/reference": NAMED,
    "python -m tillgate.dialects.reference docs/reference": NAMED,
    "TILLGATE_WALKS=500 pytest tests/api/test_walk.py": Reason("hours; every run does 15 walks"),
    "tillgate keys explain --request-id req_…": NAMED,
    "tillgate keys usage KEY_ID": NAMED,
    "keyturn keys tag-many --project default --add beta": NAMED,
    "keyturn keys revoke-many --project default --unused 90d --yes": NAMED,
    "tillgate backup FILE": Reason("docs/operating.md has it with a name of a file, and that block is run"),
    "tillgate restore FILE": Reason("docs/operating.md has it with a name of a file, and that block is run"),
    "tillgate documents move --to directory": "tests/documents/test_files.py::test_the_command_moves_files",
    "tillgate jobs retry JOB": "tests/cli/test_jobs.py::test_jobs_are_listed_and_retried_from_the_command_line",
    "tillgate secret-key new": Reason("a block of docs/operating.md is run that begins with it"),
    "tillgate secret-key rotate": Reason("a block of docs/operating.md is run that begins with it"),
    "sqlite3 .backup": Reason("named as what not to use: the log's identity does not change with it"),
    "TILLGATE_GOLDEN=write pytest tests/golden": Reason("writes the answers; tests/golden/test_recording.py compares"),
    "TILLGATE_GOLDEN=write pytest tests/dialects/test_samples.py": Reason("writes the answers that this test compares"),
    "python scripts/upgrade_fixture.py NAME": Reason("makes what tests/upgrades/ opens, once for each release"),
    "tillgate docs build DIR": "tests/api/test_site.py::test_every_link_of_the_site_leads_to_a_file_and_its_anchor",
    "tillgate projects set --logo FILE": ("tests/cli/test_project_settings.py::test_a_logo_is_set_shown_and_removed"),
    "tillgate projects use NAME": "tests/cli/test_an_id_is_enough.py::test_a_project_is_named_listed_and_remembered",
    "tillgate serve --dev": "tests/cli/test_commands.py::test_serve_greets_with_the_addresses_and_the_set_up_link",
    "tillgate serve --workers N": "tests/journeys/test_operating_guides.py::"
    "test_the_guide_to_several_processes_and_hosts_works_as_it_is_written",
    "tillgate audit list --installation": "tests/cli/test_people.py::"
    "test_people_are_given_roles_and_removed_from_the_command_line",
    "tillgate users invite you@example.com --role owner --installation": "tests/cli/test_people.py::"
    "test_people_are_given_roles_and_removed_from_the_command_line",
    "tillgate users reset-2fa EMAIL": "tests/cli/test_people.py::"
    "test_people_are_given_roles_and_removed_from_the_command_line",
    "tillgate users set-password": "tests/cli/test_people.py::"
    "test_people_are_given_roles_and_removed_from_the_command_line",
    "tillgate users create --email you@example.com --password-stdin": "tests/journeys/test_operating_guides.py::"
    "test_the_guide_to_going_live_works_as_it_is_written",
}

# A program says in its first lines how it is run.
EXAMPLES = {
    "examples/keyturn_fastapi.py": "tests/keyturn/test_examples.py::test_an_example_works_as_it_says",
    "examples/keyturn_starlette.py": "tests/keyturn/test_examples.py::test_an_example_works_as_it_says",
    "examples/receiver.py": "tests/journeys/test_readme.py::test_the_quickstart_works_as_it_is_written",
}

# Links out of the repository, which no test follows: the network is not part of the tests.
OUTSIDE = {
    "https://cyclonedx.org": "the standard of bills of materials",
    "https://typst.app/docs/": "the language that templates are written in",
    "https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program": "GitHub's own terms",
    "https://github.com/boxed/mutmut": "a tool that contributors may use",
    "https://keepachangelog.com/en/1.1.0/": "the changelog's format",
    "https://publicsuffix.org": "the list of suffixes under which anybody may register a name",
    "https://pre-commit.com": "a tool that contributors may use",
    "https://semver.org": "how versions are numbered",
    "https://www.rfc-editor.org/rfc/rfc9457": "the standard of problem documents",
    "https://www.standardwebhooks.com": "the standard of signatures",
    "http://127.0.0.1:8080": "the reader's own server",
}


def is_run(block: documents.Block) -> str | Reason | None:
    return BLOCKS.get((block.page, block.heading)) or BLOCKS.get((block.page, "*"))


def test_every_block_of_a_document_is_run_or_says_why_not() -> None:
    """A new block names its test. Pages that are made hold examples of answers, which their own test compares."""
    untold = {
        f"{block.page}: below {block.heading!r}"
        for block in documents.blocks()
        if is_run(block) is None and not documents.made(block.page)
    }
    assert untold == set(), "run it in a test, and name that in BLOCKS"
    there = {(block.page, heading) for block in documents.blocks() for heading in (block.heading, "*")}
    assert [key for key in BLOCKS if key not in there] == [], "no such section has a block any more"


def is_name(command: str) -> bool:
    """Whether it is a command's bare name."""
    words = command.split()
    return words[0] in PROGRAMS and leads_to(words) is not None and all(re.fullmatch("[a-z]+", one) for one in words)


def test_every_command_in_a_sentence_is_run_or_says_why_not() -> None:
    """A new one names its test, as blocks do."""
    named = defaultdict(set)
    for span in documents.commands():
        if not is_name(span.text):
            named[span.text].add(span.page)
    untold = {command: sorted(pages) for command, pages in named.items() if command not in COMMANDS}
    assert untold == {}, "run it in a test, and name that in COMMANDS"
    assert set(COMMANDS) - set(named) == set(), "no page names it any more"


def test_every_example_is_run() -> None:
    """Each program in examples/ names its test."""
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)


def test_every_test_that_is_named_exists() -> None:
    """A test that was renamed runs nothing any more."""
    there = {f"{path.relative_to(ROOT).as_posix()}::{function.name}" for path, function in functions()}
    named = {one for one in (*BLOCKS.values(), *COMMANDS.values(), *EXAMPLES.values()) if isinstance(one, str)}
    assert named - there == set()


def test_a_test_that_runs_a_page_reads_it() -> None:
    """Not a copy of it, which would go its own way."""
    wrong = []
    for (page, _), told in BLOCKS.items():
        if isinstance(told, str):
            text = (ROOT / told.partition("::")[0]).read_text("utf-8")
            if Path(page).name not in text:
                wrong.append(f"{told} does not read {page}")
    assert wrong == []


PROGRAMS: dict[str, Any] = {
    "keyturn": typer.main.get_command(keyturn.cli.app),
    "tillgate": typer.main.get_command(tillgate.cli.commands.app),
}


def leads_to(words: list[str]) -> Any | None:
    """The command that such words name, options and arguments aside; None where there is none."""
    command = PROGRAMS[words[0]]
    for word in words[1:]:
        children: dict[str, Any] = getattr(command, "commands", {})
        if not children:
            return command
        if not re.fullmatch("[a-z]+", word):
            return command
        if word not in children:
            return None
        command = children[word]
    return command


def leaves(command: Any) -> Iterator[Any]:
    children: dict[str, Any] = getattr(command, "commands", {})
    for child in children.values():
        yield from leaves(child)
    if not children:
        yield command


def options(command: Any) -> set[str]:
    """The options of a command, or of all below it."""
    return {"--help"} | {
        name for leaf in (command, *leaves(command)) for one in leaf.params for name in (*one.opts, *one.secondary_opts)
    }


# A command in a text: its program and what follows up to where the sentence goes on.
_WRITTEN = re.compile(r"(?<![\w/.@:-])(tillgate|keyturn)((?: +[^\s`'\";|)(,]+)*)")


def mistakes_in(text: str, sure: bool) -> list[str]:
    """Commands of ours that do not exist, or have no such option. ``sure``: the text is code, not a sentence."""
    wrong = []
    for found in _WRITTEN.finditer(text.replace("\\\n", " ")):
        words = [found[1], *found[2].split()]
        if len(words) == 1:
            continue
        if (command := leads_to(words)) is None:
            if sure:
                wrong.append(f"{' '.join(words)}: there is no such command")
            continue
        if command is PROGRAMS[words[0]] and not sure:
            continue
        for word in words:
            if word.startswith("--") and word.rstrip(".").partition("=")[0] not in options(command):
                wrong.append(f"{' '.join(words)}: it has no {word}")
    return wrong


def test_every_command_that_is_written_anywhere_exists() -> None:
    """In blocks, in sentences, in what the programs print, in their help: subcommands and options are real ones."""
    wrong = []
    for block in documents.blocks():
        if block.language in ("", "sh") and block.page != "docs/architecture.md":
            for line in block.text.replace("\\\n", " ").splitlines():
                wrong += [
                    f"{block.page}: {one}" for one in mistakes_in(line, sure=line.strip().startswith(tuple(PROGRAMS)))
                ]
    for span in documents.spans():
        wrong += [
            f"{span.page}: {one}"
            for one in mistakes_in(span.text, sure=span.text.startswith(("tillgate ", "keyturn ")))
        ]
    for path in python_files(SRC / "tillgate", SRC / "keyturn", ROOT / "examples"):
        for node, text in texts_of(path):
            wrong += [f"{where(path, node)}: {one}" for one in mistakes_in(text, sure=False)]
        for quoted in re.findall(r"`+((?:tillgate|keyturn) [^`]+)`+", path.read_text("utf-8")):
            wrong += [f"{path.relative_to(ROOT)}: {one}" for one in mistakes_in(" ".join(quoted.split()), sure=True)]
    for program, tree in PROGRAMS.items():
        for leaf in leaves(tree):
            for text in (leaf.help or "", *(getattr(one, "help", None) or "" for one in leaf.params)):
                wrong += [f"{program} {leaf.name} --help: {one}" for one in mistakes_in(text, sure=False)]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("tillgate keys lose", True),
        ("make it with: tillgate projects create --nome NAME", False),
        ("keyturn scan --x", True),
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str, sure: bool) -> None:
    """The rule above finds what it is for."""
    assert mistakes_in(text, sure) != []


def test_every_option_in_a_sentence_is_one_of_a_command() -> None:
    """An option alone, such as `--since 2h`, belongs to some command of ours, or of the measurements."""
    known = {name for tree in PROGRAMS.values() for name in options(tree)}
    for program in ("bench/__main__.py", "soak/__main__.py", "attacks/__main__.py", "scripts/mutate.py"):
        known |= set(re.findall(r'"(--[a-z-]+)"', (ROOT / program).read_text("utf-8")))
    # The button's variables are written like options, and are in its script.
    known |= set(re.findall(r"var\((--cm-[a-z-]+)", BUTTON.read_text("utf-8")))
    alone = {(span.page, span.text.split()[0]) for span in documents.spans() if span.text.startswith("--")}
    assert sorted(one for one in alone if one[1] not in known) == []
    assert len(alone) > 20


def test_every_target_of_make_exists() -> None:
    """`make …`, wherever it is set in code."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {(span.page, span.text.split()[1]) for span in documents.spans() if span.text.startswith("make ")}
    named |= {
        (block.page, target)
        for block in documents.blocks()
        for target in re.findall(r"^make ([a-z-]+)", block.text, re.M)
    }
    assert sorted(one for one in named if one[1] not in targets) == []


def test_every_variable_that_is_named_is_read() -> None:
    """A setting that a page names is one that the settings know; the tests' own are read by the tests."""
    known = {one.name for one in tillgate.settings.load().listed} | set(keyturn.settings.VARIABLES)
    for path in python_files(SRC, ROOT / "tests", ROOT / "bench"):
        known |= set(re.findall(r'"((?:TILLGATE|KEYTURN)_[A-Z_]+)"', path.read_text("utf-8")))
    named = {
        (span.page, name)
        for span in documents.spans()
        for name in re.findall(r"\b(?:TILLGATE|KEYTURN)_[A-Z_]+\b", span.text)
    }
    assert sorted(one for one in named if one[1] not in known) == []
    assert len(named) > 30


def test_every_route_in_a_sentence_exists() -> None:
    """`POST /refunds/{id}/settle` and the like are routes of the API, or of a server beside it."""
    beside = "".join(
        path.read_text("utf-8")
        for path in (*python_files(SRC / "keyturn"), SRC / "tillgate/app.py", *(SRC / "tillgate").glob("*.py"))
    )

    def shape(path: str) -> str:
        return re.sub(r"\{\w+\}|<\w+>", "{}", path.partition("?")[0])

    ours = {(route.method, shape(route.path)) for route in ROUTES}
    ours |= {
        (route.method, shape(mount + route.path)) for one in SPOKEN for mount in one.mounts for route in one.routes
    }
    wrong = []
    for span in documents.spans():
        found = re.fullmatch(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)(?: .*)?", span.text)
        if found is None:
            continue
        path = shape(found[2])
        if (found[1], path.removeprefix("/api/v1")) in ours or (found[1], path) in ours:
            continue
        beginning = path.partition("{")[0].rstrip("/")
        if path.startswith("/api/v1") or not (f'"{beginning}"' in beside or f'"{beginning}/' in beside):
            wrong.append(f"{span.page}: {span.text}")
    assert wrong == []


def test_every_link_leads_somewhere() -> None:
    """A file that was moved, a heading that was reworded, a picture that was not committed; and each link out of the
    repository is one that somebody looked at."""
    wrong = []
    for page, target, anchor in documents.links():
        if re.match("https?:", target):
            if target not in OUTSIDE:
                wrong.append(f"{page}: {target} is not in OUTSIDE")
            continue
        there = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        if not there.exists():
            wrong.append(f"{page}: {target}")
        elif anchor and there.suffix == ".md" and anchor not in documents.anchors(there.relative_to(ROOT).as_posix()):
            wrong.append(f"{page}: {target}#{anchor}")
    assert wrong == []
    assert {target for _, target, _ in documents.links()} >= set(OUTSIDE), "no page leads there any more"


# What is made while the product runs or the tests do.
_MADE_LATER = re.compile(r"(\./)?(data|DATA|dist|node_modules)/.*|\./data")


def test_every_path_that_is_named_exists() -> None:
    """`tests/house/` and the like; inside of a package's page, also what lies in the package."""
    roots = (ROOT, SRC, SRC / "tillgate")
    wrong = []
    for page, text in documents.spans():
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", text) or _MADE_LATER.fullmatch(text):
            continue
        if not text.startswith(
            ("src/", "tests/", "docs/", "scripts/", "examples/", "bench/", "soak/", "attacks/", "sdks/", ".")
        ):
            continue
        if not any((root / text).exists() for root in (*roots, (ROOT / page).parent)):
            wrong.append(f"{page}: {text}")
    assert wrong == []
