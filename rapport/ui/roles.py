"""Roles of staff and of family as records name them, said in the reader's language where we know them."""

from django.utils.translation import gettext, gettext_noop

KNOWN = frozenset(
    (
        gettext_noop("nurse"),
        gettext_noop("GP"),
        gettext_noop("doctor"),
        gettext_noop("front desk"),
        gettext_noop("social worker"),
        gettext_noop("midwife"),
        gettext_noop("pharmacist"),
        gettext_noop("physiotherapist"),
        gettext_noop("psychologist"),
        gettext_noop("operator"),
        gettext_noop("staff"),
        gettext_noop("patient"),
        gettext_noop("son"),
        gettext_noop("daughter"),
        gettext_noop("mother"),
        gettext_noop("father"),
        gettext_noop("wife"),
        gettext_noop("husband"),
        gettext_noop("partner"),
        gettext_noop("sister"),
        gettext_noop("brother"),
        gettext_noop("friend"),
        gettext_noop("carer"),
        gettext_noop("nephew"),
        gettext_noop("niece"),
        gettext_noop("neighbour"),
        gettext_noop("privacy officer"),
    )
)


def role_said(role: str) -> str:
    """The role in the reader's language; as the record has it where we do not know the word."""
    return gettext(role) if role in KNOWN else role
