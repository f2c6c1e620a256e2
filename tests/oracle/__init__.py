"""Search done the plain way, slow and obviously right: the yardstick of the store's search.

places     what a search expression of R4 finds in a resource
spans      dates, numbers and amounts as R4 says they stand for ranges
matching   one value of a query against what was found
searching  whole queries over a list of resources
worlds     random resources that refer to each other
asking     random queries whose values come from the resources

Of the product only the tables of definitions are used (`rapport.fhir.table`, `rapport.fhir.own`): the raw
search parameters, the elements of each type, the codes of value sets.
"""
