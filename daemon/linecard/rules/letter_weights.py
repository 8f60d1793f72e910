"""How well a character stands between two others, as people write names: to tell code pages apart, roughly.

The weights were chosen by hand and are held by tests with names in each encoding. A character of two bytes weighs as
much as two of one, so that encodings of both kinds can be compared.
"""

from __future__ import annotations

import unicodedata

_WRONG = -4
_DOTLESS = "\N{LATIN SMALL LETTER DOTLESS I}"
_BESIDE_WORDS = frozenset(
    "\N{EN DASH}\N{MIDDLE DOT}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
    "\N{DOUBLE LOW-9 QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{HORIZONTAL ELLIPSIS}\N{EM DASH}\N{NO-BREAK SPACE}\N{DEGREE SIGN}"
    "\N{SECTION SIGN}\N{EURO SIGN}\N{INVERTED EXCLAMATION MARK}\N{INVERTED QUESTION MARK}\N{FEMININE ORDINAL INDICATOR}"
    "\N{MASCULINE ORDINAL INDICATOR}\N{COPYRIGHT SIGN}\N{REGISTERED SIGN}\N{TRADE MARK SIGN}"
)
_FREQUENCY = (
    {"é": 10}
    | dict.fromkeys("äöüç", 8)
    | dict.fromkeys("áèóß", 6)
    | dict.fromkeys("íñ", 5)
    | dict.fromkeys("ãåøúïšžčřěłęąśżőş", 4)
    | dict.fromkeys(f"õêàôëæýćńźťďňůűđăâîșț{_DOTLESS}", 3)
    | dict.fromkeys("ûœ", 2)
    | dict.fromkeys("ùìò", 1)
)
"""How often letters stand in the names of Europe, roughly: by hand, in steps that part the code pages."""

_VOWELS = frozenset("aeiouyáàâäãåæéèêíìîóòôöõøœúùûüýąęěőůű")
"""Two of them seldom meet where one has an accent, but for ë and ï, whose dots say just that."""

_ALPHABETS = {"CYRILLIC": 4, "GREEK": 4, "HEBREW": 4, "ARABIC": 4}
_COMMON = {
    "gb18030": (
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
        "姚卢伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文红玉兰小晓海志春雪梅云龙飞鹏宇浩婷欣佳俊"
    ),
    "cp950": (
        "王李張劉陳楊黃趙吳周徐孫馬朱胡郭何林高羅鄭梁謝宋唐許鄧馮韓曹曾彭蕭蔡潘田董袁于余葉蔣杜蘇魏程呂丁沈任"
        "姚盧偉芳娜敏靜麗強磊軍洋勇豔傑娟濤明超秀霞平剛桂英華建國文紅玉蘭小曉海志春雪梅雲龍飛鵬宇浩婷欣佳俊怡"
        "雅美惠淑宏家"
    ),
    "japanese": (
        "髙﨑齋濵山田中村川本藤佐鈴木高橋伊渡辺小林加吉松井上野清水石原岡大西島前長谷和森池内江三浦近遠阿部今"
        "後坂青福金平太郎一子美恵花真由香奈健雄介樹裕智明陽翔優愛結菜東京営業総務人事課社員名氏電話番号"
    ),
}
"""What stands in many names, in this encoding."""
_FIRST_BYTES = {"gb18030": (0xB0, 0xD7), "cp950": (0xA4, 0xC6), "cp932": (0x88, 0x97), "euc_jp": (0xB0, 0xCF)}
"""First bytes of the characters that people use every day: level 1 of GB 2312, of Big5 and of JIS X 0208."""


def weigh_character(left: str, char: str, right: str, codec: str) -> int:
    """How well a character beyond ASCII stands between these two; below nought where nobody writes so."""
    if not char.isalpha():
        return _weigh_mark(left, char, right)
    script = _script(char)
    if not (_can_meet(left, script) and _can_meet(right, script)):
        return _WRONG * (1 + (codec in _FIRST_BYTES or codec == "cp949"))
    if script == "EAST ASIAN":
        return _weigh_east_asian(char, codec)
    if char.isupper() and (left.islower() or (left.isupper() and right.islower())):
        return _WRONG  # a capital within a word
    if char.islower() and left.isupper() and right.isupper():
        return _WRONG
    if script in _ALPHABETS:
        return _weigh_alphabet(left, char, right, script)
    weight = _weigh_latin(left, char, right)
    if char.lower() in _VOWELS:
        weight -= (left.lower() in _VOWELS) + (right.lower() in _VOWELS)
    return weight if char.isupper() or left.isalpha() else weight // 2


def _weigh_mark(left: str, char: str, right: str) -> int:
    within = left.isalpha() and right.isalpha()
    if char == "\N{RIGHT SINGLE QUOTATION MARK}":
        return 6 if within else 1
    return 1 if char in _BESIDE_WORDS and not within else _WRONG


def _weigh_alphabet(left: str, char: str, right: str, script: str) -> int:
    """A letter of an alphabet of which no letter is ASCII."""
    if char.islower() and not left.isalpha():
        return _WRONG  # names begin with a capital
    if char in _LAST_LETTERS:
        return _WRONG if right.isalpha() else _ALPHABETS[script] + 4
    if script == "GREEK":
        if char in "ΐΰ" or (char.islower() and left.isalpha() and not right.isalpha() and char not in _GREEK_ENDS):
            return _WRONG
        return _ALPHABETS[script] + 2 * (char in "άέήίόύώ")
    return _ALPHABETS[script]


_LAST_LETTERS = frozenset("ςםןךףץ")
"""How Greek and Hebrew write these letters at the end of a word, and nowhere else."""
_GREEK_ENDS = frozenset("αεηιουωάέήίόύώνρ")
"""What else Greek words end with."""


def _weigh_latin(left: str, char: str, right: str) -> int:
    if char in "ğĞ":  # Turkish has it behind vowels alone, where others have đ
        return 5 if left.lower() in _TURKISH_VOWELS else _WRONG
    if char == _DOTLESS and right.isalpha():
        return 5
    if char == "İ":
        return 4 if not left.islower() else _WRONG
    return _FREQUENCY.get(char.lower(), 0)


_TURKISH_VOWELS = frozenset(f"ae{_DOTLESS}ioöuü")


def _weigh_east_asian(char: str, codec: str) -> int:
    name = unicodedata.name(char, "")
    if codec == "cp949":
        return 8 if name.startswith("HANGUL SYLLABLE") else 2
    japanese = codec in ("cp932", "euc_jp")
    if name.startswith("HALFWIDTH"):
        return 1
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return 8 if japanese else _WRONG
    if char in _COMMON["japanese" if japanese else codec]:
        return 12
    first, last = _FIRST_BYTES[codec]
    return 5 if first <= char.encode(codec)[0] <= last else _WRONG


def _script(char: str) -> str:
    name = unicodedata.name(char, "")
    first = name.partition(" ")[0]
    return (
        "EAST ASIAN" if first in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "HALFWIDTH", "KATAKANA-HIRAGANA") else first
    )


def _can_meet(other: str, script: str) -> bool:
    """Whether a letter of the script can stand beside this character; what is no letter can stand beside any."""
    return not other.isalpha() or _script(other) == script
