"""Reports that a partner's system posts, signed after Standard Webhooks. It speaks JSON, and English."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import structlog
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from marshmallow import Schema, ValidationError, fields, post_load, validate
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from civicconnect import accounts, db, reports, settings
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import EMAIL, SEVERAL, Catalog, answers
from civicconnect.db import transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed
from civicconnect.geo import point_from
from civicconnect.reports import NewReport, Report
from civicconnect.tables import spell
from civicconnect.web import limits, telling
from civicconnect.web.words import read_catalog

pages = Blueprint("partner", __name__)
LARGEST = 64 * 1024  # bytes
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
LONGEST_ID = 200
IN_A_TABLE = re.compile(r"\.(key|value)\Z")  # as marshmallow says which half of an answer is wrong
# What our rooms call a field, and what it is called in the body.
NAMES = {"service": "service_code", "place": "lat", "name": "contact.name", "email": "contact.email",
         "phone": "contact.phone"}
log = structlog.get_logger("web")


class _Text(fields.Str):
    """A text that a database can keep."""

    def _deserialize(self, value: Any, *told: Any, **more: Any) -> str:
        text: str = super()._deserialize(value, *told, **more)
        if "\0" in text:
            raise ValidationError("Leave the character U+0000 out.")
        return text.strip()


class _Contact(Schema):
    name = _Text(load_default="", validate=validate.Length(max=120))
    email = _Text(load_default="", validate=validate.Regexp(
        rf"(?:{EMAIL.pattern})?\Z", error="Write an e-mail address like name@example.com."))
    phone = _Text(load_default="", validate=validate.Length(max=40))

    @post_load
    def made(self, told: dict[str, str], **_: Any) -> ContactDetails:
        return ContactDetails(**told)


class _Answer(fields.Field[str]):
    """An option's code or several in a list, a text, a day, or a number."""

    def _deserialize(self, value: Any, *_told: Any, **_more: Any) -> str:
        if isinstance(value, list) and value and all(isinstance(option, str) for option in value):
            value = SEVERAL.join(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
            raise ValidationError("Write an option's code, a list of them, a text or a number.")
        return str(value)


class _Body(Schema):
    service_code = _Text(required=True)
    lat = fields.Float(required=True)
    long = fields.Float(required=True)
    address = _Text(load_default="")
    description = _Text(load_default="")
    answers = fields.Dict(keys=_Text(), values=_Answer(), load_default=dict)
    language = _Text(load_default="")
    external_id = _Text(load_default="", validate=validate.Length(max=120))
    contact = fields.Nested(_Contact, load_default=ContactDetails)


@pages.post("/intake/partner")
def receive() -> ResponseReturnValue:
    """Take in a partner's report, once for each webhook-id: the same again gives the same answer."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    body = request.stream.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise RequestEntityTooLarge
    with db.reading() as db_:
        partner = accounts.signed_by(db_, {name: request.headers.get(name, "") for name in SIGNED}, body)
    return _once(partner, request.headers["webhook-id"], body), 201


def _once(partner: str, message_id: str, body: bytes) -> Response:
    if len(message_id) > LONGEST_ID:
        raise Invalid({"webhook-id": [f"Use at most {LONGEST_ID} characters."]})
    fingerprint = accounts.keyed_hash("post", body.decode())  # it was signed, so it is text
    with transaction() as db_:
        report = reports.posted(db_, partner, message_id, fingerprint)
        if report is None:
            new = _read(body, uuid5(NAMESPACE_URL, f"partner:{partner}:{message_id}"), read_catalog())
            actor = Actor("partner", f"partner:{partner}")
            receipt = reports.submit(db_, actor, new)
            reports.remember_post(db_, partner, message_id, fingerprint, receipt.number)
            report = reports.find(db_, receipt.reference, accounts.SYSTEM)
        return _told(report)


def _told(report: Report) -> Response:
    """Say the reference, and the address at which whoever reported sees everything of it."""
    offer = read_catalog()
    is_open = telling.is_told_in_full(offer.services[offer.service_codes[report.service_id]])
    key = None if is_open else reports.own_key(report.id)
    path = url_for("resident.show", reference=report.reference, key=key)
    return _json({"reference": report.reference,
                  "url": settings.current().address + path.removeprefix(request.script_root)})


def _read(body: bytes, report_id: UUID, offer: Catalog) -> NewReport:
    """Turn a body into a report, or raise Invalid that names each field."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise Invalid({"": [f"This is no JSON: {fault}."]}) from None
    try:
        told = _Body().load(sent)
    except ValidationError as fault:
        raise Invalid({name: [words] for name, words in spell(fault.messages)}) from None
    service, spoken = offer.services.get(told["service_code"]), offer.city.languages
    language = told["language"] or spoken[0]
    if language not in spoken:
        raise Invalid({"language": [f"Choose one of {', '.join(spoken)}."]})
    return NewReport(
        id=report_id, service=told["service_code"], point=point_from(told["lat"], told["long"]),
        address=" ".join(told["address"].split()), description=told["description"],
        answers=answers(service, told["answers"], language) if service else (), language=language,
        source="partner", contact=told["contact"], external_id=told["external_id"])


def _json(content: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(content), mimetype="application/json", headers={"Cache-Control": "no-store"})


def _refusal(status: int, faults: Mapping[str, Sequence[str]], **headers: str) -> ResponseReturnValue:
    told = [{"field": _field(name), "message": str(words)} for name, said in faults.items() for words in said]
    return _json({"errors": told}), status, headers


def _field(name: str) -> str:
    """Return what the partner calls a field: "answers.size", "contact.email"."""
    name = IN_A_TABLE.sub("", name)
    return f"answers.{name.removeprefix('answer-')}" if name.startswith("answer-") else NAMES.get(name, name)


@pages.errorhandler(Invalid)
def _invalid(fault: Invalid) -> ResponseReturnValue:
    return _refusal(422, fault.fields)


@pages.errorhandler(NotAllowed)
def _not_allowed(fault: NotAllowed) -> ResponseReturnValue:
    return _refusal(401, {"": [fault.sentence]})


@pages.errorhandler(Conflict)
def _conflict(fault: Conflict) -> ResponseReturnValue:
    return _refusal(409, {"webhook-id": [fault.sentence]})


@pages.errorhandler(RateLimitExceeded)
def _too_many(_fault: RateLimitExceeded) -> ResponseReturnValue:
    seconds = str(limits.seconds_left())
    words = f"Too many posts. Try again in {seconds} seconds."
    return _refusal(429, {"": [words]}, **{"Retry-After": seconds})


@pages.errorhandler(HTTPException)
def _http(fault: HTTPException) -> ResponseReturnValue:
    words = {413: f"Send at most {LARGEST // 1024} KB.", 415: "Send application/json."}
    return _refusal(fault.code or 500, {"": [words.get(fault.code or 0, fault.name)]})


@pages.errorhandler(OperationalError)
def _database_away(fault: OperationalError) -> ResponseReturnValue:
    log.error("database does not answer", error=repr(fault.orig))
    return _refusal(503, {"": ["We are busy. Try again in a minute."]}, **{"Retry-After": "60"})


@pages.errorhandler(Exception)
def _our_mistake(fault: Exception) -> ResponseReturnValue:
    log.error("a partner's post failed", error=repr(fault), exc_info=fault)
    return _refusal(500, {"": ["That was our mistake. Nothing was saved."]})
