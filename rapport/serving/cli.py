"""`rapport`: one command for all that is done from a terminal.

Exit codes: 0 done, 1 refused or failed (the reason is said), 2 used wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rapport
from rapport.serving.children import obey_parent
from rapport.serving.place import Place, PlaceError, default_data_dir
from rapport.serving.postgres import PostgresError
from rapport.serving.supervisor import CannotServe, Supervisor

#: Commands of the rooms, by the sentence that `rapport --help` shows. Each is a management command there.
ROOMS = {
    "import": "take FHIR bundles, NDJSON or archives of them into the record",
    "settings": "show, check or load the settings of the site",
    "staff": "add the people who work here, or let them go",
    "invite": "invite a patient, by e-mail or by a printed code",
    "client": "add a program that may use /fhir",
    "token": "make a bearer token for a person",
    "content": "install forms that this site may use, such as questionnaires",
    "audit": "verify the log of who looked, or seal it",
    "listening": "score how letters are read here against what people said",
}

#: Those that may begin a new database, as `run`, `demo` and `migrate` do. The others look for one. They work
#: as the owner of the tables, too: only that role may COPY into them.
BEGINNERS = ("import",)

_FLAGS = {"check": ("--repair", "make wrong index rows anew"), "reindex": ("--afresh", "begin anew")}
EPILOG = """\
rooms' commands (each has --help):
""" + "\n".join(f"  {name:10} {text}" for name, text in ROOMS.items())


def parser() -> argparse.ArgumentParser:
    """What can be typed; commands of the rooms take their own arguments."""
    whole = argparse.ArgumentParser(
        prog="rapport",
        description="The relationship between patients, their families and those who care for them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"rapport {rapport.__version__}")
    common = _common()
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("run", "serve people and programs, until ctrl-C"),
        ("demo", "the same with invented people and one-click sign-in"),
    ):
        serve = commands.add_parser(name, help=text, parents=[common], allow_abbrev=False)
        serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        serve.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT") or 8000), help="port (8000)"
        )
    for name, text in (
        ("migrate", "bring the database's schema up to date"),
        ("check", "check that record, index and schema agree"),
        ("reindex", "make the index anew while Rapport serves"),
        ("package", "FHIR packages whose profiles are judged"),
        ("health", "ask a running Rapport how it is"),
        ("worker", "do put-off jobs, on a machine of its own"),
    ):
        own = commands.add_parser(name, help=text, parents=[common], allow_abbrev=False)
        if name == "health":
            own.add_argument("--port", type=int, default=8000)
        elif name in ("check", "reindex"):
            flag, text = _FLAGS[name]
            own.add_argument(flag, action="store_true", help=text)
        elif name == "package":
            own.add_argument("verb", choices=("add", "list", "remove"))
            own.add_argument("what", nargs="?", default="", help="the file (.tgz) to add, the name to remove")
    return whole


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--data-dir", type=Path, metavar="DIR", help="where Rapport keeps its data")
    common.add_argument("--json", action="store_true", help="print results as JSON")
    return common


def serve(options: argparse.Namespace) -> int:
    """`rapport run` and `rapport demo`."""
    demo = options.command == "demo"
    place = _place(options.data_dir, "rapport-demo" if demo else "rapport")
    Supervisor(place, options.host, options.port, demo).run()
    return 0


def migrate(options: argparse.Namespace) -> int:
    """`rapport migrate`."""
    with _place(options.data_dir).database():
        _set_up()
        from rapport.serving.prepare import bring_schema_up

        done = bring_schema_up()
    _say({"applied": done}, f"{len(done)} migrations applied." if done else "Nothing to do.", options)
    return 0


def check(options: argparse.Namespace) -> int:
    """`rapport check`: 0 when nothing is wrong, or all of it was mended."""
    with _begun(options.data_dir).database():
        _set_up()
        from rapport.serving.integrity import checked

        found, text = checked(repair=options.repair)
    _say(found, text, options)
    return 1 if found["left"] else 0


def reindex(options: argparse.Namespace) -> int:
    """`rapport reindex`; stopped and called again, it goes on where it was."""
    place = _begun(options.data_dir)
    with place.database():
        _set_up()
        from rapport.serving import integrity

        found, text = integrity.reindex(place.data_dir, afresh=options.afresh, quiet=options.json)
    _say(found, f"\r{text}", options)
    return 0


def health(options: argparse.Namespace) -> int:
    """`rapport health`: 0 when it answers well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{options.port}/health", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
    except (OSError, ValueError) as error:
        found = {"status": "down", "reason": str(error)}
    _say(found, " ".join(f"{name}: {value}" for name, value in found.items()), options)
    return 0 if found.get("status") == "ok" else 1


def worker(options: argparse.Namespace) -> int:
    """`rapport worker`."""
    with _begun(options.data_dir).database():
        obey_parent()
        from rapport.serving import worker as process

        process.main()
    return 0


def package(options: argparse.Namespace) -> int:
    """`rapport package`; a running Rapport sees the change at once."""
    _begun(options.data_dir)
    _set_up()
    from rapport.gate import packages

    if options.verb == "add":
        packages.add(Path(options.what))
    elif options.verb == "remove":
        packages.remove(options.what)
    names = packages.installed().names
    _say({"packages": list(names)}, "\n".join(names) or "No package is installed.", options)
    return 0


def room(name: str, words: list[str]) -> int:
    """A command of a room, on a database whose schema is current."""
    options, rest = _common().parse_known_args(words)
    typed = ["rapport", name, *rest, *(["--json"] if options.json else [])]
    if {"--help", "-h"} & set(rest):
        return _explain(typed)
    place = _place(options.data_dir) if name in BEGINNERS else _begun(options.data_dir)
    with place.database(as_owner=name in BEGINNERS):
        _set_up()
        from django.core.management import ManagementUtility

        from rapport.serving.prepare import bring_schema_up

        bring_schema_up()
        ManagementUtility(typed).execute()
    return 0


def _explain(typed: list[str]) -> int:
    """`--help` of a room's command: it needs no database and makes nothing."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "rapport.config.settings"
    os.environ.setdefault("RAPPORT_SECRET_KEY", "nothing is signed with it")
    from django.core.management import ManagementUtility

    ManagementUtility(typed).execute()
    return 0


OWN: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": serve,
    "demo": serve,
    "migrate": migrate,
    "check": check,
    "reindex": reindex,
    "health": health,
    "worker": worker,
    "package": package,
}


def _place(given: Path | None, name: str = "rapport") -> Place:
    place = _named(given, name)
    place.prepare()
    return place


def _begun(given: Path | None) -> Place:
    """The place where a database is. PlaceError where there is none: it says where it looked."""
    place = _named(given)
    if not os.environ.get("DATABASE_URL") and not place.begun():
        usual = (default_data_dir(name) for name in ("rapport", "rapport-demo"))
        others = ", ".join(str(one) for one in usual if Place(one).begun())
        raise PlaceError(
            f"There is no database in {place.data_dir}, so nothing was done. "
            + (f"There is one in {others}. " if others else "")
            + "Name its folder with --data-dir, or its address in DATABASE_URL. "
            "`rapport run` begins a new one."
        )
    place.prepare()
    return place


def _named(given: Path | None, name: str = "rapport") -> Place:
    told = given or os.environ.get("RAPPORT_DATA_DIR") or default_data_dir(name)
    return Place(Path(told).expanduser().resolve())


def _set_up() -> None:
    import django

    django.setup()


def _say(found: dict[str, Any], sentence: str, options: argparse.Namespace) -> None:
    print(json.dumps(found) if options.json else sentence)


def _run(words: list[str]) -> int:
    lead, name = _leading(words)
    if name in ROOMS:
        return room(name, [*lead, *words[len(lead) + 1 :]])
    options = parser().parse_args([*words[len(lead) : len(lead) + 1], *lead, *words[len(lead) + 1 :]])
    return OWN[options.command](options)


def _leading(words: list[str]) -> tuple[list[str], str]:
    """`--data-dir DIR` and `--json` may stand before the command, too: those words, and the command."""
    place = 0
    while place < len(words) and (words[place] == "--json" or words[place].startswith("--data-dir")):
        place += 2 if words[place] == "--data-dir" else 1
    return words[:place], words[place] if place < len(words) else ""


def main() -> None:
    """The console script."""
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        text = _explained(error)
        if text is None:
            raise
        code = _failed(text)
    sys.exit(code)


def _explained(error: Exception) -> str | None:
    """What to say of an error that a person can do something about; None for one of ours."""
    import psycopg
    from django.db import OperationalError

    from rapport.fhir.outcomes import Refused

    if isinstance(error, PlaceError | PostgresError | CannotServe):
        return str(error)
    if isinstance(error, Refused):
        return " ".join(filter(None, (error.text, error.next)))
    if isinstance(error, psycopg.OperationalError | OperationalError):
        return f"The database does not answer: {str(error).strip()}"
    return None


def _failed(text: str) -> int:
    if text:
        print(f"rapport: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    main()
