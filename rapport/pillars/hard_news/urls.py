"""Addresses of hard news."""

from django.urls import path

from rapport.pillars.hard_news.pages import bereavement, calls, hearing

urlpatterns = [
    path("hearing/", hearing.own, name="hearing"),
    path("hearing/<str:rid>/", hearing.hearing, name="hearing_of"),
    path("hearing/<str:rid>/check-in/", hearing.check_in, name="hearing_check_in"),
    path("hearing/<str:rid>/<str:kind>/", hearing.wish, name="hearing_wish"),
    path("hearing/<str:rid>/<str:kind>/out/", hearing.take_out, name="hearing_out"),
    path("bereavement/<str:rid>/", bereavement.bereavement, name="bereavement"),
    path("bereavement/<str:rid>/undo/", bereavement.undo, name="bereavement_undo"),
    path("calls/<str:rid>/", calls.call, name="call"),
    path("calls/<str:rid>/take/", calls.take, name="call_take"),
    path("calls/<str:rid>/not-needed/", calls.not_needed, name="call_not_needed"),
]
