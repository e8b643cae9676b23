"""The photos of a form: read, kept through refusals under signed names, and shown again."""

from __future__ import annotations

from datetime import timedelta

from flask import Request, current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from civicconnect import media, settings
from civicconnect.errors import Invalid, NotFound, Sentence
from civicconnect.media import Photo

KEPT_FOR = timedelta(days=2)  # how long a photo waits for the rest of its form
LONGEST_NAME = 60
MOST_CARRIED = 20  # each is opened to see that it is there
Faults = dict[str, list[str]]


def store() -> media.Store:
    """Return the city's photographs."""
    return media.Store(settings.current().data_folder / "photos")


def read_photos(
    request: Request, most: int, faults: Faults, *, takes_files: bool = True
) -> tuple[Photo, ...]:
    """Return the photos of a posted form: those it carried along, then those chosen now.

    most      how many a report may have; what is beyond is a fault, and is not even decoded
    faults    gets a sentence for each file that is no photo; the good ones are kept all the same
    takes_files    else what was chosen now is left alone, and a fault

    A photo that is there twice counts once.
    """
    tokens = list(dict.fromkeys(request.form.getlist("photo_kept")))[:MOST_CARRIED]
    carried = (_kept_or_why(token, faults) for token in tokens)
    found = dict.fromkeys(photo for photo in carried if photo is not None)
    uploads = [upload for upload in request.files.getlist("photo") if upload.filename]
    if uploads and not takes_files:
        faults["photo"] = [_("A photo is no longer kept here. Choose it again.")]
        uploads = []
    for upload in uploads:
        if len(found) >= most:
            faults.setdefault("photo" if most else "form", []).append(_too_many(most))
            break
        photo = _accepted(upload, faults, is_alone=len(uploads) == 1)
        if photo is not None:
            found[photo] = None
    return tuple(found)[:most]


def _too_many(most: int) -> str:
    if not most:
        return str(_("No photo goes with this report. Send it again without."))
    return str(ngettext("At most %(num)d photo goes with this report. Untick what you do not want to send.",
                        "At most %(num)d photos go with this report. Untick what you do not want to send.",
                        most))


def _kept_or_why(token: str, faults: Faults) -> Photo | None:
    kept = kept_photo(token)
    if kept is None and "photo" not in faults:
        faults["photo"] = [_("A photo is no longer kept here. Choose it again.")]
    return kept


def _accepted(upload: FileStorage, faults: Faults, *, is_alone: bool) -> Photo | None:
    limits = media.Limits(bytes=settings.current().photo_bytes)
    try:
        return media.accept(store(), upload.stream, limits, field="photo")
    except Invalid as fault:
        for sentence in fault.fields["photo"]:
            named = sentence if is_alone else Sentence(
                "%(file)s: %(said)s", file=(upload.filename or "")[:LONGEST_NAME], said=sentence)
            faults.setdefault("photo", []).append(named)
        return None


def kept_photo(token: str) -> Photo | None:
    """Return the photo a form carried along; None where the token is not ours or too old."""
    try:
        return store().photo(_signer().loads(token, max_age=int(KEPT_FOR.total_seconds())))
    except (BadSignature, NotFound):
        return None


def token_of(photo: Photo) -> str:
    """Return the signed name under which a form carries a photo along."""
    return str(_signer().dumps(photo.digest))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="photo-kept")
