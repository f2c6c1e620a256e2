"""The embedded PostgreSQL alone: made, found again, recovered, and gone when nobody needs it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rapport.serving.cluster import LONGEST_SOCKET_FOLDER, Cluster, PostgresError, account
from rapport.serving.postgres import Embedded
from tests.serving.processes import alive, until, whose_words

pytestmark = pytest.mark.slow


@pytest.fixture
def place(own_place: Path) -> Path:
    return own_place


@pytest.fixture
def embedded(place: Path) -> Iterator[Embedded]:
    with Embedded(place, durable=False) as server:
        yield server


def pid_of(server: Embedded) -> int:
    return int((server.cluster.data / "postmaster.pid").read_text().split()[0])


def test_it_listens_to_its_own_people_alone(embedded: Embedded) -> None:
    with psycopg.connect(embedded.owner_url) as conn:
        shown = {name: conn.execute(f"SHOW {name}").fetchone()[0] for name in ("listen_addresses", "fsync")}
        who = conn.execute(
            "SELECT current_user, usesuper FROM pg_user WHERE usename = current_user"
        ).fetchone()
    assert shown["listen_addresses"] == ""
    assert who == ("rapport", False)
    assert stat.S_IMODE(embedded.cluster.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(embedded.cluster.data.stat().st_mode) == 0o700


def test_what_is_kept_is_flushed(place: Path) -> None:
    with Embedded(place) as server, psycopg.connect(server.owner_url) as conn:
        assert conn.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone() == (
            "on",
            "on",
        )


def test_root_runs_it_under_an_unprivileged_account(embedded: Embedded) -> None:
    owner = account()
    if owner is None:
        assert embedded.cluster.data.stat().st_uid == os.geteuid()
    else:
        assert owner.pw_uid and embedded.cluster.data.stat().st_uid == owner.pw_uid
        assert Path(f"/proc/{pid_of(embedded)}").stat().st_uid == owner.pw_uid


def test_a_second_starter_uses_what_runs_and_the_last_one_stops_it(place: Path) -> None:
    first, second = Embedded(place, durable=False).start(), Embedded(place, durable=False).start()
    pid = pid_of(first)
    first.stop()
    with psycopg.connect(second.url) as conn:
        conn.execute("SELECT 1")
    assert pid_of(second) == pid
    second.stop()
    assert not alive(pid)


def test_a_killed_holder_leaves_nothing(place: Path) -> None:
    script = (
        "import sys, time; from rapport.serving.postgres import Embedded; "
        "Embedded(sys.argv[1], durable=False).start(); print('up', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(place)], stdout=subprocess.PIPE)
    assert holder.stdout and holder.stdout.readline() == b"up\n"
    holder.kill()
    holder.communicate()
    until(lambda: not whose_words(str(place)), "the server ends with the last who needs it")


@pytest.mark.parametrize("victim", ["server", "keeper"])
def test_a_crash_is_recovered(place: Path, victim: str) -> None:
    with Embedded(place) as server:
        with psycopg.connect(server.owner_url) as conn:
            conn.execute("CREATE TABLE kept (word text)")
            conn.execute("INSERT INTO kept VALUES ('acknowledged')")
        pid = pid_of(server)
        if victim == "server":
            os.kill(pid, signal.SIGKILL)  # the keeper starts it again by itself
        else:
            os.kill(whose_words("rapport.serving.keeper", str(place))[0], signal.SIGKILL)
            until(lambda: not alive(pid), "the server does not outlive its keeper")
            server.start()
        until(lambda: server._answers(server.url), "the server is back")
        with psycopg.connect(server.owner_url) as conn:
            assert conn.execute("SELECT word FROM kept").fetchone() == ("acknowledged",)


def test_a_stale_pid_file_is_no_obstacle(place: Path) -> None:
    """After a power cut the number in the file may belong to anyone, as in a container it will."""
    with Embedded(place, durable=False) as server:
        left = (server.cluster.data / "postmaster.pid").read_text().splitlines()
    (server.cluster.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *left[1:]]) + "\n")
    with Embedded(place, durable=False) as server, psycopg.connect(server.owner_url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_start_that_was_cut_off_leaves_nothing_half_made(place: Path) -> None:
    half = place / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    with Embedded(place, durable=False) as server, psycopg.connect(server.owner_url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_long_path_gets_a_short_socket(place: Path) -> None:
    deep = place / ("long-" * 20)
    deep.mkdir(mode=0o711)
    with Embedded(deep, durable=False) as server, psycopg.connect(server.owner_url) as conn:
        assert len(os.fsencode(server.cluster.sockets)) <= LONGEST_SOCKET_FOLDER
        assert conn.execute("SELECT 1").fetchone() == (1,)
    server.cluster.sockets.rmdir()


def test_a_socket_folder_of_somebody_else_is_refused(place: Path) -> None:
    cluster = Cluster(place / ("long-" * 20) / "postgres")
    cluster.sockets.symlink_to(place)
    try:
        with pytest.raises(PostgresError, match="belongs to somebody else"):
            cluster.prepare_folders()
            cluster.prepare()
    finally:
        cluster.sockets.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is asked to choose another folder")
def test_a_closed_folder_is_said_and_left_as_it_is(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(PostgresError, match="--data-dir"):
        Embedded(closed / "data").start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_broken_start_says_what_happened(place: Path) -> None:
    with Embedded(place, durable=False) as server:
        pass
    (server.cluster.data / "global" / "pg_control").unlink()
    began = time.monotonic()
    with pytest.raises(PostgresError, match="pg_control"):
        server.start()
    assert time.monotonic() - began < 20
    server._lease.close()
