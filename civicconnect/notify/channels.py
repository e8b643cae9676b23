"""The ways a letter leaves the house: a mail server, or a folder where it can be looked at."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from civicconnect import clock, settings
from civicconnect.errors import Refusal

SECONDS = 30  # that a mail server may take to answer
KEPT = timedelta(days=30)  # letters in the folder
LETTERS = "letters"


class Refused(Refusal):
    """The mail server will never take this letter: trying again does not help."""


class Channel(Protocol):
    """Somewhere to send a message. What it raises, other than Refused, is tried again later."""

    def send(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True)
class Smtp:
    """A mail server.

    url    smtp://user:password@host:587 (with STARTTLS where it is offered) or smtps://host:465
    """

    url: str

    def send(self, message: EmailMessage) -> None:
        """Hand over a message. Raises Refused where the address is no good."""
        parts = urlsplit(self.url)
        host, secure = parts.hostname or "localhost", parts.scheme == "smtps"
        port = parts.port or (465 if secure else 587 if parts.username else 25)
        context = ssl.create_default_context()
        with (smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context) if secure
              else smtplib.SMTP(host, port, timeout=SECONDS)) as server:
            server.ehlo()
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as fault:
                code, words = next(iter(fault.recipients.values()))
                said = f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
                if 500 <= code < 600:
                    raise Refused(said) from None
                raise
            server.close()  # it has the letter: whatever it says to a QUIT must not send it again


@dataclass(frozen=True)
class Letterbox:
    """A folder of messages: the quiet twin of a mail server, for the demo and for trying things out."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Keep a message as a file, named so that the newest comes last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = str(message["Message-ID"] or "").strip("<>").partition("@")[0]
        file = self.folder / f"{clock.now():%Y%m%dT%H%M%S%f}-{own or 'letter'}.eml"
        draft = file.with_suffix(".part")
        draft.write_bytes(message.as_bytes(policy=SMTP))
        draft.replace(file)

    def letters(self) -> list[Path]:
        """Return the messages, the newest first."""
        return sorted(self.folder.glob("*.eml"), reverse=True)

    def thin_out(self) -> None:
        """Remove what is older than `KEPT`."""
        before = f"{clock.now() - KEPT:%Y%m%dT%H%M%S%f}"
        for file in self.letters():
            if file.name < before:
                file.unlink(missing_ok=True)


def channel() -> Channel:
    """Return where this installation's letters go."""
    given = settings.current()
    return Smtp(given.mail_url) if given.mail_url else letterbox()


def letterbox() -> Letterbox:
    """Return the folder of this installation's letters."""
    return Letterbox(settings.current().data_folder / LETTERS)
