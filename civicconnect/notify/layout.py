"""A letter laid out as a message: plain text and HTML from the same words (RFC 5322, RFC 8058)."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from civicconnect import clock, settings
from civicconnect.notify.letters import Letter

LONGEST_SUBJECT = 150


def message(letter: Letter, sender: str, to: str) -> EmailMessage:
    """Return the message that carries a letter.

    sender, to    e-mail addresses
    """
    made = EmailMessage()
    subject = " ".join(letter.subject.split())
    made["Subject"] = subject if len(subject) <= LONGEST_SUBJECT else f"{subject[:LONGEST_SUBJECT - 1]}…"
    made["From"] = Address(" ".join(letter.city.split()), addr_spec=sender)
    made["To"] = Address(addr_spec=to)
    made["Date"] = format_datetime(clock.now())
    made["Auto-Submitted"] = "auto-generated"  # nobody's holiday notice answers it
    made["X-CivicConnect"] = "letter"  # and we know our own when it comes back
    host = urlsplit(settings.current().address).hostname or "localhost"
    thread, own = letter.thread
    if own:
        made["Message-ID"] = f"<{own}@{host}>"  # the same at each try: a second copy is known as one
        made["References"] = made["In-Reply-To"] = f"<{thread}@{host}>"
    if letter.stop:
        made["List-Unsubscribe"] = f"<{letter.stop}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(plain(letter))
    made.add_alternative(_laid_out("letter.html", letter), subtype="html")
    for part in made.walk():  # only now: what says something of the content goes to the first part
        part["Content-Language"] = letter.code
    return made


def plain(letter: Letter) -> str:
    """Return a letter as plain text: what everybody reads whose program shows no HTML."""
    return _laid_out("letter.txt", letter)


def _laid_out(template: str, letter: Letter) -> str:
    return _templates().get_template(template).render(letter=letter)


@cache
def _templates() -> Environment:
    folder = settings.home() / "templates" / "mail"
    return Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True, autoescape=select_autoescape(["html"]))
