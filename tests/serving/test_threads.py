"""The language, the time zone and the addresses of a page belong to the thread that answers it."""

from __future__ import annotations

import sys
from threading import Thread
from zoneinfo import ZoneInfo

from django.urls import set_script_prefix
from django.urls.base import get_script_prefix
from django.utils import timezone, translation


def test_what_one_thread_chose_no_other_sees() -> None:
    import rapport.config.wsgi  # noqa: F401 - it is what makes it so

    seen: list[tuple[str | None, str, str]] = []

    def look() -> None:
        seen.append((translation.get_language(), timezone.get_current_timezone_name(), get_script_prefix()))

    before = get_script_prefix()
    with translation.override("es"), timezone.override(ZoneInfo("Asia/Tokyo")):
        set_script_prefix("/elsewhere/")
        look()
        other = Thread(target=look)
        other.start()
        other.join()
    set_script_prefix(before)
    look()
    assert seen[0] == ("es", "Asia/Tokyo", "/elsewhere/")
    assert seen[1] == ("en", "UTC", "/")
    assert seen[2][1:] == ("UTC", before)


def test_django_still_keeps_them_where_we_change_it() -> None:
    """Otherwise a newer Django would go its slow way, and nobody would notice."""
    import rapport.config.wsgi
    from rapport.config.threads import KEPT

    assert rapport.config.wsgi
    for module, name in KEPT:
        with open(sys.modules[module.__name__].__file__ or "", encoding="utf-8") as source:
            assert f"\n{name} = Local()\n" in source.read(), (module.__name__, name)
        assert type(getattr(module, name)).__module__ == "_thread"
