"""Catalogues compiled from their sources, so that what is tested is what stands in the .po files."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def catalogues():
    from django.utils.translation import trans_real

    from tools.messages import compile_all

    written = compile_all(Path(__file__).resolve().parents[2])
    trans_real._translations.clear()
    return written
