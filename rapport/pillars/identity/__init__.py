"""Who is who: records that may be of one person, joined by a person, and split again."""
