"""Break the rules of the gate one at a time, and tell which breaks no test notices.

    python tools/mutants.py                              every rule of FILES, judged by TESTS
    python tools/mutants.py --only policy.py --show      what would be broken, and nothing is run
    python tools/mutants.py --tests tests/gate/test_policy.py --every 5

One process sets the tests up once. For each break it forks: the child runs with that one rule broken until a
test fails, those first that noticed the latest breaks. Breaks are made in the syntax tree: a comparison
turned round, a condition left out, a list one entry shorter; and in the words of SQL that the rules are
written in. Needs a system that can fork.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from breaks import FILES, ROOT, Mutant, mutants

#: The quick ones first: most breaks are noticed at once.
TESTS = [
    "tests/gate/consent/test_authority.py",
    "tests/gate/consent/test_consent.py",
    "tests/gate/consent/test_by_law.py",
    "tests/gate/consent/test_asking.py",
    "tests/gate/consent/test_parts.py",
    "tests/gate/test_policy.py",
    "tests/gate/test_granting.py",
    "tests/gate/test_grants.py",
    "tests/gate/test_marks.py",
    "tests/gate/test_rules.py",
    "tests/gate/test_door.py",
    "tests/gate/test_guards.py",
    "tests/people/test_tokens.py",
    "tests/fhir/test_index.py",
    "tests/gate/consent/test_oracle.py",
    "tests/gate/consent/test_closed.py",
    "tests/gate/test_agree.py",
]
_FIRST = "it only tells where to look closer: it is true more often, and the function then says no"
_ANEW = "more Consents are compiled anew, to what they were"
_STRICT = "the lists are of one length by how they are made"
#: Breaks that make no other rule: file, function, what is broken, and why nobody could notice.
SAME: dict[tuple[str, str, str], str] = {
    ("granting.py", "not_held", "SQL '.patient AND h.ends > no': OR"): _FIRST,
    ("granting.py", "not_denied", "SQL 'd.exception AND (d.actor = ': OR"): _FIRST,
    ("granting.py", "not_denied", "SQL ':bigint[])) AND d.actions &': OR"): _FIRST,
    ("granting.py", "not_denied", "SQL 'ND d.actions & ':  | "): _FIRST,
    ("granting.py", "not_denied", "SQL ' <> 0 AND d.patient =': OR"): _FIRST,
    ("granting.py", "not_denied", "SQL '.patient AND d.marked': OR"): _FIRST,
    ("granting.py", "not_denied", "SQL ' <> 0 AND ': OR"): _FIRST,
    ("granting.py", "not_closed", "SQL 'n.exception AND n.actor = A': OR"): _FIRST,
    ("authority.py", "_by_age", "'lower is None' left out"): "who has no lower birthday has no upper one",
    ("boxes.py", "Box.by_claims", "False for True"): _STRICT,
    ("compiling.py", "write", "False for True"): _STRICT,
    ("rows.py", "insert", "False for True"): _STRICT,
    ("rows.py", "_rows", "False for True"): "`around` is read where a resource is named, and none is",
    ("compiling.py", "", "SQL '= %(rtype)s AND r.id IN (SE': OR"): _ANEW,
    ("compiling.py", "", "SQL ' %(active)s AND t.patient =': OR"): _ANEW,
    ("compiling.py", "", "SQL 'patients)s) AND NOT r.delet': OR"): "birthdays of others are read, too",
    (
        "reading.py",
        "_period",
        "True for False",
    ): "whether nothing is all is not asked",
    ("reading.py", "_data_period", "True for False"): "the same",
    ("reading.py", "_reference", "'slash' left out"): "without a slash there is no id, either",
    ("reading.py", "_reference", "2 for 1"): "the first part is the same, however many follow",
    ("regions.py", "_Place.inside", "'self.wide' left out"): "two boxes meet where one of them names nothing",
}
#: Seconds that the tests may take with one rule broken; a break that hangs them is noticed, too.
LONGEST = 240

# ---------------------------------------------------------------- breaking


def module_of(file: str) -> ModuleType:
    return sys.modules[file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")]


def apply(mutant: Mutant) -> None:
    """Break the rule in this process."""
    module = module_of(mutant.file)
    code = compile(mutant.tree, str(ROOT / mutant.file), "exec")
    if mutant.function:
        target: Any = module
        for name in mutant.function.split("."):
            target = vars(target)[name]
        while not isinstance(target, FunctionType):
            target = getattr(target, "__wrapped__", None) or getattr(target, "fget", None) or target.__func__
        target = getattr(target, "__wrapped__", target)
        target.__code__ = _code_of(code, mutant.function)
    else:
        _run_again(module, code)
    for each in list(sys.modules.values()):
        if getattr(each, "__name__", "").startswith("rapport."):
            for value in list(vars(each).values()):
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()


def _code_of(code: CodeType, name: str) -> CodeType:
    first, _, rest = name.partition(".")
    found = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == first)
    return _code_of(found, rest) if rest else found


def _run_again(module: ModuleType, code: CodeType) -> None:
    """Run a whole file anew, and let everybody who took a name from it have the new one."""
    before = dict(vars(module))
    exec(code, vars(module))
    for each in list(sys.modules.values()):
        if getattr(each, "__name__", "").startswith(("rapport.", "tests.")) and each is not module:
            for name, value in list(vars(each).items()):
                if name in before and before[name] is value and name in vars(module):
                    setattr(each, name, vars(module)[name])


# ---------------------------------------------------------------- judging


class Judge:
    """A pytest plugin that runs the collected tests once for each break, each time in a child of its own."""

    def __init__(self, broken: list[Mutant], tests: list[str], until: float) -> None:
        self.tests, self.until = tests, until
        self.broken, self.survivors, self.judged = broken, list[Mutant](), 0
        self.noticed = dict[str, int]()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The quick ones first, as they were named."""
        items.sort(key=lambda item: next(at for at, name in enumerate(self.tests) if name in str(item.path)))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        runtestprotocol(session.items[0], nextitem=session, log=False)  # what the session needs stays
        _let_go()
        if failed := self._child(session, None):
            raise pytest.UsageError(f"the tests fail as they are: {failed}")
        begun = time.monotonic()
        for number, mutant in enumerate(self.broken, 1):
            if time.monotonic() > self.until:
                break
            failed = self._child(session, mutant)
            self.judged += 1
            self.noticed[failed.partition(": ")[0]] = number
            session.items.sort(key=lambda item: -self.noticed.get(item.nodeid, 0))  # neighbours are alike
            if not failed:
                self.survivors.append(mutant)
                print(f"SURVIVED {mutant}", flush=True)
            elif number % 25 == 0:
                print(f"{number} of {len(self.broken)}, {time.monotonic() - begun:.0f} s", flush=True)
        return True

    def _child(self, session: pytest.Session, mutant: Mutant | None) -> str:
        """The test that failed, "" for none."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.write(writing, _first_failure(session, mutant).encode()[:500])
            os._exit(0)
        os.close(writing)
        until = time.monotonic() + LONGEST
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return "it took too long"
            time.sleep(0.02)
        with os.fdopen(reading) as told:
            return told.read()


def _let_go() -> None:
    """Close what a child must not share with others."""
    from django.db import connections

    from rapport.fhir_api import pool

    connections.close_all()
    pool.close()


def _first_failure(session: pytest.Session, mutant: Mutant | None) -> str:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        if mutant is not None:
            apply(mutant)
        for item, nextitem in zip(session.items, [*session.items[1:], session], strict=True):
            for report in runtestprotocol(item, nextitem=nextitem, log=False):
                if report.failed:
                    return f"{item.nodeid}: {report.longreprtext[-200:]}"
    except BaseException as broke:
        return f"{type(broke).__name__}: {broke}"
    return ""


def _same(mutant: Mutant) -> bool:
    name = mutant.file.rpartition("/")[2]
    return any(
        (name, mutant.function) == (file, function) and mutant.what.startswith(what)
        for file, function, what in SAME
    )


def main() -> int:
    """Break, judge, tell."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", default="", help="files whose path ends so, comma between them")
    asked.add_argument("--tests", nargs="*", default=TESTS)
    asked.add_argument("--every", type=int, default=1, help="one break of so many")
    asked.add_argument("--after", type=int, default=0, help="leave out so many: go on where it stopped")
    asked.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    asked.add_argument("--lines", default="", help="only these lines, comma between them")
    asked.add_argument("--show", action="store_true")
    given = asked.parse_args()
    ends = tuple(given.only.split(","))
    broken = [one for file in FILES if file.endswith(ends) for one in mutants(file)]
    broken = [one for one in broken[given.after :: given.every] if not _same(one)]
    if given.lines:
        broken = [one for one in broken if str(one.line) in given.lines.split(",")]
    if given.show:
        print(*broken, len(broken), sep="\n")
        return 0
    judge = Judge(broken, given.tests, time.monotonic() + given.seconds)
    options = ["-q", "-s", "-p", "no:cacheprovider", "--timeout", "0", "-m", "not long"]
    code = pytest.main([*options, *given.tests], plugins=[judge])
    if not judge.judged:
        print("nothing was judged")
        return int(code) or 1
    noticed = judge.judged - len(judge.survivors)
    share = f"{100 * noticed / judge.judged:.1f} %"
    print(f"{noticed} of {judge.judged} noticed ({share}), of {len(broken)}; survivors:")
    print(*judge.survivors, sep="\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
