"""Every address says who may come. One that is not in the table is refused here, until somebody decides.

`tests/architecture/test_routes.py` lists what is open to visitors; this says who of those signed in finds
a page there. What they find on it is the matrix's to prove.
"""

from __future__ import annotations

import pytest

from tests.architecture.test_routes import PUBLIC
from tests.architecture.test_routes import routes as addresses
from tests.leaks import ways
from tests.leaks.asking import open_page
from tests.leaks.marks import AMINA
from tests.leaks.world import World

#: The beginning of an address → who may come; the longest one that fits counts.
#:   signed in   everybody, each to what is theirs     own    everybody, to their own account
#:   staff       who works here                        patients  each to who sees their own record
WHO = {
    "day/": "signed in",
    "inbox/": "staff",
    "people/": "staff",
    "identity/": "staff",
    "answers/": "staff",
    "messages/": "signed in",
    "messages/record/": "staff",
    "messages/undelivered/": "staff",
    "circle/": "signed in",
    "circle/invite/": "patients",
    "circle/private/": "patients",
    "circle/not/": "patients",
    "circle/<": "patients",
    "looked/": "patients",
    "whose/": "signed in",
    "matters/": "signed in",
    "goals/": "signed in",
    "counter/": "staff",
    "family/": "signed in",
    "hearing/": "signed in",
    "hearing/<str:rid>/check-in/": "staff",
    "bereavement/": "staff",
    "corrections/": "signed in",
    "corrections/new/": "patients",
    "corrections/<str:rid>/take/": "staff",
    "calls/": "signed in",
    "calls/<str:rid>/take/": "staff",
    "calls/<str:rid>/not-needed/": "staff",
    "today/": "signed in",
    "barriers/": "staff",
    "adherence/": "staff",
    "checks/": "signed in",
    "checks/of/": "staff",
    "access/": "staff",
    "more/": "own",
    "account/": "own",
    "drafts/": "own",
    "live/": "signed in",
    "invite/": "staff",
    "staff/": "staff",
    "emergency/": "staff",
    "absence/": "staff",
    "settings/": "staff",
}
#: To whom such a page is not there.
OTHERS = {"staff": ("amina", "eve", "kin-all", "parent"), "patients": ("dara", "kin-all", "operator", "lead")}


def who(path: str) -> str:
    """Who may come to an address; "" where nobody has said."""
    path = path.removeprefix("for/")
    if path in PUBLIC:
        return "visitors"
    if not path:
        return "signed in"
    fits = [beginning for beginning in WHO if path.startswith(beginning)]
    return WHO[max(fits, key=len)] if fits else ""


@pytest.mark.django_db
def test_every_address_says_who_may_come() -> None:
    undecided = sorted({path for path, _ in addresses() if not who(path)})
    assert not undecided, "say in WHO who may come to these"
    unused = {
        beginning for beginning in WHO if not any(path.startswith(beginning) for path, _ in addresses())
    }
    assert not unused, "nothing begins so any more"


@pytest.mark.slow
def test_to_others_the_page_is_not_there(world: World) -> None:
    """Neither to look at nor to send to: the answer is that for an address that never was."""
    ids = ways.theirs(AMINA, world.pages[AMINA.word])
    every = list(ways.pages(ids))
    for audience, others in OTHERS.items():
        closed = [asked for asked in every if who(asked.way) == audience]
        for name in others:
            browser = world.client(name)
            for asked in ways.some(closed, 0, name, least=4):
                assert open_page(browser, asked).status in (404, 405), (name, asked)


@pytest.mark.slow
def test_a_visitor_is_sent_to_sign_in(world: World) -> None:
    browser = world.client("")
    for asked in ways.some(ways.pages(ways.theirs(AMINA, [])), 0, "visitor", least=4):
        if who(asked.way) not in ("visitors", ""):
            said = open_page(browser, asked)
            assert said.status in (301, 302, 401, 403), asked
            assert said.status in (401, 403) or "/account/login/" in said.headers["Location"], asked
