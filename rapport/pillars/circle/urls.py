"""Addresses of the circle."""

from django.urls import path

from rapport.pillars.circle import pages

urlpatterns = [
    path("circle/", pages.circle, name="circle"),
    path("circle/invite/", pages.invite, name="circle_invite"),
    path("circle/<str:rid>/", pages.member, name="circle_member"),
    path("circle/<str:rid>/pause/", pages.pause, name="circle_pause"),
    path("circle/<str:rid>/end/", pages.end, name="circle_end"),
    path("circle/<str:rid>/again/", pages.again, name="circle_again"),
]
