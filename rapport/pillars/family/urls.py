"""Addresses of family and team."""

from django.urls import path

from rapport.pillars.family.pages import common, helping, meetings, news, todos

urlpatterns = [
    path("family/", common.first, name="family"),
    path("family/<str:rid>/help/", helping.calendar, name="family_help"),
    path("family/<str:rid>/help/new/", helping.ask, name="family_ask"),
    *(
        path(f"family/<str:rid>/help/<str:need>/{verb}/", helping.move, {"verb": verb}, name=f"family_{verb}")
        for verb in helping.VERBS
    ),
    path("family/<str:rid>/meetings/", meetings.meetings, name="family_meetings"),
    path("family/<str:rid>/meetings/new/", meetings.call, name="family_call"),
    path("family/<str:rid>/meetings/<str:meeting>/", meetings.meeting, name="family_meeting"),
    path("family/<str:rid>/meetings/<str:meeting>/summary/", meetings.sum_up, name="family_sum_up"),
    path("family/<str:rid>/meetings/<str:meeting>/off/", meetings.call_off, name="family_call_off"),
    path("family/<str:rid>/news/", news.news, name="family_news"),
    path("family/<str:rid>/news/new/", news.report, name="family_report"),
    path("family/<str:rid>/news/<str:update>/back/", news.take_back, name="family_news_back"),
    path("family/<str:rid>/tasks/", todos.todos, name="family_tasks"),
    path("family/<str:rid>/tasks/new/", todos.plan, name="family_plan"),
    path("family/<str:rid>/tasks/<str:task>/done/", todos.tick, name="family_done"),
    path("family/<str:rid>/tasks/<str:task>/off/", todos.drop, name="family_drop"),
]
