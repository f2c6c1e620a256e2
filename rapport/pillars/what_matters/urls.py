"""Addresses of what matters."""

from django.urls import path

from rapport.pillars.what_matters import pages

urlpatterns = [
    path("matters/", pages.own, name="matters"),
    path("matters/<str:rid>/", pages.matters, name="matters_of"),
    path("matters/<str:rid>/go-on/", pages.go_on, name="matters_go_on"),
    path("matters/<str:rid>/reach/", pages.how, name="matters_reach"),
    path("matters/<str:rid>/new/<str:kind>/", pages.write, name="matters_write"),
    path("matters/<str:rid>/<str:entry>/change/", pages.change, name="matters_change"),
    path("matters/<str:rid>/<str:entry>/still/", pages.still_so, name="matters_still"),
    path("matters/<str:rid>/<str:entry>/out/", pages.take_out, name="matters_out"),
    path("matters/<str:rid>/<str:entry>/before/", pages.before, name="matters_before"),
]
