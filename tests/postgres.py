"""A private PostgreSQL cluster with PostGIS, in a temporary folder, for as long as the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

LEAST_VERSION = 15
# Nothing here outlives the tests, so the disk need not be waited for.
HURRY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=256MB",
         "max_connections=60", "listen_addresses=", "logging_collector=off", "autovacuum=off")


def programs() -> Path:
    """Return the folder of the newest server's programs."""
    found = [p for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")
             if int(p.parts[-3]) >= LEAST_VERSION]
    if not found:
        raise RuntimeError("PostgreSQL 15 or newer is not installed; ./civic test installs it.")
    return max(found, key=lambda p: int(p.parts[-3])).parent


def owner() -> dict[str, object]:
    """Return who the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    person = pwd.getpwnam("postgres")
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


@contextmanager
def cluster() -> Iterator[str]:
    """Yield the address of a running server, without the name of a database."""
    folder = Path(tempfile.mkdtemp(prefix="civic-pg-"))
    who = owner()
    if who:
        os.chown(folder, int(str(who["user"])), int(str(who["group"])))
    data = folder / "data"
    subprocess.run(
        [programs() / "initdb", "-D", data, "-U", "civic", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
         "--no-sync"],
        check=True, capture_output=True, cwd=folder, **who,
    )
    options = [word for setting in HURRY for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs() / "postgres", "-D", data, "-k", folder, *options],
            stdout=log, stderr=log, cwd=folder, **who,
        )
    address = f"postgresql://civic@/{{}}?host={folder}"
    try:
        _wait_for(server, folder)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")
        try:
            psycopg.connect(f"host={folder} user=civic dbname=postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)  # there is nothing to wait on before the socket exists
        else:
            return
    raise RuntimeError("PostgreSQL did not answer within 30 seconds")
