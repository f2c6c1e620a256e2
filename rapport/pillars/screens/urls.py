"""Addresses of screens."""

from django.urls import path

from rapport.pillars.screens import pages

urlpatterns = [
    path("checks/", pages.checks, name="checks"),
    path("checks/begin/", pages.begin, name="check_begin"),
    path("checks/of/<str:rid>/", pages.of, name="checks_of"),
    path("checks/of/<str:rid>/order/", pages.order, name="check_order"),
    path("checks/of/<str:rid>/<str:answers>/", pages.answers, name="check_answers"),
    path("checks/of/<str:rid>/<str:order>/end/", pages.end, name="check_end"),
    path("checks/of/<str:rid>/<str:task>/take/", pages.take, name="check_take"),
    path("checks/of/<str:rid>/<str:task>/done/", pages.look_done, name="check_done"),
    path("checks/<str:rid>/", pages.check, name="check"),
    path("checks/<str:rid>/answer/", pages.answer, name="check_answer"),
    path("checks/<str:rid>/finish/", pages.finish, name="check_finish"),
]
