"""Pictures of pages, and in how much two of them differ.

They are taken with the fonts of one package of Debian, without hints and without colours at the edges of letters, and
compared when both have been made much smaller: what another release of Chromium draws half a dot further on is the same
picture, and with another number, colour or line it is not.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageChops

from integration.browser.chromium import Chromium
from integration.browser.looking import Look

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
MOST = 1600
"""Dots from the top of a page that are looked at: the first screens, and what comes after them at least once."""
COLOURS = 128
"""Of a picture that is kept."""
NARROW = 600
"""Dots in width from which on a page is kept half as large."""
COARSE = 4
"""Dots of the page in width and height of a spot, the least that is compared."""
SHADES = 28
"""In how much a spot may be lighter or darker, of 255."""
SPOTS = 6
"""So many may be so all the same."""


def fonts(folder: Path) -> Path:
    """A configuration of fontconfig with the four faces that Debian's fonts-dejavu-core has and no others."""
    file = folder / "fonts.conf"
    faces = ("Sans", "Sans-Bold", "SansMono", "SansMono-Bold")
    accepted = "".join(f"<glob>{FONT.parent}/DejaVu{face}.ttf</glob>" for face in faces)
    families = {"sans-serif": "DejaVu Sans", "monospace": "DejaVu Sans Mono", "serif": "DejaVu Sans"}
    aliases = "".join(
        f"<alias binding='same'><family>{name}</family><prefer><family>{face}</family></prefer></alias>"
        for name, face in families.items()
    )
    file.write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        f"<dir>{FONT.parent}</dir><cachedir>{folder}/cache</cachedir>"
        f"<selectfont><acceptfont>{accepted}</acceptfont><rejectfont><glob>*</glob></rejectfont></selectfont>"
        f"{aliases}</fontconfig>",
        encoding="utf-8",
    )
    return file


def taken(camera: Chromium, page: Path, look: Look) -> Image.Image:
    """The page as this reader sees it; at a desk and on paper half as large."""
    camera.show(look.width, look.height, dark=look.dark, paper=look.paper)
    camera.open(page)
    with Image.open(io.BytesIO(camera.picture(look.width, MOST))) as image:
        found = image.convert("RGB")
    return found if look.width < NARROW else found.reduce(2)


def kept(image: Image.Image, file: Path) -> None:
    """As small as it can be read."""
    image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, optimize=True)


def difference(golden: Image.Image, found: Image.Image, look: Look) -> str:
    """What differs, in words, and where; empty where both show the same."""
    coarse = COARSE if look.width < NARROW else COARSE // 2
    if abs(golden.height - found.height) > coarse or golden.width != found.width:
        return f"{found.width} by {found.height} dots, not {golden.width} by {golden.height}"
    size = (golden.width, min(golden.height, found.height))
    one, other = (image.convert("RGB").crop((0, 0, *size)).reduce(coarse) for image in (golden, found))
    red, green, blue = ImageChops.difference(one, other).split()
    apart = ImageChops.lighter(ImageChops.lighter(red, green), blue).point([255 * (n > SHADES) for n in range(256)])
    spots, place = apart.histogram()[255], apart.getbbox()
    if spots <= SPOTS or place is None:
        return ""
    left, top, right, bottom = (side * coarse for side in place)
    return f"{spots} spots differ, from {left},{top} to {right},{bottom}"
