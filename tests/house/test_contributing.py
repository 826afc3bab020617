"""What a contributor is given works: hooks, forms, workflow, the changelog's format, the choice of quick tests."""

import re
import runpy
import subprocess
import tomllib

import pytest
import yaml

from tests import quick
from tests.house.source import ROOT, SRC, python_files

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def test_the_changelog_keeps_its_format() -> None:
    """Newest first, *Unreleased* above all, each section's kinds in one order and each line an entry of one."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    _, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    heads = [section.partition("\n")[0] for section in sections]
    assert heads[0] == "[Unreleased]"
    assert [one for one in heads[1:] if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", one)] == []
    numbers = [tuple(map(int, re.findall(r"\d+", one)[:3])) for one in heads[1:]]
    assert numbers == sorted(numbers, reverse=True)
    for section in sections:
        kinds = re.findall(r"^### (.+)$", section, re.MULTILINE)
        assert kinds == sorted(kinds, key=KINDS.index) and len(kinds) == len(set(kinds)), kinds
        loose = [
            line
            for line in section.partition("\n")[2].splitlines()
            if line and not line.startswith(("- ", "  ", "### "))
        ]
        assert loose == []


def test_the_workflow_runs_what_everybody_can_run() -> None:
    """A fork's CI is .ci/run, with the oldest Python and Node that are promised, and holds no secret."""
    text = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    [job] = yaml.safe_load(text)["jobs"].values()
    assert job["steps"][-1]["run"] == ".ci/run"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert job["container"].startswith(f"python:{project['requires-python'].removeprefix('>=')}-")
    assert "secrets." not in text


def test_every_form_has_a_name_and_says_what_it_is_for() -> None:
    """What the issue tracker shows of a form; one that cannot be read is not shown at all."""
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.md"))
    assert len(forms) >= 2
    for form in forms:
        head = yaml.safe_load(form.read_text("utf-8").split("---\n")[1])
        assert head["name"] and head["about"], form.name


def hooks() -> list[dict[str, str]]:
    told = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    return [hook for repository in told["repos"] for hook in repository["hooks"]]


@pytest.mark.parametrize("hook", [one["id"] for one in hooks() if one["id"] != "documents"])
def test_a_hook_of_pre_commit_does_what_it_says(hook: str) -> None:
    """On a file that is as it should be it has nothing to say. The one about documents is part of this very run."""
    [told] = [one for one in hooks() if one["id"] == hook]
    program, *arguments = told["entry"].split()
    files = ["tests/quick.py"] if told.get("pass_filenames", True) else []
    interpreter = (ROOT / program).parent
    done = subprocess.run(
        [str(interpreter / (ROOT / program).name), *arguments, *files], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_starts_a_process_is_no_quick_test() -> None:
    """Each fixture that the selection knows is one that there is, and none that starts a program is missing."""
    starts = re.compile(r"RunningServer\(|subprocess\.|\.launch\(|running_redis\(|serving\(|started\(")
    there, starting = set(), set()
    for path in python_files(ROOT / "tests"):
        for fixture in re.finditer(
            r"@pytest\.fixture[^\n]*\n(?:async )?def (\w+)\((.*?)(?=\n(?:@|def |async def |class |[A-Z]\w+ )|\Z)",
            path.read_text("utf-8"),
            re.DOTALL,
        ):
            there.add(fixture[1])
            if starts.search(fixture[2]):
                starting.add(fixture[1])
    assert quick.STARTS_A_PROCESS - there == set()
    assert starting - quick.STARTS_A_PROCESS == set()


def test_the_packages_that_coverage_measures_are_all_there_are() -> None:
    """A package that was added is measured, too."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage"]["run"]["source_pkgs"]
    houses = (SRC, ROOT / "sdks/python/src")
    assert sorted(told) == sorted(
        path.name for house in houses for path in house.iterdir() if (path / "__init__.py").exists()
    )


def test_what_make_mutate_names_is_there() -> None:
    """A module or a test that was moved would be left out silently: mutmut takes a pattern that fits nothing."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    named = [*chosen["only_mutate"], *chosen["pytest_add_cli_args_test_selection"]]
    assert [name for name in named if not (ROOT / name).exists()] == []
    report = (ROOT / "docs/tests.md").read_text("utf-8")
    assert [name for name in chosen["only_mutate"] if f"`{name}`" not in report] == []


@pytest.mark.parametrize(
    ("before", "after", "wording"),
    [
        ('raise Conflict("This key is used. Use another.", code="used")', 'raise Conflict(None, code="used")', True),
        ('"a text of a message"', '"XXa text of a messageXX"', True),
        ("{text[:80]!r} is none", "{text[:81]!r} is none", True),
        ('code="used",', 'code="XXusedXX",', False),
        ("if a <= b:", "if a < b:", False),
        ("return Limit(a, b)", "return Limit(None, b)", False),
    ],
)
def test_a_mutant_of_a_message_is_counted_apart(before: str, after: str, wording: bool) -> None:
    """Only where nothing but the text of a message changed; a code, a bound or a value is none."""
    mutate = runpy.run_path(str(ROOT / "scripts/mutate.py"))
    assert mutate["is_wording"]([f"- {before}", f"+ {after}"]) is wording


def test_the_interval_of_a_sample_is_the_one_of_the_textbook() -> None:
    """Wilson's, for 95 %: 15 of 20 are 53 to 89 %, and of none that survived it is still no certainty."""
    interval = runpy.run_path(str(ROOT / "scripts/mutate.py"))["interval"]
    assert [round(end, 3) for end in interval(15, 20)] == [0.531, 0.888]
    assert [round(end, 3) for end in interval(10, 10)] == [0.722, 1.0]


def test_a_run_of_mutants_goes_on_where_it_stopped() -> None:
    """What has a verdict keeps it, a mutant whose tests ran out of time too; survivors are judged again if asked."""
    pending = runpy.run_path(str(ROOT / "scripts/mutate.py"))["pending"]
    codes = {"new": None, "killed": 1, "survived": 0, "timeout": 36, "broken": 3}
    assert pending(codes, again=False) == ["new"]
    assert pending(codes, again=True) == ["new", "survived", "timeout"]
