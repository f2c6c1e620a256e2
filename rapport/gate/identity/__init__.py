"""Two records of one person, and one record of two people (ADR 19).

wording   the text of a resource as another person's, and back
moving    the one way in which things move
joining   merge, undo, and what is written to a replaced record meanwhile
splitting entries that belong to somebody else
pairs     who may be the same person, who is not
"""
