"""The 92 verdicts of the reference validator, and where ours differ."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from rapport.fhir import text
from rapport.fhir.extensions import undefined
from rapport.fhir.validation import check
from tests.fhir.conftest import shared

#: Where the verdicts differ: all of these are refused there and accepted here, and why.
DIFFERENT = """
dr-example-org                          the same bytes as dr-example-org-2, which must be
pat-security-bad-string                 the same bytes as pat-security-good2, which must be
contained-resource-bad-id               the same bytes as contained-resource-bad-id-ignore, which must be
bad-markdown-no-html                    the same bytes as bad-markdown, which must be
pat-dob-ext                             an extension that it can't find; R4 lets anybody define extensions
pat-example-extensions                  the same
target-ref-profile-empty                the same
nested-questionnaire-nested-valueset    the same
bundle-id-5                             a display other than the code system's
ips-nz-pj                               the same
bundle-with-contained                   the same, and links inside texts
capstmt                                 what another definition says about a search parameter
sp-diff-type                            the same
qr-bad-ref2                             what kind of definition a URL is
parameters-reference-bad                a reference to what is in no bundle here, but may be on the server
bundle-document-versioned-references-bad  a reference to a version that is not in the bundle
"""


def cases() -> list[dict[str, Any]]:
    index = shared("conformance/validator-r4/index.json").read_bytes()
    found: list[dict[str, Any]] = orjson.loads(index)["cases"]
    return found


def raw(case: dict[str, Any]) -> bytes:
    return shared(f"conformance/validator-r4/{case['file']}").read_bytes()


def accepted(case: dict[str, Any], strict: bool = False) -> bool:
    """Whether the file can be read as JSON, and has no fault; `strict`: nor a strange extension."""
    try:
        resource = text.loads(raw(case))
    except orjson.JSONDecodeError:
        return False
    return check(resource) == () and not (strict and undefined(resource))


def test_the_verdicts() -> None:
    different = {line.split()[0] for line in DIFFERENT.strip().splitlines()}
    ours = {case["name"]: accepted(case) for case in cases()}
    assert len(ours) == 92
    assert {case["name"] for case in cases() if ours[case["name"]] != (case["errors"] == 0)} == different
    assert all(ours[name] for name in different)


def test_how_many() -> None:
    """33 of 33 accepted; of the 32 with faults of structure 26 refused, and 17 of the 27 others."""
    groups = Counter(
        ("good" if not case["errors"] else "structural" if case["structural"] else "other", accepted(case))
        for case in cases()
    )
    assert groups == {
        ("good", True): 33,
        ("structural", False): 26,
        ("structural", True): 6,
        ("other", False): 17,
        ("other", True): 10,
    }


def test_a_strict_client() -> None:
    """33 of 33 accepted, and of the 32 all refused but two: their bytes are among what must be accepted."""
    good = [case for case in cases() if not case["errors"]]
    structural = [case for case in cases() if case["errors"] and case["structural"]]
    assert all(accepted(case, strict=True) for case in good)
    passed = [case for case in structural if accepted(case, strict=True)]
    assert [case["name"] for case in passed] == ["dr-example-org", "pat-security-bad-string"]
    assert {raw(case) for case in passed} <= {raw(case) for case in good}


def test_why_this_is_not_the_rule_for_all(synthea: list[dict[str, Any]]) -> None:
    """It would refuse every patient of Synthea, and a fifth of all that it makes."""
    patients = [one for one in synthea if one["resourceType"] == "Patient"]
    assert len(patients) == 40 and all(undefined(one) for one in patients)
    assert sum(bool(undefined(one)) for one in synthea) == 3613


def test_what_is_refused_there_once_and_accepted_once() -> None:
    raws = {case["name"]: raw(case) for case in cases()}
    pairs = [line.replace(",", " ").split() for line in DIFFERENT.splitlines() if "the same bytes as" in line]
    assert len(pairs) == 4
    assert all(raws[one] == raws[other] for one, _, _, _, _, other, *_ in pairs)
