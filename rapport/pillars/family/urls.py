"""Addresses of family and team."""

from django.urls import path

from rapport.pillars.family.pages import common, helping

urlpatterns = [
    path("family/", common.first, name="family"),
    path("family/<str:rid>/help/", helping.calendar, name="family_help"),
    path("family/<str:rid>/help/new/", helping.ask, name="family_ask"),
    *(
        path(f"family/<str:rid>/help/<str:need>/{verb}/", helping.move, {"verb": verb}, name=f"family_{verb}")
        for verb in helping.VERBS
    ),
]
