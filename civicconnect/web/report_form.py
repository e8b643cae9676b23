"""What a resident sent, read into a NewReport: every field kept, every fault beside its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Request, current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from marshmallow import Schema, ValidationError, fields, post_load, validate
from werkzeug.datastructures import FileStorage

from civicconnect import media, settings
from civicconnect.accounts import ContactDetails
from civicconnect.catalog import Catalog, answers
from civicconnect.errors import Invalid, NotFound
from civicconnect.geo import Point, point_from
from civicconnect.media import Photo
from civicconnect.reports import NewReport

KEPT_FOR = timedelta(days=2)  # how long a photo waits for the rest of its form
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")  # no blanks or line ends: it will stand in the head of a letter
Faults = dict[str, list[str]]


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
    photo: Photo | None = None
    faults: Faults = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.values.get(name, "")

    @property
    def photo_token(self) -> str:
        """Return the signed name under which the form carries its photo along."""
        return _signer().dumps(self.photo.digest) if self.photo else ""


def store() -> media.Store:
    """Return the city's photographs."""
    return media.Store(settings.current().data_folder / "photos")


def read(request: Request) -> Sent:
    """Read a posted form. The photo is kept even where something else is wrong."""
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
    sent.photo = _photo(request.files.get("photo"), sent)
    return sent


def report_from(sent: Sent, catalog: Catalog, language: str) -> NewReport:
    """Turn a form into a report, or raise Invalid with every fault at once."""
    faults = dict(sent.faults)
    service = catalog.services.get(sent.value("service"))
    given = {key.removeprefix("answer-"): value for key, value in sent.values.items()
             if key.startswith("answer-")}
    answered = ()
    if service is None:
        faults["service"] = [_("Choose what your report is about.")]
    else:
        try:
            answered = answers(service, given, language)  # type: ignore[assignment]
        except Invalid as fault:
            faults |= fault.fields
    contact = _contact(sent, faults)
    if faults:
        raise Invalid(faults)
    return NewReport(
        id=sent.id, service=sent.value("service"), point=sent.point,
        address=" ".join(sent.value("address").split()),
        description=sent.value("description").replace("\r\n", "\n").strip(),
        answers=answered, language=language, source="web",
        photos=(sent.photo,) if sent.photo else (), contact=contact,
    )


def _contact(sent: Sent, faults: Faults) -> ContactDetails:
    told = {key: sent.value(key).strip() for key in ("name", "email", "phone")}
    email = told["email"]
    if email and (not EMAIL.fullmatch(email) or len(email) > 200):
        faults["email"] = [_("Write an e-mail address like name@example.com, or leave it empty.")]
    try:
        return _Contact().load(told)  # type: ignore[no-any-return]  # post_load makes it
    except ValidationError as fault:
        faults |= {key: [_("This is too long. Shorten it.")] for key in fault.messages_dict}
        return ContactDetails()


def _photo(upload: FileStorage | None, sent: Sent) -> Photo | None:
    if upload is not None and upload.filename:
        try:
            limits = media.Limits(bytes=settings.current().photo_bytes)
            return media.accept(store(), upload.stream, limits, field="photo")
        except Invalid as fault:
            sent.faults |= fault.fields
    kept = kept_photo(sent.value("photo_kept"))
    if sent.value("photo_kept") and kept is None and "photo" not in sent.faults:
        sent.faults["photo"] = [_("Your photo is no longer kept here. Choose it again.")]
    return kept


def kept_photo(token: str) -> Photo | None:
    """Return the photo a form carried along; None where the token is not ours or too old."""
    if not token:
        return None
    try:
        return store().photo(_signer().loads(token, max_age=int(KEPT_FOR.total_seconds())))
    except (BadSignature, NotFound):
        return None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="photo-kept")
