"""Django's settings for tests and type checks: the product's, with a key that everybody may know."""

from __future__ import annotations

import os

_given = os.environ.get("RAPPORT_SECRET_KEY")
os.environ["RAPPORT_SECRET_KEY"] = "not-secret-only-for-tests-and-tools"

from rapport.config.settings import *  # noqa: E402, F403

# A Rapport that a test starts brings its own key, as it would anywhere.
if _given is None:
    del os.environ["RAPPORT_SECRET_KEY"]
else:
    os.environ["RAPPORT_SECRET_KEY"] = _given
