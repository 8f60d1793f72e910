"""Logins: the quick check held against the email-validator package, and one spelling for each member."""

from __future__ import annotations

import random
import subprocess
import sys

import email_validator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.languages.stored_sentences import match_sentence
from linecard.rules.member import Members
from unit.sheet.reading import read

DOMAINS = ["example.com", "a-b.example.org", "x.co", "xn--exmple-cua.com", "9.example.com", ".".join(["d" * 60] * 4)]
ALPHABET = "abcxyz0189._+-'!#$%&*/=?^`{|}~@ ,;()<>[]\\\"\t\u00e9\u00a0\u200b\u212a"


def taught() -> Members:
    members = Members()
    for domain in DOMAINS:
        members.normalize(f"a@{domain}")
    return members


def truth(login: str) -> str | None:
    """What email-validator makes of it, or None if it is no address."""
    try:
        found = email_validator.validate_email(login, check_deliverability=False, globally_deliverable=False)
    except email_validator.EmailNotValidError:
        return None
    return found.normalized


def locals_(chance: random.Random) -> str:
    """A local part: plain names mostly, with what makes them wrong or odd now and then."""
    lengths = chance.choices((1, 3, 9, 33), k=chance.randrange(1, 4))
    words = ["".join(chance.choices("abcxyz0189", k=length)) for length in lengths]
    local = chance.choice(("", ".", ".", "_", "-", "+", "..", "._")).join(words)
    if chance.randrange(3) == 0:
        at = chance.randrange(len(local) + 1)
        local = local[:at] + chance.choice(ALPHABET) + local[at:]
    return local


def test_what_is_plain_is_valid_and_normal_for_email_validator():
    """Twenty thousand names on known and unknown domains, too long ones among them: never a false accept."""
    members = taught()
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    plain = 0
    for _ in range(20_000):
        login = f"{locals_(chance)}@{chance.choice([*DOMAINS, 'unknown.example', 'EXAMPLE.com', ''])}"
        if members.is_plain(login):
            plain += 1
            if plain % 4 == 0 or len(login) > 200 or not login.isascii():
                assert truth(login) == login, f"{login!r}, seed {seed}"
    assert plain > 4000


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.text("ab09-", min_size=1, max_size=4) | st.sampled_from(["x" * 63, "x" * 64, "xn--a", "ab--c", "\u00e9"])
    )
    .map(lambda labels: ".".join([*labels, ""]))
    .flatmap(lambda start: st.sampled_from(["com", "c", "c0", "co-m", "local", "d" * 64]).map(lambda end: start + end))
)
def test_a_domain_that_is_plain_is_valid_and_normal_for_email_validator(domain):
    """It is never asked of such a domain, neither the first time."""
    members = Members()
    try:
        login = members.normalize(f"ada@{domain}")
    except ValueError:
        assert domain not in members.domains
        return
    if domain in members.domains:
        assert truth(f"ada@{domain}") == login == f"ada@{domain}"


def test_most_sheets_need_no_email_validator():
    """Its loading would be a good part of the time that a short sheet takes."""
    script = "import sys; from linecard.rules.member import Members; Members().normalize('Ada.B@sub.example-1.com')"
    check = "sys.exit('email_validator' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", f"{script}; {check}"], check=False).returncode == 0


def test_an_address_of_more_characters_than_e_mail_allows_is_never_plain():
    """254 in all, and 64 before the @, also where the domain is known."""
    members = taught()
    assert members.is_plain(f"{'a' * 64}@example.com")
    assert not members.is_plain(f"{'a' * 65}@example.com")
    long = f"{'a' * 20}@{DOMAINS[-1]}"
    assert len(long) > 254
    assert truth(long) is None
    assert not members.is_plain(long)


@pytest.mark.parametrize(
    ("written", "login"),
    [
        ("Ada.Lovelace@Example.COM", "ada.lovelace@example.com"),
        ("ZOE\u0301@example.com", "zo\u00e9@example.com"),
        ("\u0130\u0323@example.com", "i\u0323\u0307@example.com"),
        ("a@xn--exmple-cua.com", "a@ex\u00e4mple.com"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_one_member_has_one_spelling(written, login):
    """Lower case, composed letters, the domain as people read it."""
    import unicodedata

    expected = unicodedata.normalize("NFC", login)
    assert Members().normalize(written) == expected
    assert Members().normalize(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "a@", "@example.com", "a@intranet", "a b@example.com", "a@b@example.com", "a@example..com"),
        *("Ada <ada@example.com>", '"a b"@example.com', "a.@example.com", "a@-example.com", "'ada@example.com"),
        *("a@[10.0.0.1]", "a" * 250 + "@example.com"),
    ],
)
def test_what_is_no_login_says_why(text):
    """A leading apostrophe is a spreadsheet's: the next one would make another member of it."""
    with pytest.raises(ValueError, match=r"\w+.*\.$"):
        Members().normalize(text)


@settings(max_examples=120, deadline=None)
@given(st.text(st.sampled_from(ALPHABET) | st.characters(), max_size=20), st.sampled_from(DOMAINS))
def test_a_login_read_again_is_the_same(local, domain):
    """Whatever the letters: reports and undo sheets name members as they are known."""
    members = Members()
    try:
        login = members.normalize(f"{local}@{domain}")
    except ValueError:
        return
    assert members.normalize(login) == login
    assert Members().normalize(login) == login
    if members.is_plain(login):
        assert truth(login) == login


@pytest.mark.parametrize(
    "login",
    ["ada@corp.local", "ada@ad.home.arpa", "ada@firma.test", "ada@corp.lan", "ada@x.invalid", "ada@localdomain"],
)
def test_a_login_is_a_name_so_no_domain_is_reserved(login):
    """Nobody sends mail to it: only its form is checked."""
    assert Members().normalize(login) == login


@pytest.mark.parametrize(
    ("typed", "login"),
    [
        ("jean\u2011luc@example.com", "jean-luc@example.com"),
        *((f"jean{dash}luc@example.com", "jean-luc@example.com") for dash in "\u2010\u2015\u02d7\u058a\u2796"),
        *(
            (f"o{mark}brien@example.com", "o'brien@example.com")
            for mark in "\u02bb\u02bc\u055a\u05f3\u1fbf\ua78c\u2032"
        ),
        ("marie\u2013claire@example.com", "marie-claire@example.com"),
        ("anne\u2212marie@example.com", "anne-marie@example.com"),
        ("o\u2019brien@example.com", "o'brien@example.com"),
        ("o\u00b4brien@example.com", "o'brien@example.com"),
        ("o\u02bcbrien@example.com", "o'brien@example.com"),
        ("o`brien@example.com", "o'brien@example.com"),
        ("\uff21\uff24\uff21\uff11\uff20example\uff0ecom", "ada1@example.com"),
        ("ada@example\u3002com", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("SMTP:ada@example.com", "ada@example.com"),
    ],
)
def test_typographic_marks_make_no_other_person(typed, login):
    """A word processor or a keyboard puts them in; a leaver who is typed so must not keep the telephone."""
    reading = read(f"Action,LoginEmail,Extension\ndetach,{typed},\n".encode())
    assert reading.valid[0][2] == login
    assert reading.warnings == [(2, "LoginEmail", "cleaned")]


@pytest.mark.parametrize("text", ["a@-example.com", '"a b"@example.com', "a@[10.0.0.1]", "a@b@example.com", "a"])
def test_why_it_is_no_login_is_one_of_the_sentences_that_are_translated(text):
    with pytest.raises(ValueError) as caught:
        Members().normalize(text)
    assert match_sentence(str(caught.value)) is not None


@pytest.mark.parametrize("text", ["\u0430da@example.com", "ada@ex\u0430mple.com", "j\u03bfe@example.com"])
def test_letters_of_another_alphabet_make_no_other_person(text):
    """A keyboard switched to Cyrillic or Greek has letters that look like Latin ones."""
    with pytest.raises(ValueError, match="two alphabets"):
        Members().normalize(text)


@pytest.mark.parametrize("login", ["иван.petrov@example.com", "γιώργος@example.com", "zoé.ñandú@example.com"])
def test_words_of_several_alphabets_may_stand_side_by_side(login):
    assert Members().normalize(login) == login


@pytest.mark.parametrize("text", ["a@x.org;b@x.org", "a@x.org b@x.org", "a@x.org, b@x.org"])
def test_two_addresses_are_named_so(text):
    with pytest.raises(ValueError, match="more than one address"):
        Members().normalize(text)


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        ("'ada@example.com", "An address does not start with an apostrophe."),
        ("ada@example.com, bob@example.com", "There is more than one address in the cell."),
        ("ada@example.com;bob@example.com;", "There is more than one address in the cell."),
        ("a@b@example.com", "The part after the @-sign contains invalid characters: '@'."),
        ("\u0430da@example.com", "Letters of two alphabets that look alike are mixed in one word."),
        ("a..b@example.com", "An email address cannot have two periods in a row."),
        ("ada", "An email address must have an @-sign."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(login, sentence):
    with pytest.raises(ValueError) as caught:
        Members().normalize(login)
    assert str(caught.value) == sentence


def test_letters_that_unicode_gives_no_name_are_letters():
    """Tangut, among others: Python's tables know no names for it."""
    login = "\U00017000@example.com"
    assert Members().normalize(login) == login


def test_the_longest_login_is_quickly_known():
    domain = ".".join(["d" * 60] * 3) + ".example"
    local = "a" * (253 - len(domain))
    members = Members()
    assert members.normalize(f"a@{domain}")
    assert members.is_plain(f"{local}@{domain}")
    assert not members.is_plain(f"{local}a@{domain}")
