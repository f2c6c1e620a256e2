"""The `rapport` command: what it accepts, what it refuses, and the code it ends with."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rapport.serving import checks
from rapport.serving.access import shape
from rapport.serving.checks import Unfit
from rapport.serving.cli import OWN, ROOMS, _leading


def rapport(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rapport.serving.cli", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("words", [(), ("dance",), ("run", "--port", "many"), ("health", "--prt", "1")])
def test_wrong_use_ends_with_two(words: tuple[str, ...]) -> None:
    done = rapport(*words)
    assert done.returncode == 2
    assert "usage: rapport" in done.stderr


def test_help_names_every_command() -> None:
    done = rapport("--help")
    assert done.returncode == 0
    for name in (*OWN, *ROOMS):
        assert name in done.stdout


def test_words_for_all_commands_may_stand_first() -> None:
    assert _leading(["--data-dir", "x", "--json", "staff", "add"]) == (["--data-dir", "x", "--json"], "staff")
    assert _leading(["--data-dir=x", "check"]) == (["--data-dir=x"], "check")
    assert _leading([]) == ([], "")


def test_health_of_nothing_is_down() -> None:
    done = rapport("health", "--port", "9", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["status"] == "down"


@pytest.mark.slow
def test_a_database_of_its_own_from_making_to_checking(own_place: Path) -> None:
    first, again = (rapport("migrate", "--data-dir", str(own_place), "--json", DATABASE_URL="") for _ in "12")
    assert json.loads(first.stdout)["applied"], first.stderr
    assert json.loads(again.stdout) == {"applied": []}
    checked = rapport("--data-dir", str(own_place), "check", DATABASE_URL="")
    assert (checked.returncode, checked.stdout.strip()) == (0, "Everything agrees."), checked.stderr
    for words, told in (
        (("check", "--repair"), {"faults": [], "mended": 0, "left": []}),
        (("reindex", "--afresh"), {"looked": 0, "mended": 0}),
        (("package", "list"), {"packages": []}),
    ):
        done = rapport(*words, "--json", "--data-dir", str(own_place), DATABASE_URL="")
        assert (done.returncode, json.loads(done.stdout)) == (0, told), done.stderr
    demo = rapport("demo", "--data-dir", str(own_place), "--port", "0", DATABASE_URL="")
    assert demo.returncode == 1 and "was not made by `rapport demo`" in demo.stderr
    https = {"RAPPORT_BASE_URL": "https://care.example.org", "DATABASE_URL": ""}
    run = rapport("run", "--data-dir", str(own_place), "--port", "0", **https)
    assert run.returncode == 1 and "RAPPORT_PROXY=1" in run.stderr
    secrets = own_place / "secrets.env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    secrets.chmod(0o644)
    refused = rapport("check", "--data-dir", str(own_place), DATABASE_URL="")
    assert refused.returncode == 1 and f"chmod 600 {secrets}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "words",
    [("token", "amina@example.org"), ("staff", "list"), ("settings", "show"), ("client", "list"), ("check",)],
)
def test_who_looks_for_a_database_makes_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = rapport(*words, DATABASE_URL="", RAPPORT_DATA_DIR=str(tmp_path / "typo"))
    assert done.returncode == 1 and f"There is no database in {tmp_path / 'typo'}" in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []


def test_help_of_a_room_makes_nothing(tmp_path: Path) -> None:
    done = rapport("token", "--help", "--data-dir", str(tmp_path / "new"), DATABASE_URL="")
    assert done.returncode == 0 and "--hours" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_said(own_place: Path) -> None:
    done = rapport("migrate", "--data-dir", str(own_place), DATABASE_URL="postgresql://127.0.0.1:9/none")
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "proxy", "outcome"),
    [
        ("http://127.0.0.1:8000", False, ""),
        ("http://localhost", False, ""),
        ("https://care.example.org", True, ""),
        ("http://care.example.org", False, "in clear"),
        ("https://care.example.org", False, Unfit),
        ("https://care.example.org/rapport", True, Unfit),
        ("care.example.org", False, Unfit),
    ],
)
def test_the_address_is_checked_at_the_start(url: str, proxy: bool, outcome: str | type[Unfit]) -> None:
    if not isinstance(outcome, str):
        with pytest.raises(outcome):
            list(checks.address(url, behind_proxy=proxy))
    else:
        assert outcome in " ".join(checks.address(url, behind_proxy=proxy))


def test_mail_that_cannot_leave_is_said() -> None:
    assert "No mail server" in " ".join(checks.mail("", 0))
    assert "does not answer" in " ".join(checks.mail("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/fhir/Patient/123", "fhir/Patient/*"),
        ("/fhir/Patient/123/_history/4", "fhir/Patient/*/_history/*"),
        ("/fhir", "fhir"),
        ("/health", "health"),
        ("/no/such/page", "-"),
    ],
)
def test_a_log_line_holds_no_id(path: str, seen: str) -> None:
    assert shape(path) == seen


def test_the_pages_do_not_start_on_a_key_that_everybody_knows() -> None:
    hidden = ("RAPPORT_SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    done = subprocess.run(
        [sys.executable, "-c", "import rapport.config.wsgi"],
        env={name: value for name, value in os.environ.items() if name not in hidden},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0 and "RAPPORT_SECRET_KEY is not set" in done.stderr
