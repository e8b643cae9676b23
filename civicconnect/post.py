"""What the commands about letters and partners do and say."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from civicconnect import accounts, catalog, commands, db, media, reports
from civicconnect.db import Database, Db
from civicconnect.errors import Conflict, Invalid, Refusal
from civicconnect.letters import LARGEST, Letter, Unreadable, read_letter
from civicconnect.media import Limits, Photo, Store
from civicconnect.reports import NewLetter
from civicconnect.settings import Settings

MOST_PHOTOS = 5
# What sysexits.h calls them, and what a mail server does then.
TAKEN, UNREADABLE, TRY_AGAIN = 0, 65, 75  # content; told back to the sender; kept and delivered later


def take_mail(given: Settings, database: Database, maildir: Path | None) -> int:
    """Take one message from standard input, or every new one of a Maildir; return how to end."""
    commands.must_be_ready(database)
    if maildir is None:
        return _take(given, sys.stdin.buffer.read(LARGEST + 1), "The message")
    if not (maildir / "new").is_dir():
        raise Conflict(f"{maildir} is no Maildir: it has no folder 'new'.")
    (maildir / "cur").mkdir(exist_ok=True)
    worst = TAKEN
    for file in sorted((maildir / "new").iterdir()):
        if file.is_file():
            with file.open("rb") as opened:
                worst = max(worst, _take(given, opened.read(LARGEST + 1), file.name))
            # Only now, after the commit: killed before, the message is still new, and known the next time.
            file.rename(maildir / "cur" / f"{file.name.split(':')[0]}:2,S")
    return worst


def why_later(fault: Exception) -> str:
    """Say in a sentence why a message could not be taken now."""
    if isinstance(fault, OperationalError):
        return commands.database_away(fault)
    return str(fault) if isinstance(fault, Refusal) else f"The message could not be taken: {fault!r}."


def _take(given: Settings, content: bytes, name: str) -> int:
    try:
        letter = read_letter(content)
    except Unreadable as fault:
        click.echo(f"{name} was not taken: {fault}", err=True)
        return UNREADABLE
    with db.reading() as view:
        reason = letter.automatic or _loop(view, letter)
        is_known = reports.is_known(view, letter.message_id)
    if reason:
        click.echo(f"{name} was dropped: {reason}.", err=True)
    elif is_known:
        click.echo(f"{name} was taken before.", err=True)
    else:
        photos = tuple(_photos(given, letter, name))
        with db.transaction() as change:
            reports.receive(change, NewLetter(letter.message_id, letter.sender, letter.subject, letter.words,
                                              photos))
        click.echo(f"{name} waits in the inbox.", err=True)
    return TAKEN


def _loop(view: Db, letter: Letter) -> str:
    """Say that a letter comes from the city's own address; "" where it does not."""
    ours = catalog.catalog(view).city.contact.get("email", "").casefold()
    return "it comes from the city's own address" if ours and letter.sender.email.casefold() == ours else ""


def _photos(given: Settings, letter: Letter, name: str) -> Iterator[Photo]:
    store, limits, taken = Store(given.data_folder / "photos"), Limits(bytes=given.photo_bytes), 0
    for picture in letter.pictures:
        if taken == MOST_PHOTOS:
            click.echo(f"{name}: only {MOST_PHOTOS} photos were kept.", err=True)
            return
        try:
            photo = media.accept(store, io.BytesIO(picture), limits)
        except Invalid as fault:
            click.echo(f"{name}: a picture was left out. {' '.join(fault.fields['photo'])}", err=True)
            continue
        taken += 1
        yield photo


def add_partner(name: str) -> None:
    """Add a partner and print its key, once."""
    with db.transaction() as change:
        key = accounts.add_partner(change, name)
    click.echo(f"{name} may post reports. Its key, shown only now:\n\n  {key}\n")


def list_partners() -> None:
    """List the partners that may post reports."""
    with db.reading() as view:
        found = accounts.list_partners(view)
    for partner in found:
        click.echo(f"{partner.made_at:%Y-%m-%d}  {partner.name}")
    if not found:
        click.echo("No partner may post reports.")


def remove_partner(name: str) -> None:
    """Take a partner's key away."""
    with db.transaction() as change:
        accounts.remove_partner(change, name)
    click.echo(f"{name} may post no more. Its reports stay.")
