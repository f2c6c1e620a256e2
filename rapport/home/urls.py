"""Addresses of home."""

from django.urls import path

from rapport.home.pages import asking, care, day, inbox, people

urlpatterns = [
    path("", day.first, name="home"),
    path("day/", day.day, name="day"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("looked/<int:number>/ask/", asking.ask, name="looked_ask"),
    path("people/", people.people, name="people"),
    path("people/<str:rid>/", people.glance, name="person"),
    path("people/<str:rid>/care/", care.give, name="person_care"),
    path("people/<str:rid>/<str:what>/", people.whole, name="person_all"),
]
