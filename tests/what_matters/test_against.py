"""What goes against somebody's words: pairs that must be said, pairs that stay silent, no word made up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.pillars.what_matters.rules.against import Against, Order, against, may_be_against, rules
from rapport.pillars.what_matters.shapes import KINDS, Entry
from tests.personas import AMINA

AT = datetime(2026, 6, 15, tzinfo=UTC)
MEDICINE, SERVICE, VISIT = "MedicationRequest", "ServiceRequest", "Appointment"
PROPOSAL, PLAN = "Goal", "CarePlan"


class Pair(NamedTuple):
    """What was said (about a kind), and what is planned (of a type, at an hour)."""

    kind: str
    said: str
    rtype: str
    ordered: str
    hour: int = 14


def found(pair: Pair) -> tuple[Against, ...]:
    entry = Entry("e", pair.kind, pair.said, AMINA, AMINA, "Amina", AT, True)
    order = Order("o", pair.rtype, pair.ordered, AT.replace(hour=pair.hour))
    told = against([entry], [order])
    assert may_be_against(order) or not told  # the quick look never misses what the rules find
    return told


#: The name of the rule that must speak, for each.
SAID: list[tuple[str, Pair]] = [
    ("needles", Pair("worry", "I faint when I see a needle.", MEDICINE, "Insulin glargine, subcutaneous")),
    ("needles", Pair("please-not", "No injections if there is a tablet", MEDICINE, "Vitamin B12 injection")),
    ("needles", Pair("talk", "Blood tests frighten me", SERVICE, "Full blood count, venepuncture")),
    ("needles", Pair("worry", "Me dan pánico las agujas", SERVICE, "Análisis de sangre")),
    ("needles", Pair("please-not", "Pas de piqûre, s’il vous plaît", SERVICE, "Prise de sang à jeun")),
    (
        "declined",
        Pair("unwilling", "A blood transfusion, whatever happens", SERVICE, "Transfusion of red cells"),
    ),
    ("declined", Pair("unwilling", "Dialysis", SERVICE, "Haemodialysis, three times a week")),
    (
        "declined",
        Pair("wishes", "No feeding tube at the end", SERVICE, "Percutaneous endoscopic gastrostomy"),
    ),
    ("declined", Pair("unwilling", "No night in hospital if there is a way", SERVICE, "Admission to ward 4")),
    ("declined", Pair("unwilling", "Moving to a nursing home", SERVICE, "Referral to nursing home")),
    ("declined", Pair("unwilling", "More chemotherapy", MEDICINE, "Carboplatin AUC 5")),
    ("declined", Pair("wishes", "No breathing machine", SERVICE, "Intubation and ventilation")),
    ("declined", Pair("unwilling", "Statins. They hurt my legs", MEDICINE, "Atorvastatin 40 mg")),
    ("declined", Pair("please-not", "Nothing with morphine in it", MEDICINE, "Morphine sulfate 10 mg")),
    ("declined", Pair("unwilling", "Antidepressants", MEDICINE, "Sertraline 50 mg")),
    ("declined", Pair("unwilling", "Quimioterapia otra vez", SERVICE, "Ciclo de quimioterapia")),
    ("declined", Pair("unwilling", "Une dialyse", SERVICE, "Hémodialyse")),
    ("fasting", Pair("important", "I fast in Ramadan", MEDICINE, "Amoxicillin, three times a day")),
    ("fasting", Pair("talk", "En ramadán hago ayuno", MEDICINE, "Ibuprofeno, tres veces al día")),
    ("fasting", Pair("please", "Je jeûne pendant le ramadan", MEDICINE, "Metformine, à midi")),
    ("nights", Pair("talk", "I work nights at the bakery", VISIT, "Asthma review", 9)),
    ("nights", Pair("good-day", "After night shifts I sleep till two", VISIT, "Blood pressure check", 10)),
    ("nights", Pair("talk", "I work nights", MEDICINE, "Melatonin 2 mg at bedtime")),
    ("driving", Pair("important", "I drive a bus and must stay clear", MEDICINE, "Zopiclone 7.5 mg")),
    ("driving", Pair("worry", "Soy camionero", MEDICINE, "Diazepam 5 mg")),
    ("driving", Pair("talk", "I don’t drive any more", VISIT, "Scan. Please come by car")),
    (
        "interpreter",
        Pair("talk", "Arabic for hard news, with an interpreter", VISIT, "Scan results with Dr Chen"),
    ),
    ("interpreter", Pair("please", "Necesito un intérprete", VISIT, "Consulta de resultados")),
    ("times", Pair("please-not", "Don’t ring before ten", VISIT, "Phone call", 9)),
    ("times", Pair("talk", "No visits before 11, please", VISIT, "Home visit", 10)),
    ("times", Pair("please-not", "Rien avant dix heures", VISIT, "Consultation", 8)),
    ("phone", Pair("talk", "I hear nothing on the phone: write", VISIT, "Telephone review")),
    ("arm", Pair("please-not", "No blood from my left arm", SERVICE, "Blood pressure, left arm")),
    ("animals", Pair("please-not", "Nothing with pork in it", MEDICINE, "Pancreatin capsules")),
    ("animals", Pair("talk", "I am vegan, medicines too", MEDICINE, "Enoxaparin 40 mg")),
    ("declined", Pair("unwilling", "Statins", PROPOSAL, "Try atorvastatin again, at half the dose")),
    ("needles", Pair("worry", "Needles make me faint", PLAN, "Flu vaccination. A walk every day")),
]

SILENT = [
    Pair("worry", "I am not afraid of needles", MEDICINE, "Insulin glargine, subcutaneous"),
    Pair("worry", "I faint when I see a needle", MEDICINE, "Ramipril 5 mg tablets"),
    Pair("good-day", "Knitting with my old needles", SERVICE, "Full blood count, venepuncture"),
    Pair("please-not", "No blood from my left arm", SERVICE, "Venepuncture, right arm"),
    Pair("unwilling", "Dialysis", SERVICE, "Kidney ultrasound"),
    Pair("willing", "Dialysis, if it comes to that", SERVICE, "Haemodialysis"),
    Pair("unwilling", "Dialysis is fine for a while", SERVICE, "Blood count"),
    Pair("unwilling", "I am willing to try dialysis", SERVICE, "Haemodialysis"),
    Pair("worry", "My neighbour is on dialysis", SERVICE, "Haemodialysis"),
    Pair("unwilling", "Statins", MEDICINE, "Nystatin oral drops"),
    Pair("unwilling", "Statins", MEDICINE, "Ezetimibe 10 mg"),
    Pair("unwilling", "No night in hospital", SERVICE, "Referral to physiotherapy"),
    Pair("important", "The hospital garden was lovely", SERVICE, "Admission to ward 4"),
    Pair("unwilling", "More chemotherapy", SERVICE, "Mammogram"),
    Pair("please-not", "Nothing with morphine", MEDICINE, "Paracetamol 500 mg"),
    Pair("unwilling", "Antidepressants", MEDICINE, "Levothyroxine 50 micrograms"),
    Pair("important", "I fast in Ramadan", MEDICINE, "Ramipril, once a day in the evening"),
    Pair("important", "I no longer fast in Ramadan", MEDICINE, "Amoxicillin, three times a day"),
    Pair("important", "We eat together after the fast", MEDICINE, "Amoxicillin, three times a day"),
    Pair("talk", "I work nights at the bakery", VISIT, "Asthma review", 15),
    Pair("talk", "I used to work nights", VISIT, "Asthma review", 9),
    Pair("talk", "I work days", MEDICINE, "Melatonin 2 mg at bedtime"),
    Pair("important", "I drive a bus", MEDICINE, "Amoxicillin 500 mg"),
    Pair("important", "I don’t drive", MEDICINE, "Zopiclone 7.5 mg"),
    Pair("talk", "I don’t drive", VISIT, "Scan, ground floor"),
    Pair("talk", "With an interpreter, please", VISIT, "Scan results, interpreter booked"),
    Pair("talk", "I need no interpreter", VISIT, "Scan results"),
    Pair("talk", "With an interpreter, please", MEDICINE, "Ramipril 5 mg"),
    Pair("please-not", "Don’t ring before ten", VISIT, "Phone call", 10),
    Pair("please-not", "Don’t ring before ten", VISIT, "Phone call", 16),
    Pair("talk", "I hear nothing on the phone", VISIT, "Review at the clinic"),
    Pair("talk", "The phone is best", VISIT, "Telephone review"),
    Pair("important", "A ham sandwich on Sundays", MEDICINE, "Pancreatin capsules"),
    Pair("please-not", "No pork, but medicines are fine", MEDICINE, "Pancreatin capsules"),
    Pair("helps", "Open the window. Count the boats", VISIT, "Scan results"),
    Pair("unwilling", "Statins", PROPOSAL, "Cook without salt twice a week"),
    Pair("talk", "I work nights", PROPOSAL, "A walk in the morning", 9),
    Pair("talk", "With an interpreter, please", PLAN, "A walk every day. Weigh yourself"),
]


@pytest.mark.parametrize(("rule", "pair"), SAID, ids=lambda value: getattr(value, "said", value))
def test_it_is_said(rule: str, pair: Pair) -> None:
    one = found(pair)
    assert [each.rule for each in one] == [rule]
    assert one[0].said and one[0].said in pair.said and one[0].ordered in pair.ordered


@pytest.mark.parametrize("pair", SILENT, ids=lambda value: value.said)
def test_it_stays_silent(pair: Pair) -> None:
    assert found(pair) == ()


def test_the_table_is_large_enough() -> None:
    assert len(SAID) + len(SILENT) >= 60 and len(SILENT) * 2 >= len(SAID) + len(SILENT)
    assert {rule for rule, _ in SAID} == {rule.name for rule in rules()}


def test_what_was_taken_out_says_nothing() -> None:
    entry = Entry("e", "unwilling", "Dialysis", AMINA, AMINA, "Amina", AT, stands=False)
    assert against([entry], [Order("o", SERVICE, "Haemodialysis")]) == ()


def test_kinds_and_types_are_known() -> None:
    for rule in rules():
        assert rule.kinds <= set(KINDS) and rule.types <= {MEDICINE, SERVICE, VISIT}


words = st.text(max_size=300)


@given(
    st.sampled_from(KINDS),
    words,
    st.sampled_from([MEDICINE, SERVICE, VISIT, PROPOSAL, PLAN]),
    words,
    st.integers(0, 23),
)
def test_any_text_is_read_and_no_word_is_made_up(
    kind: str, said: str, rtype: str, ordered: str, hour: int
) -> None:
    for one in found(Pair(kind, said, rtype, ordered, hour)):
        assert one.said in said and one.ordered in ordered
