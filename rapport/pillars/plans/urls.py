"""Addresses of goals, plans and days."""

from django.urls import path

from rapport.pillars.plans.pages import charts, days, goals, paper, plans

_ACTIVITY = "goals/<str:rid>/plans/<str:plan>/<str:key>/"

urlpatterns = [
    path("today/", days.own, name="today"),
    path("today/<str:rid>/", days.today, name="today_of"),
    path("today/<str:rid>/tick/", days.tick, name="today_tick"),
    path("today/<str:rid>/missed/", days.missed, name="today_missed"),
    path("today/<str:rid>/times/", days.times, name="today_times"),
    path("barriers/", days.barriers, name="barriers"),
    *(
        path(f"barriers/<str:rid>/<str:task>/{verb}/", days.help_with, {"verb": verb}, name=f"barrier_{verb}")
        for verb in ("take", "settle")
    ),
    path("goals/", goals.own, name="goals"),
    path("goals/<str:rid>/", goals.goals, name="goals_of"),
    path("goals/<str:rid>/paper/", paper.paper, name="goals_paper"),
    path("goals/<str:rid>/new/", goals.say, name="goal_say"),
    path("goals/<str:rid>/charts/", charts.charts, name="goal_charts"),
    path("adherence/<str:rid>/", charts.adherence, name="adherence"),
    path("goals/<str:rid>/templates/", plans.templates, name="plan_templates"),
    path("goals/<str:rid>/templates/<str:template>/", plans.apply, name="plan_apply"),
    path("counter/<str:rid>/", plans.counter_of, name="counter"),
    path(f"{_ACTIVITY}counter/", plans.counter, name="plan_counter"),
    path(f"{_ACTIVITY}decline/", plans.decline, name="plan_decline"),
    *(
        path(f"{_ACTIVITY}{verb}/", plans.answer, {"verb": verb}, name=f"plan_{verb}")
        for verb in plans.ANSWERS
    ),
    path("goals/<str:rid>/<str:goal>/accept/", goals.accept, name="goal_accept"),
    path("goals/<str:rid>/<str:goal>/reached/", goals.reached, name="goal_reached"),
    path("goals/<str:rid>/<str:goal>/steps/", goals.steps, name="goal_steps"),
    *(
        path(f"goals/<str:rid>/<str:goal>/{verb}/", goals.why, {"verb": verb}, name=f"goal_{verb}")
        for verb in goals.WHY
    ),
]
