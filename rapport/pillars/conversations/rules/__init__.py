"""What may become of a conversation and its concerns, and when. Pure: time and people are passed in."""

from rapport.pillars.conversations.rules.clocks import Clocks
from rapport.pillars.conversations.rules.lists import is_late, pressing
from rapport.pillars.conversations.rules.moves import REASONS, STAFF_REASONS
from rapport.pillars.conversations.rules.splitting import suggest
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import RULES, broken

__all__ = ["REASONS", "RULES", "STAFF_REASONS", "Clocks", "Who", "broken", "is_late", "pressing", "suggest"]
