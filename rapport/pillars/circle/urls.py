"""Addresses of the circle."""

from django.urls import path

from rapport.pillars.circle.pages import access, looking, sharing, shutting

urlpatterns = [
    path("access/<str:rid>/", access.access, name="access"),
    path("access/<str:rid>/law/", access.law, name="access_law"),
    path("access/<str:rid>/law/<str:consent>/end/", access.end_law, name="access_law_end"),
    path("looked/", looking.looked, name="looked"),
    path("circle/", sharing.circle, name="circle"),
    path("circle/invite/", sharing.invite, name="circle_invite"),
    path("circle/not/", shutting.shut_out, name="circle_not"),
    path("circle/not/<str:staff>/", shutting.shut, name="circle_not_one"),
    path("circle/not/<str:staff>/again/", shutting.again, name="circle_not_again"),
    path("circle/private/", sharing.private, name="circle_private"),
    path("circle/<str:rid>/", sharing.member, name="circle_member"),
    path("circle/<str:rid>/pause/", sharing.pause, name="circle_pause"),
    path("circle/<str:rid>/end/", sharing.end, name="circle_end"),
    path("circle/<str:rid>/again/", sharing.again, name="circle_again"),
]
