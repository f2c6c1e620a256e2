"""Addresses of family and team."""

from django.urls import path

from rapport.pillars.family.pages import common, helping, news, todos

urlpatterns = [
    path("family/", common.first, name="family"),
    path("family/<str:rid>/help/", helping.calendar, name="family_help"),
    path("family/<str:rid>/help/new/", helping.ask, name="family_ask"),
    *(
        path(f"family/<str:rid>/help/<str:need>/{verb}/", helping.move, {"verb": verb}, name=f"family_{verb}")
        for verb in helping.VERBS
    ),
    path("family/<str:rid>/news/", news.news, name="family_news"),
    path("family/<str:rid>/news/new/", news.report, name="family_report"),
    path("family/<str:rid>/news/<str:update>/back/", news.take_back, name="family_news_back"),
    path("family/<str:rid>/tasks/", todos.todos, name="family_tasks"),
    path("family/<str:rid>/tasks/new/", todos.plan, name="family_plan"),
    path("family/<str:rid>/tasks/<str:task>/done/", todos.tick, name="family_done"),
    path("family/<str:rid>/tasks/<str:task>/off/", todos.drop, name="family_drop"),
]
