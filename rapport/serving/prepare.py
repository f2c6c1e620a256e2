"""What must be true before anything is served: schema current, static files in place, the demo told."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from django.core.management import call_command

import rapport


def bring_schema_up() -> list[str]:
    """Apply the migrations that are missing, as the owner and one starter at a time; their names."""
    from django.conf import settings
    from django.db import connections, transaction

    from rapport.config.health import pending
    from rapport.gate import grants
    from rapport.gate.database import allow
    from rapport.serving.postgres import one_at_a_time

    alias = "owner" if "owner" in settings.DATABASES else "default"
    missing = pending(alias)
    owner = connections[alias]
    owner.ensure_connection()
    with one_at_a_time(owner.connection, "migrate"):
        if missing:
            call_command("migrate", database=alias, verbosity=0, interactive=False)
            call_command("createcachetable", database=alias, verbosity=0)
            if "gate.0005_consent" in missing:  # what was granted before is read otherwise now
                with transaction.atomic(using=alias):
                    grants.rebuild(owner.connection)
        if settings.DATABASE_ROLE:
            allow(owner.connection, settings.DATABASE_ROLE)
    if alias == "owner":
        owner.close()
    return missing


def collect_static() -> bool:
    """Put static files under hashed names into the data directory, when they changed; whether they did."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.blake2b(rapport.__version__.encode(), digest_size=16)
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name} {state.st_size} {state.st_mtime_ns}".encode())
    mark = Path(settings.STATIC_ROOT) / ".fingerprint"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    mark.write_text(digest.hexdigest())
    return True


def prepare() -> str:
    """Do all of it; the site's address. Unfit when this place must not serve."""
    from rapport.people.site import current
    from rapport.serving.marking import mark_or_refuse

    if os.environ.get("RAPPORT_DEMO") == "1":
        mark_or_refuse(bring_schema_up)
        from rapport.serving.demo.seed import seed

        seed()
    else:
        bring_schema_up()
    collect_static()
    return current().base_url
