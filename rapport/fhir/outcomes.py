"""Outcomes as values: what went wrong, where, and what to do next. One map to HTTP and to sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Refusal code -> (HTTP status, FHIR issue type). The only such map in Rapport.
CODES: dict[str, tuple[int, str]] = {
    "invalid": (400, "invalid"),
    "unauthorized": (401, "login"),
    "forbidden": (403, "forbidden"),
    "not-found": (404, "not-found"),
    "not-allowed": (405, "not-supported"),
    "not-acceptable": (406, "not-supported"),
    "conflict": (409, "conflict"),
    "gone": (410, "deleted"),
    "stale": (412, "conflict"),
    "ambiguous": (412, "multiple-matches"),
    "too-large": (413, "too-long"),
    "media-type": (415, "not-supported"),
    "rule": (422, "business-rule"),
    "throttled": (429, "throttled"),
    "busy": (503, "transient"),
}


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding about a resource. `path` is a FHIRPath location such as `Patient.name[0].given`."""

    text: str
    path: str = ""
    code: str = "invalid"
    severity: str = "error"

    def json(self) -> dict[str, Any]:
        """The FHIR OperationOutcome.issue of this finding."""
        found: dict[str, Any] = {"severity": self.severity, "code": self.code, "diagnostics": self.text}
        if self.path:
            found["expression"] = [self.path]
        return found


class Refused(Exception):
    """A refusal that a person can act on: a code of `CODES`, what happened, and what to do next.

    "Not there" and "not yours" are both `not-found`, with the same words.
    """

    def __init__(self, code: str, text: str = "", next: str = "", issues: tuple[Issue, ...] = ()) -> None:
        if code not in CODES:
            raise ValueError(f"unknown refusal code {code!r}")
        super().__init__(text or code)
        self.code = code
        self.text = text or code
        self.next = next
        self.issues = issues

    @property
    def status(self) -> int:
        """HTTP status of this refusal."""
        return CODES[self.code][0]

    def outcome(self) -> dict[str, Any]:
        """The FHIR OperationOutcome that tells it over the API."""
        words = " ".join(filter(None, (self.text, self.next)))
        issues = self.issues or (Issue(words, code=CODES[self.code][1]),)
        return {"resourceType": "OperationOutcome", "issue": [issue.json() for issue in issues]}


def not_found() -> Refused:
    """The one answer for what does not exist and for what is not shared with the asker."""
    text = "This is not here, or it is not shared with you."
    return Refused("not-found", text, "Go back and choose again.")
