"""Addresses of conversations."""

from django.urls import path

from rapport.pillars.conversations.pages import (
    acts,
    alerts,
    answers,
    files,
    listing,
    paper,
    settling,
    staff_writing,
    talking,
    verbs,
    writing,
)

urlpatterns = [
    path("answers/", answers.answers, name="answers"),
    path("messages/", listing.messages, name="messages"),
    path("messages/new/", writing.new, name="message_new"),
    path("messages/new/questions/", writing.look, name="message_look"),
    path("messages/record/", staff_writing.record, name="message_record"),
    path("messages/file/<str:rid>/", files.file, name="message_file"),
    path("messages/undelivered/<str:rid>/", settling.settle, name="undelivered"),
    path("messages/<str:rid>/", talking.conversation, name="conversation"),
    path("messages/<str:rid>/paper/", paper.paper, name="conversation_paper"),
    path("messages/<str:rid>/opened/", talking.opened, name="conversation_opened"),
    path("messages/<str:rid>/more/", writing.more, name="conversation_more"),
    path("messages/<str:rid>/more/questions/", writing.look, name="conversation_look"),
    path("messages/<str:rid>/confirm/", verbs.confirm, name="conversation_confirm"),
    path("messages/<str:rid>/not-yet/", verbs.not_yet, name="conversation_not_yet"),
    path("messages/<str:rid>/take/", verbs.take, name="conversation_take"),
    path("messages/<str:rid>/draft/", alerts.draft, name="conversation_draft"),
    path("messages/<str:rid>/coach/", alerts.coach, name="conversation_coach"),
    path("messages/<str:rid>/alert/", alerts.take, name="conversation_alert"),
    path("messages/<str:rid>/seen-to/", alerts.see_to, name="conversation_seen_to"),
    path("messages/<str:rid>/reading/", alerts.tell, name="conversation_reading"),
    path("messages/<str:rid>/answer/", verbs.answer, name="conversation_answer"),
    path("messages/<str:rid>/versions/", acts.versions, name="conversation_versions"),
    *(
        path(
            f"messages/<str:rid>/{verb}/",
            acts.act,
            {"verb": verb},
            name=f"conversation_{verb.replace('-', '_')}",
        )
        for verb in acts.ACTS
    ),
]
