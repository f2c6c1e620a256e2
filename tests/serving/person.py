"""Somebody at a browser without script, for tests that speak HTTP to a running demo."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

#: What it looks like when a server is killed under a request.
BROKEN = (urllib.error.URLError, OSError, EOFError)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: the test wants to see it."""

    def redirect_request(self, *_: object) -> None:
        return None


class Person:
    """One signed-in person of the demo. Answers are (status, text, where a redirect leads)."""

    def __init__(self, url: str, ref: str) -> None:
        self.url, self.ref = url, ref
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _Stay)

    def sign_in(self) -> None:
        self.get("/demo/")
        status, text, _ = self.post("/demo/become/", person=self.ref)
        assert status in (302, 303), (status, text[:300])

    def get(self, path: str) -> tuple[int, str, str]:
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        token = next((cookie.value for cookie in self.jar if "form" in cookie.name), "")
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token or ""}).encode()
        return self._send(urllib.request.Request(self.url + path, body, {"Referer": self.url + path}))

    def _send(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), ""
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode(errors="replace"), answer.headers.get("Location", "")

    def signed_out(self, status: int, location: str) -> bool:
        return status in (302, 401) and "/account/login/" in location


def field(text: str, name: str) -> str:
    """The value of the first field of this name on a page; empty where there is none."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)
    return found[1] if found else ""
