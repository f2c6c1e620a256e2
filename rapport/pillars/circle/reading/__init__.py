"""The circle as it is shown, what somebody sees of a record, and who has looked: frozen, through the door."""

from rapport.pillars.circle.reading.looks import Look, look, looks
from rapport.pillars.circle.reading.members import Line, Member, Part, as_seen_by, member, members, shared

__all__ = ["Line", "Look", "Member", "Part", "as_seen_by", "look", "looks", "member", "members", "shared"]
