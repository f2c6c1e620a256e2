"""A way in for family and friends: a patient invites them by e-mail, and they use the link once.

Who has no account makes one, with the address that the link went to. Who has one already signs in and takes
the new patient on: one account, several people.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.people import events, invitations, mail, standings
from rapport.people.models import Invitation, Notice, Standing, User

#: Open invitations of one patient at a time.
MOST_OPEN = 10


def invite(door: Door, person: str, name: str, email: str, language: str = "") -> Invitation:
    """Send `RelatedPerson/…` a link; only their patient may. Says the same whether the address is known."""
    if door.actor.kind != "patient" or not person.startswith("RelatedPerson/"):
        raise not_found()
    email = email.strip().lower()
    if not mail.can_send():
        raise Refused("rule", _("This site can send no e-mail yet."), _("Ask your team to invite them."))
    if EmailAddress.objects.filter(user__person=door.actor.ref, email__iexact=email).exists():
        raise Refused(
            "rule", _("This is your own address."), _("Each person needs their own: ask them for theirs.")
        )
    waiting = Invitation.objects.filter(by=door.actor.ref, used_at=None, ended_at=None)
    if waiting.filter(expires_at__gt=timezone.now()).exclude(person=person).count() >= MOST_OPEN:
        raise Refused("rule", _("Many invitations are open already."), _("Wait until some are used."))
    new = Invitation(person=person, name=name, email=email, language=language, by=door.actor.ref)
    return invitations.invite(new)[0]


def end(person: str, by: str) -> None:
    """Nobody gets in by an open invitation of this person any more, and nothing that waits is sent."""
    now = timezone.now()
    ended = Invitation.objects.filter(person=person, used_at=None, ended_at=None).update(ended_at=now)
    Notice.objects.filter(person=person, done_at=None).update(done_at=now)
    if ended:
        events.note("invitation-ended", person=person, by=by)


def take_on(invitation_id: int, user: User, request: Any = None) -> str:
    """Somebody signed in accepts for the account they have: the `RelatedPerson/…` they now stand for, too.

    The invitation must have gone to an address that they proved.
    """
    with transaction.atomic():
        row = Invitation.objects.select_for_update().get(pk=invitation_id)
        if row.used_at or row.ended_at or row.expires_at <= timezone.now():
            raise Refused("rule", _("This invitation is over. Ask for a new one."))
        if not theirs(row, user):
            raise Refused("rule", _("The invitation went to another e-mail address than yours."))
        known = standings.user_of(row.person)
        if known is not None and known.pk != user.pk:
            raise Refused("rule", _("Someone else has joined with this invitation."))
        if known is None:
            Standing.objects.create(user=user, person=row.person)
        row.used_at = timezone.now()
        row.save(update_fields=["used_at"])
        events.note("joined", person=row.person, by=user.person, request=request)
    return str(row.person)


def theirs(row: Invitation, user: User) -> bool:
    """Whether an invitation of the family went to an address that this account proved."""
    if user.is_staff_member or not row.person.startswith("RelatedPerson/"):
        return False
    proven = EmailAddress.objects.filter(user=user, email__iexact=row.email, verified=True)
    return bool(proven.exists())


def state_of(persons: list[str]) -> dict[str, str]:
    """Of these people: "joined" who has a way in, "invited" who was sent one that is still open."""
    now = timezone.now()
    rows = Invitation.objects.filter(person__in=persons, used_at=None, ended_at=None, expires_at__gt=now)
    found = dict.fromkeys(rows.values_list("person", flat=True), "invited")
    joined = User.objects.filter(person__in=persons, is_active=True).values_list("person", flat=True)
    also = Standing.objects.filter(person__in=persons, user__is_active=True).values_list("person", flat=True)
    return found | dict.fromkeys([*joined, *also], "joined")
