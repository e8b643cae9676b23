"""What every page of a city's site needs: words, files, headers, sign-in and clear refusals."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_babel import Babel
from flask_compress import Compress
from flask_security import Security, SQLAlchemySessionUserDatastore
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from civicconnect import settings
from civicconnect.accounts import Role, Staff
from civicconnect.db import account_session
from civicconnect.settings import Settings
from civicconnect.web import (
    audit,
    blocks,
    bulk,
    city,
    city_versions,
    contractor,
    contractors,
    counter,
    data,
    desk,
    entrance,
    errors,
    extent,
    family,
    field,
    files,
    flagging,
    following,
    frame,
    gallery,
    glass,
    handover,
    headers,
    inbox,
    language,
    languages,
    limits,
    listing,
    mailbox,
    me,
    moderation,
    notices,
    offline,
    operator,
    paper,
    partner,
    people,
    performance,
    rerouting,
    resident,
    rounds,
    rule_words,
    rules,
    sign_in,
    sign_on,
    staff,
    suggestion,
    tasks,
    theme,
    tiles,
    turning,
    wording,
    words,
    works,
)
from civicconnect.web.compiled import Compiled


def furnish(app: Flask, given: Settings) -> None:
    """Hang the pages into an application."""
    _configure(app, given)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.bytecode_cache = Compiled()
    Babel(app, locale_selector=language.locale, timezone_selector=language.time_zone)
    language.prefix(app)
    csrf = CSRFProtect(app)
    csrf.exempt(partner.receive)  # it is signed, and carries no cookie
    csrf.exempt(following.stop)  # a mail program sends it, and whoever has the key may
    Compress(app)
    sign_in.hang(app, given)
    store = SQLAlchemySessionUserDatastore(account_session, Staff, Role)
    Security(app, store)
    sign_in.take_doors(app)
    app.teardown_appcontext(lambda _: account_session.remove())
    headers.hang(app)
    turning.hang(app)
    words.hang(app)
    rule_words.hang(app)
    desk.hang(app)
    frame.hang(app)
    files.hang(app)
    errors.hang(app)
    sign_on.hang(app)
    app.url_map.strict_slashes = False  # people type a slash at the end
    app.url_map.merge_slashes = False  # and nobody is sent to an address made from a Host header
    rooms = (resident, suggestion, following, flagging, listing, staff, desk, bulk, counter, inbox,
             moderation, blocks, people, me, audit, glass, entrance, sign_on, partner, performance, data,
             notices, languages, mailbox, gallery, theme, tiles, operator, offline, paper, extent, wording,
             rules, rerouting, city, city_versions, field, rounds, family, works, handover, tasks,
             contractors, contractor)
    for room in rooms:
        app.register_blueprint(room.pages)
    sign_in.shut_doors(app)
    limits.hang(app, given)


def _configure(app: Flask, given: Settings) -> None:
    secure = given.address.startswith("https://")
    app.config.update(
        SECRET_KEY=given.secret_key,
        SECURITY_PASSWORD_SALT=given.secret_key,
        # Room for as many photos as a service may ask for, each of the largest size, and one more: a form
        # with one that is too large is read, and keeps its words.
        MAX_CONTENT_LENGTH=6 * given.photo_bytes,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        MAX_FORM_PARTS=100,
        SESSION_COOKIE_NAME="civic",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        REMEMBER_COOKIE_SECURE=secure,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        # A form left open over lunch must still be sendable: the token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SECURITY_URL_PREFIX="",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="staff.home",  # a name, not an address: it keeps the language
        SECURITY_POST_LOGOUT_VIEW="resident.home",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_UNAUTHORIZED_VIEW=None,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "image/svg+xml",
                            "application/json", "application/manifest+json", tiles.MIMETYPE],
        BABEL_TRANSLATION_DIRECTORIES=str(settings.HERE / "web" / "translations"),
    )
