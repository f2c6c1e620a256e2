"""Addresses of who is who."""

from django.urls import path

from rapport.pillars.identity import pages

urlpatterns = [
    path("identity/", pages.people, name="identity"),
    path("identity/<int:number>/undo/", pages.undo, name="identity_undo"),
    path("identity/split/<str:rid>/", pages.split, name="identity_split"),
    path("identity/pair/<str:one>/<str:other>/", pages.pair, name="identity_pair"),
    path("identity/pair/<str:one>/<str:other>/join/", pages.join, name="identity_join"),
    path("identity/pair/<str:one>/<str:other>/apart/", pages.apart, name="identity_apart"),
]
