"""Letters: whatever comes, it is read, dropped with a line, or refused with the code a mail server knows."""

from __future__ import annotations

import io
from contextlib import suppress
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from time import monotonic

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from civicconnect import accounts, cli, db, reports
from civicconnect.letters import LARGEST, Unreadable, read_letter


def letter(body="There is a deep hole at 12 Weir Bank.\n", subject="A pothole", **headers) -> EmailMessage:
    """Return a message as somebody's mail program writes it."""
    made = EmailMessage()
    told = {"From": "Ana Søndergård <ana@home.example>", "To": "report@city.example", "Subject": subject,
            "Message-ID": "<one@home.example>"} | {k.replace("_", "-"): v for k, v in headers.items()}
    for name, value in told.items():
        if value is not None:
            made[name] = value
    made.set_content(body)
    return made


def picture(kind="JPEG", size=(400, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(out, kind)
    return out.getvalue()


# Reading

def test_a_plain_letter_is_read():
    found = read_letter(bytes(letter()))
    assert (found.sender.name, found.sender.email) == ("Ana Søndergård", "ana@home.example")
    assert (found.subject, found.words) == ("A pothole", "There is a deep hole at 12 Weir Bank.")
    assert (found.message_id, found.automatic, found.pictures) == ("<one@home.example>", "", ())


def test_who_wishes_the_answer_elsewhere_is_answered_there():
    found = read_letter(bytes(letter(Reply_To="Ben <ben@home.example>")))
    assert (found.sender.name, found.sender.email) == ("Ben", "ben@home.example")


@pytest.mark.parametrize(("body", "words"), [
    ("It is dark.\n\n-- \nAna\nTel. 555 0101\n", "It is dark."),
    ("It is dark.\n\nSent from my phone\n", "It is dark."),
    ("It is dark.\n\nOn Monday, the city <a@b.example> wrote:\n> What is it?\n", "It is dark."),
    ("Está oscuro.\n\nEl lun, 3 nov 2026, la ciudad escribió:\n> ¿Qué es?\n", "Está oscuro."),
    ("It is dark.\n\n-----Original Message-----\nFrom: city\n", "It is dark."),
    ("> What is it?\nIt is dark.\n> And where?\nOn the quay.\n", "It is dark.\nOn the quay."),
    ("> nothing but a quotation\n", "> nothing but a quotation"),
    ("a\n\n\n\n\nb\n", "a\n\nb"),
])
def test_quotations_and_signatures_are_cut(body, words):
    assert read_letter(bytes(letter(body))).words == words


def test_a_forwarded_letter_keeps_what_it_forwards():
    body = "Please see to it.\n-----Original Message-----\nThe lamp is out.\n"
    assert "The lamp is out." in read_letter(bytes(letter(body, subject="FW: lamp"))).words


def test_a_letter_in_html_is_read_as_text_without_its_scripts():
    made = EmailMessage()
    made["Subject"] = "lamp"
    made.set_content("<html><head><title>no</title><style>p{}</style></head><body>"
                     "<p>The lamp &amp; the sign</p><script>alert(1)</script>"
                     "<div>are out.<br>Both.</div></body></html>", subtype="html")
    assert read_letter(bytes(made)).words == "The lamp & the sign\n\nare out.\nBoth."


def test_plain_text_goes_before_html():
    made = letter("The plain one.")
    made.add_alternative("<p>The other one.</p>", subtype="html")
    assert read_letter(bytes(made)).words == "The plain one."


def test_pictures_are_found_attached_and_named_and_small_ones_are_logos():
    made = letter()
    made.add_attachment(picture(), maintype="image", subtype="jpeg", filename="hole.jpg")
    made.add_attachment(picture(), maintype="application", subtype="octet-stream", filename="hole.JPG")
    made.add_attachment(picture(size=(8, 8)), maintype="image", subtype="jpeg", filename="logo.jpg")
    made.add_attachment(b"x" * 9000, maintype="application", subtype="pdf", filename="letter.pdf")
    assert len(read_letter(bytes(made)).pictures) == 2


@pytest.mark.parametrize(("headers", "why"), [
    ({"Auto_Submitted": "auto-replied"}, "Auto-Submitted"), ({"Auto_Submitted": "no"}, ""),
    ({"Precedence": "bulk"}, "Precedence"), ({"Precedence": "list"}, "Precedence"),
    ({"Precedence": "normal"}, ""),
    ({"Return_Path": "<>"}, "Return-Path"), ({"Return_Path": "<ana@home.example>"}, ""),
    ({"X_CivicConnect": "notice"}, "X-CivicConnect"),
])
def test_what_no_person_wrote_is_told_apart(headers, why):
    found = read_letter(bytes(letter(**headers))).automatic
    assert (why in found) if why else found == ""


def test_a_notice_of_delivery_is_told_apart():
    made = MIMEMultipart("report")
    made["From"] = "mailer-daemon@city.example"
    made.attach(MIMEText("Undelivered."))
    assert "delivery" in read_letter(bytes(made)).automatic


@pytest.mark.parametrize("raw", [
    b"From: \xff\xfe <ana@home.example>\nSubject: =?utf-8?q?broken\n\nIt is dark.",
    b"From: (((((((((((((((((((((((((\nSubject: x\n\nIt is dark.",
    b"From: " + b"(" * 3000 + b"\nSubject: x\n\nIt is dark.",
    b"From: @\nSubject: x\n\nIt is dark.",
    b"From: \"\" <>\nReply-To: ;\nSubject: x\n\nIt is dark.",
    b"From: Group: ;\nSubject: x\n\nIt is dark.",
    b"Subject: x\n\nIt is dark.",
    b"\n\nIt is dark.",
    b"Content-Type: text/plain; charset=klingon\nSubject: x\n\nIt is dark.",
    b"Content-Type: text/plain; charset=punycode\nSubject: x\n\nIt is dark.",
    b"Content-Type: text/plain; charset=\"\"\nSubject: x\n\nIt is dark.",
    b"Content-Type: text/plain; charset*=x'y\nSubject: x\n\nIt is dark.",
    b"Content-Type: ;;;\nSubject: x\n\nIt is dark.",
    b"Content-Type: multipart/mixed\nSubject: x\n\nIt is dark.",
    b"Content-Type: multipart/mixed; boundary=\"\"\nSubject: x\n\nIt is dark.",
    b"Content-Transfer-Encoding: base64\nSubject: x\n\n!!!!It is dark.",
    b"Content-Transfer-Encoding: x-uuencode\nSubject: x\n\nIt is dark.",
    b"Content-Type: text/html\nSubject: x\n\n<p <<<&#xfffffff; It is dark <![CDATA[ <!-- ",
    b"Subject: x\nMessage-ID: " + b"<" * 500 + b"\n\nIt is dark.",
    b"Subject: a\0b\n\nIt is\0 dark.",
    b"".join(b"X-%d: y\n" % n for n in range(10_000)) + b"Subject: x\n\nIt is dark.",
    b"X: " + b"y" * 2_000_000 + b"\nSubject: " + b"z" * 2_000_000 + b"\n\nIt is dark.",
    b"Subject: x\n" + b" continued\n" * 50_000 + b"\nIt is dark.",
])
def test_broken_letters_are_read_as_far_as_they_can_be(raw):
    began = monotonic()
    found = read_letter(raw)
    assert found.words or found.subject
    for text in (found.words, found.subject, found.message_id, found.sender.name, found.sender.email):
        assert "\0" not in text
        text.encode()
    assert monotonic() - began < 10


def nested(depth: int) -> bytes:
    made = MIMEText("It is dark.")
    for _ in range(depth):
        outer = MIMEMultipart()
        outer.attach(made)
        made = outer
    return made.as_bytes()


@pytest.mark.parametrize("raw", [
    b"", b"\n\n\n", b"From: a@b.example\n\n", b"x" * (LARGEST + 1), nested(100),
    b"Content-Type: message/rfc822\n\n" * 5000,
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
], ids=["nothing", "blanks", "only a sender", "too large", "nested", "letters in letters", "many parts"])
def test_what_cannot_be_read_is_refused(raw):
    began = monotonic()
    with pytest.raises(Unreadable):
        read_letter(raw)
    assert monotonic() - began < 10


def test_a_letter_within_a_letter_is_read():
    outer = MIMEMultipart()
    outer["Subject"] = "FW: lamp"
    outer.attach(MIMEMessage(letter("The lamp is out.")))
    assert read_letter(outer.as_bytes()).words == "The lamp is out."


@given(raw=st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_no_bytes_at_all_break_the_reader(raw):
    for head in (b"", b"Subject: x\nFrom: ", b"Content-Type: ",
                 b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"):
        with suppress(Unreadable):
            read_letter(head + raw).words.encode()


@given(text=st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_every_text_comes_through_that_a_database_can_keep(text):
    made = MIMEText(text.encode("utf-8", "replace").decode(), _charset="utf-8")
    made["Subject"] = "x"
    found = read_letter(made.as_bytes())
    found.words.encode()
    assert "\0" not in found.words


# Taking

@pytest.fixture
def deliver(own_database, own_settings, monkeypatch):
    """Deliver a message as a mail server does; returns the exit code and what was said."""
    (own_settings.data_folder / "photos").mkdir(exist_ok=True)

    def run(content: bytes = b"", maildir=None, **env):
        told = {"CIVIC_DATA": str(own_settings.data), "CIVIC_DATABASE_URL": own_settings.database_url,
                "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40} | env
        done = CliRunner().invoke(cli.civic, ["intake", "mail", *([str(maildir)] if maildir else [])],
                                  input=content, env=told)
        return done.exit_code, done.output
    return run


def inbox():
    with db.reading() as view:
        return list(view.scalars(reports.waiting_letters()))


def test_a_letter_waits_in_the_inbox_with_a_guess_and_its_photos_and_its_sender_sealed(deliver):
    made = letter()
    for _ in range(2):
        made.add_attachment(picture(), maintype="image", subtype="jpeg", filename="hole.jpg")
    made.add_attachment(b"GIF89a" + b"x" * 9000, maintype="image", subtype="gif", filename="a.gif")
    code, said = deliver(bytes(made))
    assert code == 0, said
    assert "A picture was left out".lower() in said.lower()
    (found,) = inbox()
    assert (found.subject, found.service, found.state) == ("A pothole", "pothole", "waiting")
    with db.reading() as view:
        assert len(reports.photos_of_letters(view, [found.id])[found.id]) == 2
        assert accounts.read_contact(view, found.contact_id).details.email == "ana@home.example"


def test_the_same_letter_twice_is_one(deliver):
    assert deliver(bytes(letter()))[0] == 0
    code, said = deliver(bytes(letter()))
    assert (code, "taken before" in said, len(inbox())) == (0, True, 1)


def test_a_letter_without_an_id_is_known_by_all_of_it(deliver):
    for body in ("One.", "One.", "Two."):
        deliver(bytes(letter(body, Message_ID=None)))
    assert [one.words for one in inbox()] == ["One.", "Two."]


@pytest.mark.parametrize(("made", "said"), [
    (letter(Auto_Submitted="auto-replied"), "sent by a program"),
    (letter(From="hello@larkmouth.example"), "the city's own address"),
])
def test_what_no_person_wrote_is_dropped_with_a_line(deliver, made, said):
    code, told = deliver(bytes(made))
    assert (code, said in told, inbox()) == (0, True, [])


@pytest.mark.parametrize("raw", [b"", b"x" * (LARGEST + 1), nested(100)])
def test_what_cannot_be_read_goes_back_with_65(deliver, raw):
    code, said = deliver(raw)
    assert code == 65
    assert "was not taken" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("env", [
    {"CIVIC_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
    {"CIVIC_DATABASE_URL": "nonsense"}, {"CIVIC_PORT": "abc"},
    {"CIVIC_SECRET_KEY": "", "CIVIC_DATA": "/nonexistent"},
])
def test_where_something_is_wrong_with_us_the_mail_server_tries_again_later(deliver, env):
    code, said = deliver(bytes(letter()), **env)
    assert code == 75
    assert said.strip()
    assert "Traceback" not in said


def test_a_maildir_is_emptied_into_the_inbox_one_broken_message_or_not(deliver, tmp_path):
    new = tmp_path / "mail" / "new"
    new.mkdir(parents=True)
    (new / "1.host").write_bytes(bytes(letter()))
    (new / "2.host").write_bytes(b"")
    (new / "3.host").write_bytes(bytes(letter("The lamp is out.", Message_ID="<two@home.example>")))
    code, said = deliver(maildir=tmp_path / "mail")
    assert code == 65, said
    assert [one.words[:8] for one in inbox()] == ["There is", "The lamp"]
    assert sorted(f.name for f in (tmp_path / "mail" / "cur").iterdir()) == [
        "1.host:2,S", "2.host:2,S", "3.host:2,S"]
    assert deliver(maildir=tmp_path / "mail") == (0, "")


def test_a_message_whose_database_is_away_stays_new(deliver, tmp_path):
    new = tmp_path / "mail" / "new"
    new.mkdir(parents=True)
    (new / "1.host").write_bytes(bytes(letter()))
    code, _ = deliver(maildir=tmp_path / "mail", CIVIC_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert code == 75
    assert (new / "1.host").exists()


def test_a_folder_that_is_no_maildir_is_named(deliver, tmp_path):
    assert "no folder 'new'" in deliver(maildir=tmp_path)[1]


def test_at_most_five_photos_are_kept(deliver):
    made = letter()
    for n in range(7):
        made.add_attachment(picture(size=(300 + n, 200)), maintype="image", subtype="jpeg",
                            filename=f"{n}.jpg")
    _, said = deliver(bytes(made))
    assert "only 5 photos" in said
    with db.reading() as view:
        (found,) = inbox()
        assert len(reports.photos_of_letters(view, [found.id])[found.id]) == 5
