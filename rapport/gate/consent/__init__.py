"""FHIR Consent as access.

words      the codes that can be read
reading    one provision as limits, boxes (`boxes`)
regions    a Consent as what it opens and what it closes
authority  what parents, guardians and agents may do by law; `ages`: birthdays that change it
rows       boxes as rows of the database
compiling  all of it in the transaction that writes a Consent

All but `compiling` is pure.
"""
