"""Words as they are compared: one spelling for what is written and for what is typed, on both engines.

Accents, upper case, wide letters and the forms of Arabic letters make no difference. What is left are
letters and figures, a blank between words: nothing that any engine could take for a sign of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, column, literal_column, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from civicconnect.db.transaction import Db

GRAM = 3  # letters that are indexed together
# Written without blanks between words, or with what belongs to a word hung on to it: kana, ideographs,
# Hangul, Thai, Lao, Khmer, Burmese, and signs such as emoji.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2190-\u2bff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff]+")
# Letters that no rule of Unicode takes apart, and Arabic ones that keyboards write differently.
ALIKE = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
    "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ک": "ك", "ـ": ""})
DROPPED = "'’‘ʼʹ`´\u02bb"  # within a word: O'Neill is found as ONeill
# Nobody writes reports in it: three such letters stand for a service, which no words can feign.
CODES, MANY_CODES = 0x12000, 900
PLAIN = {code: chr(code) if chr(code).isalnum() else "" if chr(code) in DROPPED else " "
         for code in range(128)}


class _Letters(dict[int, str]):
    """What becomes of each character that text was taken apart into."""

    def __missing__(self, code: int) -> str:
        self[code] = letter = _letter(chr(code))
        return letter


def _letter(sign: str) -> str:
    kind = unicodedata.category(sign)
    if sign in DROPPED or kind == "Cf" or 0xFE00 <= ord(sign) <= 0xFE0F or 0x1F3FB <= ord(sign) <= 0x1F3FF:
        return ""
    if CODES <= ord(sign) <= CODES + MANY_CODES:
        return " "
    if kind[0] == "M":
        # Accents and vowel signs go; what makes another letter of one (a virama, a voiced kana) stays.
        return "" if unicodedata.combining(sign) > 9 else sign
    if kind == "Nd":
        return str(unicodedata.digit(sign))
    return sign if kind[0] in "LN" or kind == "So" else " "


LETTERS = _Letters()


def fold(text: str) -> str:
    """Return a text as it is compared: its words in small plain letters, a blank between them."""
    if text.isascii():
        return " ".join(text.lower().translate(PLAIN).split())
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    folded = unicodedata.normalize("NFC", apart.translate(LETTERS)).translate(ALIKE)
    return " ".join(folded.split())


def written(*texts: str) -> str:
    """Return texts as they are searched, between blanks; "" for nothing.

    Of what is written without blanks, each one and each two letters stand once more as words of their own:
    two Chinese characters are a usual word, and the index knows only three.
    """
    folded = fold(" ".join(texts))
    if not folded:
        return ""
    if folded.isascii():
        return f" {folded} "
    short = {run[at:at + size]: None for run in UNSPACED.findall(folded) for size in (1, 2)
             for at in range(len(run) - size + 1)}
    return f" {' '.join([folded, *short])} "


def needles(typed: str) -> list[str]:
    """Return what must stand in a text, for each word typed.

    A word of one or two letters must stand there as a word; a longer one anywhere, also within a word.
    """
    found: dict[str, None] = {}
    for word in typed.split():
        folded = fold(word)
        if folded:
            found[folded if len(folded) >= GRAM else f" {folded} "] = None
    return list(found)


def code_word(number: int) -> str:
    """Return the three letters that stand for a number below 810,000."""
    first, second = divmod(number, MANY_CODES)
    return chr(CODES) + chr(CODES + 1 + first) + chr(CODES + 1 + second)


def grams(needle: str) -> Sequence[str]:
    """Return the threes of letters in which a needle can be looked up; together they hold all of it."""
    last = len(needle) - GRAM
    return list(dict.fromkeys(needle[at:at + GRAM] for at in (*range(0, last, 2), last)))


def looked_up(db: Db, asked: Select[Any], key: Any, wanted: Sequence[Sequence[str]]) -> Select[Any]:
    """Return a statement on a table of words that reads only the rows its index names, the newest first.

    asked     it compares the words itself: on PostgreSQL that is what makes use of the index
    key       the key of the table; the embedded engine's index is called as it, and "_index"
    wanted    for each word the needles of which one must stand there
    """
    if db.get_bind().dialect.name == "postgresql":
        return asked.order_by(key.desc())
    name = f"{key.class_.__tablename__}_index"
    index = table(name, column("rowid"))
    # Quoted letters, figures and blanks: no word that is typed can be a sign of the index's own language.
    match = " AND ".join(f"({' OR '.join(map(_all_of, needles_))})" for needles_ in wanted)
    named = literal_column(name).op("MATCH")(bindparam("match", match, String, unique=True))
    return asked.join(index, index.c.rowid == key).where(named).order_by(index.c.rowid.desc())


def _all_of(needle: str) -> str:
    return f"({' AND '.join(f'{chr(34)}{gram}{chr(34)}' for gram in grams(needle))})"


class _Among(FunctionElement[Any]):
    """A key is one of some numbers: one value to send, however many they are."""

    name = "among"
    type = Integer()  # of a Boolean SQLAlchemy asks whether it = 1, and then no engine looks anything up
    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_embedded(element: Any, compiler: Any, **given: Any) -> str:
    key, numbers = (compiler.process(clause, **given) for clause in element.clauses)
    return f"{key} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608  a column, and a mark for a value


@compiles(_Among, "postgresql")
def _among_server(element: Any, compiler: Any, **given: Any) -> str:
    key, numbers = (compiler.process(clause, **given) for clause in element.clauses)
    return f"{key} = ANY (CAST(translate({numbers}, '[]', '{{}}') AS bigint[]))"


def among(key: Any, numbers: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a key is one of some numbers, thousands of them too."""
    return _Among(key, bindparam("among", orjson.dumps(list(numbers)).decode(), String, unique=True))
