"""Who may open what, as data: an address a line, and a rule for each of them.

An address that is not here fails tests/web/test_matrix.py, which says which line to add.
"""

from __future__ import annotations

# Kind of visitor: role and department. Everybody's report is one of the streets department.
PEOPLE = {
    "streets": ("staff", "streets"), "lighting": ("staff", "lighting"),
    "elsewhere": ("staff", "streets"),  # of the department, but limited to another part of the city
    "inspector": ("inspector", "streets"), "readonly": ("readonly", "streets"),
    "auditor": ("auditor", ""), "supervisor": ("supervisor", ""), "admin": ("admin", ""),
}
KINDS = ("stranger", *PEOPLE)

# What a rule gives each kind: "S" to sign in, a refusal, or "." for the answer that the address has for
# whoever is let in (which may still be that something is missing in what was sent).
_RULES = """
                stranger streets lighting elsewhere inspector readonly auditor supervisor admin
everybody       .        .       .        .         .         .        .       .          .
stranger        .        302     302      302       302       302      302     302        302
signed in       S        .       .        .         .         .        .       .          .
quiet           204      .       .        .         .         .        .       .          .
enter           S        .       .        .         403       403      403     .          .
moderate        S        403     403      403       403       403      403     .          .
audit           S        403     403      403       403       403      .       .          .
people          S        403     403      403       403       403      403     403        .
city            S        403     403      403       403       403      403     403        .
step            S        .       .        .         .         403      403     .          .
break glass     S        .       .        .         .         403      403     .          .
own             S        .       404      404       .         .        .       .          .
own, note       S        .       404      404       .         403      403     .          .
own, step       S        .       404      404       .         403      403     .          .
own, contact    S        .       404      404       403       403      403     .          .
"""
_HEAD, *_LINES = _RULES.strip("\n").splitlines()
assert tuple(_HEAD.split()) == KINDS, "the rules name other kinds of visitor"
RULES: dict[str, tuple[str | int, ...]] = {
    line[:16].strip(): tuple(int(cell) if cell.isdecimal() else cell for cell in line[16:].split())
    for line in _LINES
}
# Endpoint, method, rule, and what whoever is let in is answered to an empty form (or to one of FORMS).
CELLS: tuple[tuple[str, str, str, int], ...] = (
    ("audit.as_csv", "GET", "audit", 200),
    ("audit.index", "GET", "audit", 200),
    ("blocks.add", "POST", "moderate", 422),
    ("blocks.index", "GET", "moderate", 200),
    ("blocks.remove", "POST", "moderate", 404),
    ("bulk.begin", "POST", "signed in", 422),
    ("bulk.index", "GET", "signed in", 200),
    ("bulk.run", "POST", "signed in", 404),
    ("bulk.settle", "POST", "signed in", 404),
    ("bulk.show", "GET", "signed in", 404),
    ("bulk.undo", "POST", "signed in", 404),
    ("counter.enter", "POST", "enter", 200),
    ("counter.entered", "GET", "enter", 200),
    ("counter.form", "GET", "enter", 200),
    ("data.corrections", "GET", "everybody", 200),
    ("data.index", "GET", "everybody", 200),
    ("data.newest", "GET", "everybody", 404),
    ("data.version", "GET", "everybody", 404),
    ("desk.counts", "GET", "quiet", 200),
    ("desk.keep_view", "POST", "signed in", 422),
    ("desk.next_report", "GET", "signed in", 302),
    ("desk.remove_view", "POST", "signed in", 404),
    ("desk.show_keys", "GET", "signed in", 200),
    ("desk.switch_keys", "POST", "signed in", 303),
    ("desk.take", "POST", "signed in", 404),
    ("desk.views", "GET", "signed in", 200),
    ("flagging.flag", "POST", "everybody", 422),
    ("following.add_more", "POST", "everybody", 422),
    ("following.affects_me", "POST", "everybody", 303),
    ("following.ask_fixed", "GET", "everybody", 200),
    ("following.ask_mine", "POST", "everybody", 422),
    ("following.ask_stop", "GET", "everybody", 200),
    ("following.follow", "POST", "everybody", 422),
    ("following.give_address", "POST", "everybody", 422),
    ("following.mine", "GET", "everybody", 200),
    ("following.say_fixed", "POST", "everybody", 422),
    ("following.show", "GET", "everybody", 200),
    ("following.stop", "POST", "everybody", 303),
    ("following.take_back", "POST", "everybody", 404),
    ("following.withdraw", "POST", "everybody", 303),
    ("entrance.accept", "POST", "everybody", 404),
    ("entrance.ask_link", "GET", "everybody", 200),
    ("entrance.code", "GET", "everybody", 302),
    ("entrance.give_code", "POST", "everybody", 302),
    ("entrance.invitation", "GET", "everybody", 404),
    ("entrance.link", "GET", "everybody", 404),
    ("entrance.passkey", "POST", "everybody", 422),
    ("entrance.send_link", "POST", "everybody", 422),
    ("entrance.use_link", "POST", "everybody", 404),
    ("gallery.index", "GET", "everybody", 404),
    ("glass.ask", "GET", "break glass", 200),
    ("glass.open_report", "POST", "break glass", 422),
    ("inbox.drop", "POST", "enter", 422),
    ("inbox.index", "GET", "enter", 200),
    ("languages.index", "GET", "everybody", 200),
    ("listing.as_atom", "GET", "everybody", 200),
    ("listing.as_csv", "GET", "everybody", 200),
    ("listing.as_geojson", "GET", "everybody", 200),
    ("listing.drawn_map", "GET", "everybody", 422),
    ("listing.index", "GET", "everybody", 200),
    ("listing.on_map", "GET", "everybody", 200),
    ("mailbox.index", "GET", "everybody", 404),
    ("mailbox.show", "GET", "everybody", 404),
    ("me.add_passkey", "POST", "signed in", 422),
    ("me.change_password", "POST", "signed in", 422),
    ("me.codes", "GET", "signed in", 200),
    ("me.drop_passkey", "POST", "signed in", 404),
    ("me.index", "GET", "signed in", 200),
    ("me.new_paper", "POST", "signed in", 409),
    ("me.remove", "POST", "signed in", 422),
    ("me.set_up", "POST", "signed in", 422),
    ("me.sign_out", "POST", "signed in", 404),
    ("me.sign_out_others", "POST", "signed in", 303),
    ("moderation.change_photo", "POST", "moderate", 409),
    ("moderation.hide", "POST", "moderate", 422),
    ("moderation.index", "GET", "moderate", 200),
    ("moderation.keep", "POST", "moderate", 409),
    ("moderation.move", "POST", "moderate", 422),
    ("moderation.reveal", "POST", "moderate", 404),
    ("moderation.rewrite", "POST", "moderate", 404),
    ("moderation.show", "GET", "moderate", 200),
    ("moderation.show_again", "POST", "moderate", 409),
    ("moderation.show_photo", "GET", "moderate", 200),
    ("notices.accessibility", "GET", "everybody", 200),
    ("notices.privacy", "GET", "everybody", 200),
    ("notices.terms", "GET", "everybody", 200),
    ("offline.form", "GET", "everybody", 200),
    ("offline.manifest", "GET", "everybody", 200),
    ("offline.offer", "GET", "everybody", 200),
    ("offline.phone", "GET", "everybody", 200),
    ("offline.token", "GET", "everybody", 200),
    ("offline.worker", "GET", "everybody", 200),
    ("operator.healthz", "GET", "everybody", 200),
    ("operator.readyz", "GET", "everybody", 503),
    ("partner.receive", "POST", "everybody", 415),
    ("people.change", "POST", "people", 422),
    ("people.come_back", "POST", "people", 409),
    ("people.drop_factor", "POST", "people", 303),
    ("people.index", "GET", "people", 200),
    ("people.invite", "POST", "people", 422),
    ("people.invite_again", "POST", "people", 409),
    ("people.leave", "POST", "people", 303),
    ("people.show", "GET", "people", 200),
    ("people.sign_out", "POST", "people", 404),
    ("people.sign_out_all", "POST", "people", 303),
    ("performance.index", "GET", "everybody", 200),
    ("performance.suggestion", "GET", "everybody", 200),
    ("performance.suggestion_csv", "GET", "everybody", 404),
    ("resident.form", "GET", "everybody", 200),
    ("resident.home", "GET", "everybody", 200),
    ("resident.kept", "GET", "everybody", 404),
    ("resident.photo", "GET", "everybody", 404),
    ("resident.photo_first", "GET", "everybody", 200),
    ("resident.show", "GET", "everybody", 200),
    ("resident.submit", "POST", "everybody", 422),
    ("resident.take_photo", "POST", "everybody", 422),
    ("security.login", "GET", "stranger", 200),
    ("security.login", "POST", "stranger", 200),
    ("security.logout", "POST", "everybody", 302),
    ("staff.add_note", "POST", "own, note", 422),
    ("staff.home", "GET", "signed in", 302),
    ("staff.show", "GET", "own", 200),
    ("staff.show_contact", "POST", "own, contact", 200),
    ("staff.show_queue", "GET", "signed in", 200),
    ("staff.take_step", "POST", "own, step", 422),
    ("static", "GET", "everybody", 404),
    ("suggestion.fragment", "GET", "everybody", 200),
    ("theme.app_icon", "GET", "everybody", 200),
    ("theme.logo", "GET", "everybody", 200),
    ("theme.sheet", "GET", "everybody", 200),
    ("tiles.tile", "GET", "everybody", 200),
)
FORMS = {"staff.take_step": {"verb": "close"}}  # where nothing at all would not be understood
NOT_OURS = {"security.static", "security.verify"}
# What stands in the places of an address. The test itself fills in a report's reference, the key of whoever
# sent it, and a letter that waits in the inbox.
VALUES = {
    "digest": "a" * 64, "kind": "jpg", "token": "none", "stamp_": "0", "name": "none", "layer": "ground",
    "zoom": "14", "x": "6671", "y": "6129", "pixels": "192", "verb": "show", "block_id": "1",
    "format_": "csv", "version": "none", "session_id": "999999", "passkey_id": "999999",
    "number": "999999", "view_id": "999999",
}
