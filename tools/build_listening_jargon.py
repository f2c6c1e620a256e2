"""Write the lists of hard words: the CDC's Plain Language Thesaurus and the NCI Dictionary of Cancer Terms.

Usage: python tools/build_listening_jargon.py DATA_FOLDER

Both are works of the United States government, in the public domain. Words that people
commonly use are left out: they are plain enough. Our own terms (data/jargon/en.toml) go before these.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening.grades import familiar
from rapport.listening.packs import known

OUT = Path(__file__).parents[1] / "rapport" / "listening" / "data" / "jargon"
# names of medicines, herbs and studies are no hard words
NOT_HARD = re.compile(
    r"drug|substance|antibiotic|vaccine|vitamin|herb|plant|medicine|brand|trade|hormone|agent|nutrient|food|fruit"
    r"|acid|protein|gene |enzyme|trial|study|mineral|supplement|extract|university|organization|institute",
    re.IGNORECASE,
)
LONGEST_PLAIN = 48
VAGUE = re.compile(
    r"(?:an?|any|the|one) (?:(?:type|form|number|group|part) of )?(?:the )?\w+(?: of the \w+)?", re.IGNORECASE
)


FORMAL = re.compile(
    r"(?:ate|ly|ion|ions|ent|ance|ence|ity|able|ible|al|ing|ize|ise|ary|ive|ous|ual|ment|ify|ct|er|ship|ure)$"
)
CLINICAL = re.compile(
    r"card|hepat|ren[ao]|neur|derm|gastr|pulm|oma\b|itis|osis|emia|ology|pathy|scop|ectomy|genic|toxic|thromb|hyper|hypo|mort|morb"
    r"|chron|acute|anti|oncol|carcin|malig|benign|tumou?r|vascul|arter|venous|oral|topical|sympt|syndrom|patho|immun|inflam|febr"
    r"|diagn|progno|therap|clinic|medic|dos[ae]|infect|surg|bio"
)


def formal(term: str) -> bool:
    """Whether a term is office English ("accommodate") and not the language of clinics."""
    return bool(FORMAL.search(term)) and not CLINICAL.search(term)


def shortened(definition: str) -> str:
    """The first clause of a definition as a plain wording, or nothing where it is long."""
    first = re.split(r"\s(?:that|which|in which|used|caused|marked|made|of unknown)\b|[,(;:]", definition)[
        0
    ].strip()
    first = first.rstrip(".")
    return first[:1].lower() + first[1:] if len(first) <= LONGEST_PLAIN and not VAGUE.fullmatch(first) else ""


def dictionary(rows: list[dict[str, str]]) -> dict[str, str]:
    """Terms of one to three words with a word that people do not commonly use."""
    usual = known("en")
    kept = {}
    for row in rows:
        term = row["term"].strip()
        words = re.findall(r"[a-z]+", term)
        if (
            not re.fullmatch(r"[a-z]+(?:[ -][a-z]+){0,2}", term)
            or len(term) < 6
            or NOT_HARD.search(row["definition"])
        ):
            continue
        if not all(word in usual or familiar(word) for word in words):
            kept[term] = shortened(row["definition"])
    return kept


def write(name: str, terms: dict[str, str]) -> None:
    """One line a term: `term = plain wording`."""
    (OUT / name).write_text("".join(f"{term} = {terms[term]}\n" for term in sorted(terms)), encoding="utf-8")
    print(name, len(terms))


def main(folder: Path) -> None:
    """Filter and write: one line a term, `term = plain wording`."""
    rows = json.loads((folder / "plain_language" / "cdc_plain_language_thesaurus.json").read_text("utf-8"))
    kept = {}
    for row in rows:
        term = re.sub(r"\s*\(.*?\)", "", row["term"]).strip().lower()
        plain = re.split(r"[,;]", row["plain_alternative"])[0].strip()
        words = re.findall(r"[a-z]+", term)
        if (
            term
            and plain
            and words
            and not all(familiar(word) for word in words)
            and len(term) > 3
            and not formal(term)
        ):
            kept[term] = plain
    write("cdc.txt", kept)
    rows = json.loads((folder / "plain_language" / "nci_dictionary_first_sentence.json").read_text("utf-8"))
    write("nci.txt", dictionary(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
