"""The two letters that staff get: an invitation, and a link to sign in with."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from civicconnect import accounts, db, jobs, settings
from civicconnect.accounts import INVITE
from civicconnect.catalog import Catalog, catalog
from civicconnect.db import Db
from civicconnect.notify.channels import Channel, channel
from civicconnect.notify.deliveries import sender_of
from civicconnect.notify.layout import message
from civicconnect.notify.letters import Button, Letter
from civicconnect.notify.tongue import Tongue

PATHS = {accounts.INVITE: "sign-in/invitation", accounts.SIGN_IN: "sign-in/link"}


def ask_for_link(db_: Db, staff_id: int, purpose: str, language: str) -> None:
    """Ask for the letter with a link: it is made when the letter is, and stands in no table but as a hash."""
    asked = {"staff": staff_id, "purpose": purpose, "language": language}
    jobs.enqueue(db_, "staff_link", asked, key=f"{purpose}-{staff_id}")


def send_link(view: Db, staff_id: int, purpose: str, language: str, by: Channel | None = None) -> None:
    """Make a link and send it to somebody who may sign in. Tried again, the earlier link ends."""
    person = view.get(accounts.Staff, staff_id)
    if person is None or not person.active:
        return
    offer = catalog(view)
    with db.transaction() as change:  # ends before the mail server is talked to
        token = accounts.make_link(change, staff_id, purpose)
    letter = letter_of_link(Tongue(language, ZoneInfo(offer.city.time_zone)), offer, purpose, token)
    (by or channel()).send(message(letter, sender_of(offer), person.email))


def letter_of_link(tongue: Tongue, offer: Catalog, purpose: str, token: str) -> Letter:
    """Return the letter that carries a link."""
    _ = tongue.say
    city = tongue.of_city(offer.city.name)
    address = f"{settings.current().address}/{tongue.code}/{PATHS[purpose]}/{token}"
    if purpose == INVITE:
        title = _("You are invited to work with %(city)s.", city=city)
        said = _("This link holds for 7 days. Choose a password with it, and you are in.")
        if accounts.sign_on_now():
            said = _("This link holds for 7 days. Sign in with it, and you are in.")
        words = _("Begin")
    else:
        title = _("Sign in to %(city)s", city=city)
        said, words = _("This link holds for 15 minutes, and once."), _("Sign in")
    return Letter(
        title, title, city, tongue.code, tongue.direction, paragraphs=(said,),
        buttons=(Button(words, address),),
        why=_("You get this because you work with the city's reports. If it was not you, do nothing."))
