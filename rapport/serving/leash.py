"""A process that must not outlive its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def leash(request: int = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel to send `request` to this process when its parent dies (Linux; nothing elsewhere).

    With `parent`, the pid that the caller expects, a parent that died before the call is noticed.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(request), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), request)
