"""Stories told in English."""

from __future__ import annotations

from rapport.pillars.conversations import actions
from rapport.pillars.conversations.actions import Sent
from rapport.serving.demo.stage import Stage
from rapport.serving.demo.stories.who import AMINA, CHEN, DARA, INGRID, JONAS, KWAME, PETER, PRIYA, SOFIA


def amina(on: Stage) -> None:
    """Three questions in one letter: heard, answered, to be answered; her son rings about a fourth."""
    told = on.starts(
        AMINA,
        on.day(2, "19:52"),
        "health",
        "Since the new water tablet I get dizzy when I stand up. Is that the tablet? And do I still take my "
        "old one in the morning?\n\nMy sister marries in May and I so want to be there. Can I fly? I lie "
        "awake and count my heartbeats.",
        [
            "Is the new water tablet making me dizzy?",
            "Do I still take my old tablet?",
            "Can I fly to my sister’s wedding in May?",
        ],
        "Dizzy, and the wedding in May",
    )
    dizzy, old_tablet, flying = told.concerns
    on.takes(DARA, on.day(1, "08:05"), dizzy, old_tablet)
    on.takes(CHEN, on.day(1, "08:15"), flying)
    on.notes(
        DARA,
        on.day(1, "08:20"),
        told,
        "Her mother died young of her heart. I would ring her, not only write.",
    )
    first = on.answers(
        DARA,
        on.day(1, "11:20"),
        told,
        [old_tablet],
        "No, Amina: the new tablet takes the place of the old one. Please leave the old one out.",
    )
    on.opens(AMINA, on.day(1, "12:10"), first)
    on.confirms(AMINA, on.day(1, "12:12"), old_tablet)
    _promised(on, told)
    on.answers(
        DARA,
        on.day(0, "08:40"),
        told,
        [dizzy],
        "Dizzy when you stand up, and awake counting your heart: that sounds frightening, and I am glad you "
        "told us.\n\nYes, the new tablet can do this in the first two weeks. Sit on the edge of the bed for "
        "a minute before you stand. If you faint or fall, ring us the same hour.",
    )
    _her_son_rings(on, told)


def _promised(on: Stage, told: Sent) -> None:
    on.promises(CHEN, on.day(1, "14:00"), told, "Dr Chen rings you about your scan", on.coming(1, "16:00"))
    page = on.promises(
        DARA, on.day(1, "11:25"), told, "Dara sends the page on water tablets", on.day(1, "17:00")
    )
    with on.acting(DARA, on.day(1, "16:30")) as door:
        actions.keep_promise(door, promise=page)
    on.promises(
        DARA,
        on.day(1, "11:30"),
        told,
        "You bring your blood pressure book",
        on.coming(4, "10:00"),
        by="Patient/amina-haddad",
    )


def _her_son_rings(on: Stage, told: Sent) -> None:
    with on.acting(SOFIA, on.lately(100)) as door:
        actions.record_contact(
            door,
            once=on.once(),
            patient="Patient/amina-haddad",
            topic="visits",
            medium="phone",
            text="Bilal rang: he drives his mother to the nurse. He asks if he may come along into the "
            "room. She likes it when he is there.",
            concerns=["Can I come along to the nurse visit?"],
            conversation=told.conversation,
            caller="RelatedPerson/amina-haddad-bilal",
        )


def ingrid(on: Stage) -> None:
    """Late: taken, not answered, passed on by itself, twice. Both sides see it."""
    told = on.starts(
        INGRID,
        on.day(2, "09:10"),
        "visits",
        "Nobody rang about my hip. They said ten weeks. Am I still on the list? The stairs are hard now.",
        ["Nobody rang about my hip. Am I still on the list?"],
    )
    on.takes(SOFIA, on.day(2, "10:00"), told.concerns[0])
    on.clock(on.day(1, "11:30"), told.concerns[0])
    on.clock(on.day(1, "16:00"), told.concerns[0])


def kwame(on: Stage) -> None:
    """Just raised: nobody has it yet."""
    on.starts(
        KWAME,
        on.lately(75),
        "results",
        "The letter about my mole came. It says “benign”. I looked it up and now I have read too much. Is "
        "that good? Do I have to come back?",
        ["The letter says “benign”. Is that good?", "Do I have to come back?"],
        "The letter about my mole",
    )


def peter(on: Stage) -> None:
    """Answered, and not yet: open again, with what is missing."""
    told = on.starts(
        PETER,
        on.day(3, "18:30"),
        "health",
        "My sugar is high in the mornings. What should I eat in the evening? My wife cooks dumplings and I "
        "do not want to hurt her.",
        ["What should I eat in the evening?"],
        "Sugar in the mornings",
    )
    on.takes(DARA, on.day(2, "08:50"), told.concerns[0])
    on.answers(
        DARA,
        on.day(2, "10:15"),
        told,
        told.concerns,
        "Choose a light supper with fewer starches, Peter, and not later than eight. A short walk after it "
        "helps the sugar come down.",
    )
    on.not_yet(
        PETER,
        on.day(1, "19:05"),
        told.concerns[0],
        "I still don’t know what to eat in the evening. What are fewer starches? Can I have two dumplings?",
    )


def walter(on: Stage) -> None:
    """No account: his daughter rings, the front desk writes it down, and the answer is written down too."""
    with on.acting(SOFIA, on.day(5, "11:10")) as door:
        told = actions.record_contact(
            door,
            once=on.once(),
            patient="Patient/walter-brandt",
            topic="health",
            medium="phone",
            text="His daughter Anna rang. He sleeps all day since the new night tablet. She asks if he "
            "still needs it.",
            concerns=["He sleeps all day. Does he still need the night tablet?"],
            title="Sleepy by day",
            caller="RelatedPerson/walter-brandt-anna",
        )
    on.takes(CHEN, on.day(5, "12:00"), told.concerns[0])
    with on.acting(CHEN, on.day(4, "13:15")) as door:
        actions.answer(
            door,
            once=on.once(),
            conversation=told.conversation,
            concerns=told.concerns,
            text="Rang Anna. We leave the night tablet out for two weeks and see. St Brigid’s House knows.",
            medium="phone",
        )
    with on.acting(CHEN, on.day(4, "13:20")) as door:
        words = "Anna said on the phone that this answers it."
        actions.close_with_reason(door, concern=told.concerns[0], reason="told-us", words=words)
    with on.acting(JONAS, on.day(2, "15:30")) as door:
        actions.record_contact(
            door,
            once=on.once(),
            patient="Patient/walter-brandt",
            topic="home",
            medium="in-person",
            text="Anna came by. The fee for the home went up. Is there help with it?",
            concerns=["Is there help with the fee for the home?"],
            title="The fee for the home",
            caller="RelatedPerson/walter-brandt-anna",
        )


def priya(on: Stage) -> None:
    """A letter corrected, a letter taken back, and a question split by the team."""
    told = on.starts(
        PRIYA,
        on.day(2, "12:30"),
        "health",
        "I took my thyroid tablet with my iron this morning, 20 weeks now. Does that matter, and can I still "
        "travel by train next month?",
        ["Does it matter that I took both, and can I still travel?"],
        "Tablets, and a train",
    )
    with on.acting(PRIYA, on.day(2, "12:41")) as door:
        text = (
            "I took my thyroid tablet with my folic acid this morning, 24 weeks now. Does that matter, and "
            "can I still travel by train next month?"
        )
        actions.correct(door, letter=told.message, text=text)
    wrong = on.adds(PRIYA, on.day(2, "12:50"), told, "Arun, can you get milk on the way home?")
    with on.acting(PRIYA, on.day(2, "12:51")) as door:
        actions.withdraw(door, letter=wrong.message)
    with on.acting(DARA, on.day(2, "14:00")) as door:
        parts = actions.split(
            door,
            once=on.once(),
            concern=told.concerns[0],
            parts=["Does it matter that I took both together?", "Can I still travel by train next month?"],
        )
    on.takes(DARA, on.day(2, "14:02"), *parts)
    on.answers(
        DARA,
        on.day(2, "14:20"),
        told,
        [parts[0]],
        "It does no harm, Priya. Take the thyroid tablet first thing and the other with lunch, then each "
        "works best.",
    )
    on.confirms(PRIYA, on.day(2, "18:10"), parts[0])
    with on.acting(DARA, on.day(1, "11:00")) as door:
        reason = "She has a scan with you this week: better answered once you have seen it."
        chen = "PractitionerRole/dr-mei-chen-harbour-street"
        actions.hand_over(door, concern=parts[1], to=chen, reason=reason)
