"""The quick check of numbers held against phonenumbers, the source of all number rules: never a false accept."""

from __future__ import annotations

import os
import random

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from linecard.rules.number_cell import BadCell
from linecard.rules.numbering import NumberingPlan, is_surely_valid

TRIED = 2_000_000 if os.environ.get("LINECARD_TORTURE") else 50_000
SEED = random.SystemRandom().randrange(1 << 32)


def examples() -> list[str]:
    """A number of every kind of every region and of every code that belongs to no region, as E.164."""
    kinds = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]
    found = [phonenumbers.example_number_for_type(region, kind) for region in REGIONS for kind in kinds]
    found += [phonenumbers.example_number_for_non_geo_entity(code) for code in CODES]
    return sorted({phonenumbers.format_number(number, PhoneNumberFormat.E164) for number in found if number})


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def mutated(number: str, chance: random.Random) -> str:
    """The number with a few digits changed, dropped, doubled or added: most are still near a valid one."""
    digits = list(number)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(1, len(digits))
        match chance.randrange(6):
            case 0 | 1 | 2:
                digits[at] = chance.choice("0123456789")
            case 3 if len(digits) > 4:
                del digits[at]
            case 4:
                digits.insert(at, chance.choice("0123456789"))
            case _:
                digits[-3:] = f"{chance.randrange(1000):03}"
    return "".join(digits)


def truth(number: str, region: str | None = None) -> str | None:
    """What phonenumbers makes of it: E.164, or None if it is not valid."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def test_what_is_surely_valid_is_valid_and_canonical_for_phonenumbers():
    """For numbers of all regions and random neighbours of them; and little that is valid is missed."""
    chance = random.Random(SEED)
    known = examples()
    sure = missed = 0
    for _ in range(TRIED):
        number = mutated(chance.choice(known), chance)
        # Only what the quick check accepts can be a false accept; of the rest, every tenth tells what it misses.
        if is_surely_valid(number):
            sure += 1
            assert truth(number) == number, f"{number}, seed {SEED}"
        elif len(number) > 10 and chance.randrange(10) == 0:
            missed += truth(number) == number
    assert sure > TRIED / 4
    assert missed * 10 < sure / 20, f"{missed} of about {TRIED / 10:.0f} missed, seed {SEED}"


def test_a_number_that_begins_like_a_call_from_inside_the_country_is_never_sure():
    """8 is dialled before numbers in Belarus, and numbers begin with it: phonenumbers takes this one for the former."""
    number = "+3758105012051"
    assert truth(number) is None
    assert not is_surely_valid(number)
    assert is_surely_valid("+375291234567")


def test_every_example_of_phonenumbers_is_decided_rightly():
    """And nearly all of those that are long enough to be no emergency number are accepted at once."""
    known = examples()
    assert len({number[:4] for number in known}) > 200
    accepted = [number for number in known if is_surely_valid(number)]
    assert [number for number in accepted if truth(number) != number] == []
    assert len(accepted) > 0.95 * sum(len(number) > 9 and truth(number) == number for number in known)


def test_a_surely_valid_number_is_the_same_in_every_region():
    """So that it need not be parsed, whatever the PBX's region."""
    chance = random.Random(SEED)
    known = [number for number in examples() if is_surely_valid(number)]
    for number in known:
        region = chance.choice(REGIONS)
        assert truth(number, region) == number, f"{number} in {region}, seed {SEED}"
        assert NumberingPlan(region).read_number(number).number == number


def test_other_spellings_are_never_sure():
    """Only E.164 itself: what is written otherwise is parsed and written anew."""
    for number in ("+33123456789",):
        assert is_surely_valid(number)
        wide = "".join(chr(ord(c) + 0xFEE0) for c in number[1:])
        for other in (
            *(number[1:], "00" + number[1:], "0" + number[3:], "+330" + number[3:], " " + number, number + " "),
            *(number + "\n", number.replace("3", "3 "), "+" + wide, "\uff0b" + number[1:], "+" + number, number + "0"),
        ):
            assert not is_surely_valid(other), other
    for junk in ("", "+", "+3", "+33", "+999123456789", "+0123456789", "+1", "+" + "3" * 40):
        assert not is_surely_valid(junk)


def neighbours(region: str, kind: int, count: int, chance: random.Random) -> set[str]:
    """Up to so many random valid numbers of a kind, as E.164."""
    example = phonenumbers.example_number_for_type(region, kind)
    found = set[str]()
    if example is None:
        return found
    digits = phonenumbers.national_significant_number(example)
    for _ in range(5 * count):
        kept = digits[: chance.randrange(len(digits))]
        text = kept + "".join(chance.choices("0123456789", k=len(digits) - len(kept)))
        number = truth(f"+{example.country_code}{text}")
        if number is not None and len(found) < count:
            found.add(number)
    return found


def test_no_number_that_lost_its_plus_becomes_another_one():
    """In every region, numbers of every kind: each is read as what it was, or refused."""
    chance = random.Random(SEED)
    count = 200 if os.environ.get("LINECARD_TORTURE") else 10
    tried = 0
    for region in REGIONS:
        plan = NumberingPlan(region)
        for kind in PhoneNumberType.values():
            for number in neighbours(region, kind, count, chance):
                tried += 1
                try:
                    read = plan.read_number(number[1:]).number
                except BadCell:
                    continue
                assert read == number, f"{number} in {region}, seed {SEED}"
    assert tried > 100 * count


def test_an_ordinary_national_spelling_is_read_without_a_word():
    """As the library itself writes it; but for the few that could be a foreign number with all its digits."""
    chance = random.Random(SEED)
    tried = refused = 0
    for region in REGIONS:
        plan = NumberingPlan(region)
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
            for number in neighbours(region, kind, 10, chance):
                tried += 1
                usual = phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.NATIONAL)
                try:
                    found = plan.read_number(usual)
                except BadCell:
                    refused += 1
                    continue
                assert found.number == number, f"{usual} in {region}, seed {SEED}"
                assert not any(note.code == "cleaned" for note in found.notes), f"{usual} in {region}, seed {SEED}"
    assert refused * 100 < tried
