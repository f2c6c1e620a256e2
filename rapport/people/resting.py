"""Somebody died: whatever counts, reminds or writes to them rests, and wakes as it was if that was a mistake.

It follows the Patient resource, whoever writes it: a page, `/fhir`, an import. Nothing is ended. The tags by
which clocks and inboxes find Tasks become tags of another system; e-mails and notices stay where they are
and are not sent; the account is closed. To undo it is to rename, to open, and to send what still waits.
"""

from __future__ import annotations

from typing import Any, Final

from rapport.gate import guards, jobs
from rapport.gate.door import Door
from rapport.people import actors, statements
from rapport.people.models import fresh_epoch

Body = dict[str, Any]

#: Systems of tags by which clocks and inboxes find a Task → the system under which they rest.
TAGS: Final = {
    "urn:rapport:clock": "urn:rapport:resting:clock",
    "urn:rapport:inbox": "urn:rapport:resting:inbox",
}
#: Tasks that are changed at once, and how often.
BATCH, MOST = 200, 200
#: Under which Rapport does so.
NAME = "bereavement"
ACTOR: Final = f"Device/rapport-{NAME}"


def died(body: Body) -> bool:
    """Whether a Patient resource says that the person died."""
    if body.get("resourceType") != "Patient":
        return False
    return body.get("deceasedBoolean") is True or "deceasedDateTime" in body


def rests(conn: statements.Conn, ref: str) -> bool:
    """Whether this is a patient of whom the record says that they died."""
    rtype, _, rid = ref.partition("/")
    record = actors.system_door(conn).find(rtype, rid) if rtype == "Patient" else None
    return record is not None and died(record.json)


def register() -> None:
    """Follow every write that says so, or takes it back."""
    guards.register(guards.Guard("somebody died", died, follow=_follow, types=frozenset({"Patient"})))


def _follow(door: Door, before: Body | None, after: Body | None) -> None:
    if before is None or after is None or died(before) == died(after):
        return
    ref, own = f"Patient/{after['id']}", door.rapport(NAME)
    if died(after):
        _rename(own, ref, TAGS)
        statements.close_account(door.conn, ref, fresh_epoch())
        return
    _rename(own, ref, {rests: wakes for wakes, rests in TAGS.items()})
    statements.open_account(door.conn, ref, fresh_epoch())
    jobs.later(door.conn, "people.gather", person=ref)
    for mail in statements.mails_that_wait(door.conn, ref):
        jobs.later(door.conn, "people.send", mail=mail)


def _rename(own: Door, patient: str, systems: dict[str, str]) -> None:
    """Give the tags of somebody's Tasks other systems; until none is left."""
    query = [
        ("patient", patient),
        ("_tag", ",".join(f"{system}|" for system in systems)),
        ("_count", str(BATCH)),
    ]
    for _ in range(MOST):
        found = own.search("Task", query).matches
        for record in found:
            meta = record.json["meta"]
            tags = [{**tag, "system": systems.get(tag["system"], tag["system"])} for tag in meta["tag"]]
            own.update({**record.json, "meta": {**meta, "tag": tags}})
        if not found:
            return
    raise RuntimeError("Tasks take their tags back as soon as they are at rest")
