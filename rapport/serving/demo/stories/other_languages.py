"""Stories told in Spanish, French and Arabic."""

from __future__ import annotations

from rapport.pillars.conversations import actions
from rapport.serving.demo.stage import Stage
from rapport.serving.demo.stories.who import (
    CHEN,
    CHLOE,
    DARA,
    ELODIE,
    JONAS,
    LEILA,
    MARIA,
    SOFIA,
    TOMAS,
    YUSUF,
)


def tomas(on: Stage) -> None:
    """Urgent words: marked by who saw them first, waiting at the top of the inbox."""
    told = on.starts(
        TOMAS,
        on.lately(48),
        "health",
        "Las pastillas no me ayudan. No duermo y en el trabajo no puedo pensar.\n\nYa no veo la salida.",
        ["Ya no veo la salida.", "¿Cuánto tardan las pastillas en ayudar?"],
    )
    with on.acting(SOFIA, on.lately(44)) as door:
        reason = "He writes that he sees no way out. Somebody rings him now."
        actions.mark_urgent(door, concern=told.concerns[0], urgent=True, reason=reason)


def leila(on: Stage) -> None:
    """In French, to two teams. One question with a colleague who is away and covered."""
    told = on.starts(
        LEILA,
        on.day(1, "06:20"),
        "health",
        "Bonjour. La cicatrice tire quand je prends Noor dans mes bras. Quand puis-je la porter sans "
        "craindre pour les points ? La nuit je pleure parfois sans savoir pourquoi.",
        ["Quand puis-je porter Noor avec les points ?", "La nuit je pleure parfois sans savoir pourquoi."],
        "La cicatrice, et les nuits",
    )
    on.takes(DARA, on.day(1, "08:31"), *told.concerns)
    answer = on.answers(
        DARA,
        on.day(1, "09:40"),
        told,
        [told.concerns[1]],
        "Chère Leila, merci de l’avoir écrit. Ces larmes sont fréquentes après une naissance, et vous "
        "n’êtes pas seule avec elles. Je viens vous voir demain, et nous en parlons au calme. Si cela "
        "devient trop lourd avant, appelez le 116 123, jour et nuit.",
    )
    on.opens(LEILA, on.day(1, "10:05"), answer)
    on.promises(DARA, on.day(1, "09:45"), told, "Dara vient vous voir chez vous", on.coming(1, "11:00"))
    form = on.starts(
        LEILA,
        on.day(1, "13:00"),
        "home",
        "Le formulaire pour l’allocation demande une signature de la clinique. Qui peut signer ?",
        ["Qui peut signer le formulaire ?"],
    )
    on.takes(JONAS, on.day(1, "15:00"), form.concerns[0])


def chloe(on: Stage) -> None:
    """In French, all heard: the conversation is done, and thanks start no clock."""
    told = on.starts(
        CHLOE,
        on.day(9, "16:45"),
        "health",
        "Je siffle pendant le sport. Est-ce que je prends le bleu avant ou après ?",
        ["Est-ce que je prends l’inhalateur bleu avant ou après le sport ?"],
        "L’inhalateur et le sport",
    )
    on.takes(DARA, on.day(8, "09:00"), told.concerns[0])
    answer = on.answers(
        DARA,
        on.day(8, "09:20"),
        told,
        told.concerns,
        "Avant, Chloé : deux bouffées un quart d’heure avant le sport. Et garde-le sur toi pendant. Si tu "
        "en as besoin plus de trois fois par semaine, écris-moi.",
    )
    on.opens(CHLOE, on.day(8, "16:30"), answer)
    on.confirms(CHLOE, on.day(8, "16:31"), told.concerns[0])
    on.adds(CHLOE, on.day(8, "16:33"), told, "Merci, ça m’aide beaucoup !")


def maria(on: Stage) -> None:
    """In Spanish: a promise kept, one broken with its reason, one open; one question waits for her yes."""
    told = on.starts(
        MARIA,
        on.day(2, "21:15"),
        "health",
        "Los sofocos no me dejan dormir y estoy agotada. ¿Puedo dejar la pastilla un tiempo? Además cuido "
        "de mi madre y ya no llego a todo.",
        ["¿Puedo dejar la pastilla un tiempo?", "Cuido de mi madre y ya no llego a todo."],
        "Los sofocos, y mi madre",
    )
    tablet, mother = told.concerns
    on.takes(CHEN, on.day(1, "09:00"), tablet)
    with on.acting(DARA, on.day(1, "09:30")) as door:
        actions.assign(
            door,
            concern=mother,
            to="PractitionerRole/jonas-weber-help-at-home",
            reason="She needs help with the care of her mother: that is Jonas.",
        )
    call = on.promises(CHEN, on.day(1, "09:05"), told, "La doctora Chen la llama", on.day(1, "17:00"))
    with on.acting(CHEN, on.day(1, "17:30")) as door:
        actions.break_promise(door, promise=call, words="Hubo una urgencia. La llamo mañana a las nueve.")
    again = on.promises(
        CHEN, on.day(1, "17:32"), told, "La doctora Chen la llama a las nueve", on.day(0, "09:30")
    )
    with on.acting(CHEN, on.day(0, "09:25")) as door:
        actions.keep_promise(door, promise=again)
    on.answers(
        CHEN,
        on.day(0, "09:40"),
        told,
        [tablet],
        "Querida María José: como hablamos, no la deje de golpe. Tómela por la noche y anote los sofocos dos "
        "semanas. Si siguen igual, cambiamos a otra.",
    )
    on.promises(
        JONAS, on.day(0, "09:44"), told, "Jonas pregunta por ayuda para su madre", on.coming(2, "12:00")
    )


def yusuf(on: Stage) -> None:
    """In Arabic, right to left, with the team's note on the interpreter."""
    told = on.starts(
        YUSUF,
        on.day(1, "20:40"),
        "health",
        "السلام عليكم. الصداع يأتي كل يوم تقريبا، والدواء لا يكفي. هل أستطيع أن آخذ حبة ثالثة؟\n\n"
        "في الليل أحلم بالحرب وأستيقظ وقلبي يدق بسرعة.",
        ["هل أستطيع أن آخذ حبة ثالثة؟", "في الليل أحلم بالحرب وقلبي يدق بسرعة."],
        "الصداع والنوم",
    )
    on.takes(CHEN, on.day(0, "08:21"), *told.concerns)
    note = "Interpreter booked (Arabic, a man, as he asked). He may mean the fear more than the headache."
    on.notes(CHEN, on.day(0, "08:30"), told, note)


def elodie(on: Stage) -> None:
    """An answer that never got its yes is closed as "no reply" after two reminders; then the team writes."""
    told = on.starts(
        ELODIE,
        on.day(20, "10:00"),
        "results",
        "Que veut dire « CRP un peu haute » dans mes résultats ?",
        ["Que veut dire « CRP un peu haute » ?"],
    )
    on.takes(CHEN, on.day(20, "11:00"), told.concerns[0])
    on.answers(
        CHEN,
        on.day(19, "09:15"),
        told,
        told.concerns,
        "C’est un signe d’inflammation. Avec votre arthrite c’est attendu, et c’est plus bas qu’en été.",
    )
    for back in (15, 11, 3):
        on.clock(on.day(back, "12:00"), told.concerns[0])
    with on.acting(CHEN, on.day(2, "09:00")) as door:
        actions.close_with_reason(door, concern=told.concerns[0], reason="no-reply", words="")
    with on.acting(SOFIA, on.day(1, "10:30")) as door:
        actions.start_for(
            door,
            once=on.once(),
            patient="Patient/elodie-dubois",
            topic="visits",
            title="Votre prise de sang",
            text="Bonjour Madame Dubois, votre prise de sang est prévue dans trois semaines à 16 h. Est-ce "
            "que cette heure vous va ?",
        )
