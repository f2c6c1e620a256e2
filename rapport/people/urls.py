"""Addresses of this room."""

from __future__ import annotations

from django.urls import include, path

from rapport.people import live
from rapport.people.pages import account, demo, emergency, invite, join, oauth, settings, staff

urlpatterns = [
    path("more/", account.more, name="people_more"),
    path("account/", account.sign_in, name="people_sign_in"),
    path("account/end-all/", account.end_all, name="people_end_all"),
    path("account/end/<int:began>/", account.end_one, name="people_end_one"),
    path("account/quiet/", account.quiet, name="people_quiet"),
    path("account/factor/", account.factor, name="people_factor"),
    path("account/confirm-email/<str:key>/", account.confirm_email, name="account_confirm_email"),
    path("account/second-step/", include("allauth.mfa.urls")),
    path("account/", include("allauth.account.urls")),
    path("whose/", account.whose, name="people_whose"),
    path("drafts/", account.draft, name="people_draft"),
    path("live/", live.page, name="people_live"),
    path("join/", join.code, name="people_join_code"),
    path("join/about/", join.join, name="people_join"),
    path("join/<str:secret>/", join.link, name="people_join_link"),
    path("invite/", invite.find, name="people_invite_find"),
    path("invite/<str:rid>/", invite.invite, name="people_invite"),
    path("invite/<str:rid>/reset/", staff.reset_patient, name="people_reset_patient"),
    path("staff/", staff.people, name="people_staff"),
    path("staff/<str:rid>/leave/", staff.leave, name="people_staff_leave"),
    path("staff/<str:rid>/reset/", staff.reset, name="people_staff_reset"),
    path("staff/<str:rid>/invite/", staff.invite, name="people_staff_invite"),
    path("absence/", staff.absence, name="people_absence"),
    path("emergency/", emergency.page, name="people_emergency"),
    path("emergency/<str:rid>/end/", emergency.end, name="people_emergency_end"),
    path("emergency/<str:rid>/reviewed/", emergency.reviewed, name="people_emergency_reviewed"),
    path("settings/", settings.settings, name="people_settings"),
    path("demo/", demo.people, name="people_demo"),
    path("demo/become/", demo.become, name="people_demo_become"),
    path("outbox/", demo.outbox, name="people_outbox"),
    path("oauth/token", oauth.token, name="people_token"),
]
