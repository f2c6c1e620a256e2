"""Each danger is found where it is and left alone where it is not, over the whole corpus."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from rapport.listening import Heard, listen
from rapport.listening.grammar import Finder
from rapport.listening.packs import DATA, LANGUAGES, pack, search
from tests.listening.corpus import HERE, Row, drafts, messages


@cache
def heard(text: str) -> Heard:
    return listen(text)


def flagged(text: str) -> bool:
    return any(flag.status == "present" for flag in heard(text).red_flags)


ROWS = messages()


def test_labels_of_the_corpus_stand_in_its_texts() -> None:
    for row in ROWS:
        for name in ("questions", "concerns", "red_flag_evidence", "decoys"):
            for span in row[name]:
                assert row["text"][span["start"] : span["end"]] == span["text"] != "", row["id"]
        assert bool(row["red_flag_evidence"]) == (row["red_flag"] != "none"), row["id"]


def share(rows: list[Row], found: bool) -> float:
    return sum(flagged(row["text"]) is found for row in rows) / len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_dangers_are_found_and_harmless_messages_left_alone(language: str) -> None:
    own = [row for row in ROWS if row["language"] == language]
    assert share([row for row in own if row["red_flag"] != "none"], True) >= 0.95
    assert share([row for row in own if row["red_flag"] == "none"], False) >= 0.95


def test_a_danger_is_found_under_its_own_name_mostly() -> None:
    dangers = [row for row in ROWS if row["red_flag"] != "none"]
    right = sum(heard(row["text"]).level == row["red_flag"] for row in dangers)
    assert right / len(dangers) >= 0.85


def test_every_rule_has_three_messages_that_it_reads_and_three_decoys() -> None:
    """A decoy is a harmless message written against the rule, or one in which the rule's words stand."""
    read: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in ROWS:
        own = pack(row["language"])
        words = own.split(row["text"])
        found = search(own.dangers, Finder(words, own.lexicon.find(words)))
        harmless = row["red_flag"] == "none"
        for rule in {each.means.id for each in found} | ({row["kind"]} if harmless else set()):
            read[rule][harmless] += 1
    rules = {
        rule.id for language in LANGUAGES for all_ in pack(language).dangers.values() for _, rule in all_
    }
    assert len(rules) >= 70
    assert not {rule: read[rule] for rule in rules if min(read[rule]) < 3}


def test_the_corpus_is_large_and_keeps_a_part_apart() -> None:
    assert len(ROWS) >= 1500
    assert len({row["text"] for row in ROWS}) == len(ROWS)
    assert len(drafts.replies()) + len((HERE / "replies.jsonl").read_text("utf-8").splitlines()) >= 400
    trained = (HERE.parents[2] / "tools" / "train_second_look.py").read_text("utf-8")
    assert 'TRAINED = "' in trained
    assert not set("t235") & set(trained.split('TRAINED = "')[1].split('"')[0])


def test_feelings_of_the_corpus_are_found_by_its_own_words() -> None:
    hits = shown = 0
    for row in ROWS:
        for feeling in heard(row["text"]).feelings:
            gold = row["emotion_evidence"].get(feeling.label, ())
            if gold:
                shown += 1
                hits += any(s.start < g["end"] and s.end > g["start"] for s in feeling.spans for g in gold)
    assert shown > 80
    assert hits / shown >= 0.9


def test_every_rule_has_patterns_and_a_reason() -> None:
    rules: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        for entries in pack(language).dangers.values():
            for _, rule in entries:
                rules[rule.id].add(language)
                assert rule.why
    assert len(rules) >= 40
    assert all("en" in languages for languages in rules.values())
    assert len(list((DATA / "dangers").glob("*.toml"))) >= 25
