"""Addresses of goals."""

from django.urls import path

from rapport.pillars.plans import pages

urlpatterns = [
    path("goals/", pages.own, name="goals"),
    path("goals/<str:rid>/", pages.goals, name="goals_of"),
    path("goals/<str:rid>/new/", pages.say, name="goal_say"),
    path("goals/<str:rid>/<str:goal>/accept/", pages.accept, name="goal_accept"),
    path("goals/<str:rid>/<str:goal>/reached/", pages.reached, name="goal_reached"),
    path("goals/<str:rid>/<str:goal>/steps/", pages.steps, name="goal_steps"),
    *(
        path(f"goals/<str:rid>/<str:goal>/{verb}/", pages.why, {"verb": verb}, name=f"goal_{verb}")
        for verb in pages.WHY
    ),
]
