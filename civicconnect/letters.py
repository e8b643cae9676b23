"""Reading an e-mail message that anybody may have sent: plain values out, whatever went in."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import errors as mail_errors
from email import message_from_bytes
from email.message import Message
from email.policy import EmailPolicy
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import islice

from civicconnect.accounts import ContactDetails
from civicconnect.errors import Refusal

LARGEST = 25 * 1024 * 1024  # bytes of a message
LONGEST_HEADER = 2000  # characters of a line's value that are looked at
LONGEST_TEXT = 400_000  # bytes of a text that are looked at
MOST_PARTS = 200
MOST_BOUNDARIES = 60  # each slows down the reading of every line
MOST_PICTURES = 12  # that are worth a try
SMALLEST_PICTURE = 4096  # bytes: below that it is a logo
# What the library raises over a message that nobody's program wrote.
UNREADABLE = (mail_errors.MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError,
              RecursionError)
# Codecs that are no character sets, or take long over long texts.
NO_CHARSET = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"}
AUTOMATIC = {"bulk", "junk", "list", "auto_reply"}

EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BOUNDARY = re.compile(rb"boundary\s*(\*\d*\*?)?\s*=", re.IGNORECASE)
QUOTE_BEGINS = re.compile(
    r"-{2,}\s*(original message|mensaje original|الرسالة الأصلية)|_{20,}$"
    r"|(on|el)\b.{5,200}\b(wrote|escribió):$", re.IGNORECASE)
SIGNATURE = re.compile(r"--\s?$|sent from my \w+|enviado desde mi \w+", re.IGNORECASE)
FORWARDED = re.compile(r"\s*(fwd?|wg|rv|tr)\s*:", re.IGNORECASE)
BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table"}
SILENT = {"script", "style", "head", "title", "template"}


class Unreadable(Refusal):
    """This is no message that can be read; sending it again does not help."""


@dataclass(frozen=True)
class Letter:
    """An e-mail message, read."""

    message_id: str  # its own, or a hash of all of it
    sender: ContactDetails
    subject: str
    words: str
    pictures: tuple[bytes, ...]  # as they came, whatever they are
    automatic: str  # why no person wrote it; "" where one may have


class _Policy(EmailPolicy):
    """Looks at the beginning of a header only, for the library takes long over long ones; and never fails."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        short = value[:LONGEST_HEADER]
        try:
            return str(super().header_fetch_parse(name, short))
        except UNREADABLE:
            return short


def read_letter(content: bytes) -> Letter:
    """Read a message as it came, RFC 5322. Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(f"The message is larger than {LARGEST // 1024**2} MB.")
    if len(BOUNDARY.findall(content)) > MOST_BOUNDARIES or content.count(b"\n--") > 20 * MOST_PARTS:
        raise Unreadable("The message has too many parts.")
    try:
        message = message_from_bytes(content, policy=_Policy())
        parts = list(islice(message.walk(), MOST_PARTS))
    except RecursionError:
        raise Unreadable("The message holds messages within messages, too many times.") from None
    subject = _line(message, "Subject")
    words = _words(parts, is_forwarded=bool(FORWARDED.match(subject)))
    letter = Letter(_line(message, "Message-ID") or hashlib.sha256(content).hexdigest(), _sender(message),
                    subject, words, tuple(_pictures(parts)), _automatic(message))
    if not (letter.words or letter.subject or letter.pictures):
        raise Unreadable("The message is empty.")
    return letter


def _line(message: Message[str, str], name: str) -> str:
    """Return a header as one clean line; "" where it is absent."""
    return " ".join(_clean(str(message.get(name, ""))).split())


def _clean(text: str) -> str:
    """Return a text that a database can keep."""
    return CONTROLS.sub("", text.encode("utf-8", "replace").decode("utf-8"))


def _sender(message: Message[str, str]) -> ContactDetails:
    """Return whom to answer; nothing where the message does not say."""
    for name in ("Reply-To", "From"):
        try:
            named = getaddresses([_line(message, name)])
        except UNREADABLE:
            continue
        for called, address in named:
            if len(address) <= 200 and EMAIL.fullmatch(address):
                return ContactDetails(called.strip()[:120], address)
    return ContactDetails()


def _automatic(message: Message[str, str]) -> str:
    """Return why nobody is waiting for an answer: a program wrote it; "" where a person may have."""
    if _line(message, "Auto-Submitted").lower() not in ("", "no"):
        return "it was sent by a program (Auto-Submitted)"
    if _line(message, "Precedence").lower() in AUTOMATIC:
        return "it was sent to many (Precedence)"
    if _line(message, "Return-Path") == "<>":
        return "it is a notice of delivery (Return-Path)"
    if _kind(message) == "multipart/report":
        return "it is a notice of delivery (multipart/report)"
    if message.get("X-CivicConnect") is not None:
        return "it comes from here (X-CivicConnect)"
    return ""


def _kind(part: Message[str, str]) -> str:
    try:
        return part.get_content_type()
    except UNREADABLE:
        return ""


def _content(part: Message[str, str]) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except UNREADABLE:
        return b""
    return found if isinstance(found, bytes) else b""


def _words(parts: list[Message[str, str]], *, is_forwarded: bool) -> str:
    """Return what was written, without what it answers and without the signature."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if _kind(part) == kind and not _is_attached(part):
                text = _decoded(part)
                text = _stripped(text) if kind == "text/html" else text
                whole = _tidy(text)
                own = whole if is_forwarded else _tidy("\n".join(_own_lines(whole)))
                if own or whole:
                    return own or whole
    return ""


def _is_attached(part: Message[str, str]) -> bool:
    try:
        return part.get_content_disposition() == "attachment"
    except UNREADABLE:
        return True


def _decoded(part: Message[str, str]) -> str:
    content = _content(part)[:LONGEST_TEXT]
    try:
        charset = codecs.lookup(str(part.get_content_charset() or "utf-8")).name
        if charset in NO_CHARSET:
            raise LookupError(charset)
        return content.decode(charset, "replace")
    except UNREADABLE:
        return content.decode("utf-8", "replace")


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in _clean(text).replace("\xa0", " ").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _own_lines(text: str) -> Iterator[str]:
    """Yield the lines somebody wrote now, up to where a quoted message or a signature begins."""
    for line in text.splitlines():
        told = line.strip()
        if QUOTE_BEGINS.match(told) or SIGNATURE.match(told):
            return
        if not told.startswith(">"):
            yield line


class _Text(HTMLParser):
    """The words of a page, a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        if tag in BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.silent = max(self.silent - (tag in SILENT), 0)
        if tag in BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(re.sub(r"\s+", " ", data))


def _stripped(html: str) -> str:
    parser = _Text()
    try:
        parser.feed(html)
        parser.close()
    except UNREADABLE:  # what was found until then is better than nothing
        pass
    return re.sub(r" *\n *", "\n", "".join(parser.found))


def _pictures(parts: list[Message[str, str]]) -> Iterator[bytes]:
    """Yield what may be a photo, attached ones first; whether it is one, `media` finds out."""
    likely = [part for part in parts if _kind(part).startswith("image/") or _is_named_picture(part)]
    likely.sort(key=lambda part: not _is_attached(part))
    contents = (_content(part) for part in likely[:MOST_PICTURES])
    yield from (content for content in contents if len(content) >= SMALLEST_PICTURE)


def _is_named_picture(part: Message[str, str]) -> bool:
    try:
        name = str(part.get_filename() or "").lower()
    except UNREADABLE:
        return False
    return name.endswith((".jpg", ".jpeg", ".png", ".webp", ".heic"))
