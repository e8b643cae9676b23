"""What a resident sent, read into a NewReport: every field kept, every fault beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from flask import Request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, post_load, validate
from werkzeug.datastructures import MultiDict

from civicconnect.accounts import ContactDetails
from civicconnect.catalog import EMAIL, SEVERAL, Catalog, Service, answers
from civicconnect.errors import Invalid
from civicconnect.geo import Place, Point, point_from
from civicconnect.media import Photo
from civicconnect.reports import NewReport
from civicconnect.web import extent, photos
from civicconnect.web.photos import Faults

LONGEST_EMAIL = 200
ANSWER = "answer-"
# The fields as they follow each other on the page.
ORDER = ("form", "service", "place", "also", ANSWER, "description", "photo", "name", "email", "phone")


class _Contact(Schema):
    name = fields.Str(load_default="", validate=validate.Length(max=120))
    email = fields.Str(load_default="")
    phone = fields.Str(load_default="", validate=validate.Length(max=40))

    @post_load
    def made(self, told: dict[str, str], **_: Any) -> ContactDetails:
        return ContactDetails(**told)


@dataclass
class Sent:
    """A form as it came in: what was understood of it, and what is wrong with it."""

    values: Mapping[str, str]
    id: UUID = field(default_factory=uuid4)
    point: Point | None = None
    photos: tuple[Photo, ...] = ()
    also: tuple[Place, ...] = ()
    along: str = ""  # the street it goes all along
    faults: Faults = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.values.get(name, "")

    @cached_property
    def _typed(self) -> MultiDict[str, str]:
        return MultiDict(self.values)  # several options of one question bear one name

    @property
    def given(self) -> dict[str, str]:
        """Return what was answered, by question; several options as "bent,missing"."""
        return {key.removeprefix(ANSWER): SEVERAL.join(dict.fromkeys(filter(None, values)))
                for key, values in self._typed.lists() if key.startswith(ANSWER)}

    def pairs(self) -> list[tuple[str, str]]:
        """Return every field with its value, as often as it stands there."""
        return list(self._typed.items(multi=True))

    def chosen(self, name: str) -> list[str]:
        """Return all that was chosen in a field."""
        return self._typed.getlist(name)

    @property
    def photo_tokens(self) -> list[str]:
        """Return the signed names under which the form carries its photos along."""
        return [photos.token_of(photo) for photo in self.photos]


def read(request: Request, catalog: Catalog, *, takes_files: bool = True) -> Sent:
    """Read a posted form. The photos are kept even where something else is wrong.

    takes_files    else new photos are not taken in, and have to be chosen again
    """
    sent = Sent(request.form)
    try:
        sent.id = UUID(sent.value("id"))
    except ValueError:
        sent.faults["form"] = [_("This form is damaged. Open it again.")]
    try:
        if sent.value("lat") and sent.value("long"):  # without them the desk asks where it is
            sent.point = point_from(sent.value("lat"), sent.value("long"))
    except Invalid as fault:
        sent.faults |= fault.fields
    sent.also = extent.further(sent.chosen("also"), sent.faults)
    if sent.value("along"):
        sent.along = extent.along(sent.value("along"), sent.value("address"))
    service = catalog.services.get(sent.value("service"))
    if service is not None:
        sent.photos = photos.read_photos(request, service.photos, sent.faults, takes_files=takes_files)
    return sent


def report_from(sent: Sent, catalog: Catalog, language: str) -> NewReport:
    """Turn a form into a report, or raise Invalid with every fault at once."""
    faults = dict(sent.faults)
    service = catalog.services.get(sent.value("service"))
    answered, contact = (), ContactDetails()
    if service is None:
        faults["service"] = [_("Choose what your report is about.")]
    else:
        contact = _contact(sent, service, faults)
        try:
            answered = answers(service, sent.given, language)  # type: ignore[assignment]
        except Invalid as fault:
            faults |= fault.fields
    if sent.value("website"):  # people do not see this field; programs fill it in
        faults["form"] = [_("Leave the field 'website' empty.")]
    if faults:
        raise Invalid(faults)
    return NewReport(
        id=sent.id, service=sent.value("service"), point=sent.point,
        address=extent.said(sent.value("address"), sent.along, sent.also),
        description=sent.value("description").replace("\r\n", "\n").strip(),
        answers=answered, language=language, source="web", photos=sent.photos, contact=contact,
        area="" if sent.point else sent.value("area")[:160],
        also=sent.also, along=sent.along,
    )


def in_order(faults: Faults) -> Faults:
    """Return faults in the order in which their fields stand on the page."""
    def place(name: str) -> int:
        known = ANSWER if name.startswith(ANSWER) else name
        return ORDER.index(known) if known in ORDER else len(ORDER)

    return dict(sorted(faults.items(), key=lambda fault: place(fault[0])))


def email_fault(email: str) -> str:
    """Return what is wrong with an e-mail address; "" where it is one."""
    if len(email) <= LONGEST_EMAIL and EMAIL.fullmatch(email):
        return ""
    return str(_("Write an e-mail address like name@example.com."))


def _contact(sent: Sent, service: Service, faults: Faults) -> ContactDetails:
    if service.contact == "none":  # nobody is asked who they are, so nothing typed elsewhere counts
        return ContactDetails()
    told = {key: sent.value(key).strip() for key in ("name", "email", "phone")}
    email = told["email"]
    if email and (len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email)):
        faults["email"] = [_("Write an e-mail address like name@example.com, or leave it empty.")]
    try:
        return _Contact().load(told)  # type: ignore[no-any-return]  # post_load makes it
    except ValidationError as fault:
        faults |= {key: [_("This is too long. Shorten it.")] for key in fault.messages_dict}
        return ContactDetails()
