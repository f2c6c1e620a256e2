"""Addresses of corrections."""

from django.urls import path

from rapport.pillars.corrections import pages

urlpatterns = [
    path("corrections/", pages.asked, name="corrections"),
    path("corrections/new/", pages.ask, name="correction_ask"),
    path("corrections/<str:rid>/", pages.one, name="correction"),
    path("corrections/<str:rid>/take/", pages.take, name="correction_take"),
]
