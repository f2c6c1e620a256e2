"""Write the list of hard words and their plain wording from the CDC's Plain Language Thesaurus.

Usage: python tools/build_listening_jargon.py DATA_FOLDER

The thesaurus is a work of the United States government, in the public domain. Words that people
commonly use are left out: they are plain enough. Our own terms (data/jargon/en.toml) go before these.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening.grades import familiar

OUT = Path(__file__).parents[1] / "rapport" / "listening" / "data" / "jargon" / "cdc.txt"


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
    OUT.write_text("".join(f"{term} = {kept[term]}\n" for term in sorted(kept)), encoding="utf-8")
    print(len(kept))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
