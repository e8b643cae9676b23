"""The words of an address: how they are folded, what they are short for, and which of them say little."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Ways of writing the words that half the streets share: all of a line count as one word. "St" is a street and
# a saint, and nobody who types it should have to say which; but Oak Place and Oak Plaza may both exist.
KINDS = """
    street st str strt straat strasse saint sankt sint
    avenue av ave aven avn avenida avda avd
    road rd
    boulevard bd bld blvd boul boulv bulevar bulevard blv
    lane ln
    way wy
    row
    rise
    mews
    walk wk
    path
    trail trl
    loop
    grove grv
    bank
    yard
    quay
    wharf
    drive dr drv doctor docteur doutor
    court ct crt
    square sq sqr
    terrace ter terr
    crescent cres cr
    close clo
    gardens gdns
    highway hwy
    parkway pkwy pky
    freeway fwy
    expressway expy
    circle cir circ
    place pl
    plaza pza plz
    praca pca
    platz
    plein
    piazza
    calle c cl cll
    rue r rua
    carrera cra kra kr crr
    carretera ctra
    paseo pso passeio
    camino cno cam caminho
    chemin ch che
    travessa tv trav traverse travesia
    transversal tr transv
    diagonal dg diag
    allee all alameda al
    alley aly
    impasse imp
    route rte ruta
    rodovia rod
    quai q
    faubourg fbg fg
    prolongacion prol
    callejon cjon
    ronda rda
    weg wg
    شارع ش
    طريق ط
    ميدان
    زقاق
    north n norte nord
    south s sur sul sud
    east e este est ost
    west w
    oeste o ouest
    northeast ne noreste nordeste
    northwest nw noroeste
    southeast se sudeste sureste
    southwest sw sudoeste suroeste
"""
TITLES = """
    mount mt mont
    fort ft
    sainte ste santa sta
    santo sto
    general gen gral
    colonel col coronel cnel
    captain capt capitan cap
    president pres presidente
    professor prof profesor professeur
    marechal mal marshal
    junior jr
    first 1
    second 2
    third 3
    fourth 4
    fifth 5
    sixth 6
    seventh 7
    eighth 8
    ninth 9
    tenth 10
"""
LINKS = {"a", "al", "an", "at", "d", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do",
         "dos", "du", "el", "in", "l", "la", "las", "le", "les", "lo", "los", "of", "on", "the", "und", "van",
         "von", "zu", "zum", "zur"}
ARTICLE = "ال"
# Not "12a": where streets are numbered, that is another street than 12.
ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|er|ere|eme|ra|ro|da|do|ta|to|va|vo|ma|mo|na|no)")
FRACTION = re.compile("[¼½¾⅐-⅞]")
FILLER = "\u0640"  # the line that stretches an Arabic word, and says nothing
LEFT_OUT = frozenset("'’ʼ.´`" + FILLER)


def fold(words: str) -> str:
    """Return words as they are searched: lower case, no accents, no punctuation, single blanks."""
    plain = unicodedata.normalize("NFKD", FRACTION.sub(r" \g<0>", words.casefold()))
    letters = (c for c in plain if not unicodedata.combining(c) and c not in LEFT_OUT)
    return " ".join("".join(_written(c) for c in letters).split())


def _written(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))  # ٣ and 3 are one number
    return character if character.isalnum() else " "


def _by_spelling(table: str) -> dict[str, str]:
    lines = (line.split() for line in table.split("\n"))
    return {word: line[0] for line in lines for word in line}


SPELLINGS = _by_spelling(TITLES) | _by_spelling(KINDS)
GENERAL = frozenset(_by_spelling(KINDS).values())


def plain(word: str) -> str:
    """Return the one form of a folded word that all its spellings share."""
    if word in SPELLINGS:
        return SPELLINGS[word]
    if word[:1].isdecimal() and (ordinal := ORDINAL.fullmatch(word)):
        return SPELLINGS.get(ordinal[1], ordinal[1])
    if word.startswith(ARTICLE) and len(word) > 4:
        return word[len(ARTICLE):]
    if word.endswith("strasse") and len(word) > len("strasse"):
        return word.removesuffix("strasse") + "str"
    return word


def key(name: str) -> str:
    """Return what all spellings of one street's name have in common."""
    return " ".join(plain(word) for word in fold(name).split())


def says_little(word: str) -> bool:
    """Say whether a plain word is a kind of street, a direction or an article: it can be left out."""
    return word in GENERAL or word in LINKS


def spellings(words: Iterable[str]) -> dict[str, str]:
    """Return {what may be typed: plain word} for the words of a city, and for all short forms."""
    known = {word: plain(word) for word in words}
    return known | {word: word for word in known.values()} | SPELLINGS
