"""Small sheets in which much happens: swaps, takeovers, number moves, several PBXs at once, and rows that fail."""

from __future__ import annotations

from acceptance.crashes import Scene

_DIRECTORY = "{{backend: directory, options: {{path: pbx/{0}.sqlite3}}, extensions: {1}}}"
_HQ = f"  hq: {_DIRECTORY.format('hq', '1000-4999')}\n"
_BEFORE = """\
attach,ada@x.org,hq,1000,+33199001000
attach,bob@x.org,hq,1001,+33199001001
attach,cyd@x.org,hq,1002,
attach,dan@x.org,hq,1003,+33199001003
"""
_SHEET = """\
force_attach,ada@x.org,,1000,+33199001001
force_attach,bob@x.org,,1001,+33199001000
detach,cyd@x.org,,,
attach,eve@x.org,,1010,+33199001010
force_attach,fay@x.org,,1003,
attach,gus@x.org,,9999,
attach,hal@x.org,,1000,
"""

ONE_PBX = Scene("one_pbx", _HQ, _BEFORE, _SHEET)

SEVERAL_PBXS = Scene(
    "several_pbxs",
    f"{_HQ}  lab: {_DIRECTORY.format('lab', '1000-4999')}\n  shed: {_DIRECTORY.format('shed', '20-99')}\n",
    f"{_BEFORE}attach,cyd@x.org,lab,2000,+33199002000\nattach,cyd@x.org,shed,20,\nattach,ivy@x.org,lab,2001,\n"
    "attach,joe@x.org,shed,21,+33199003021\n",
    # cyd leaves every PBX, ivy and joe change places, and a swap of extensions
    f"{_SHEET}detach,ivy@x.org,,,\ndetach,joe@x.org,shed,,\nattach,joe@x.org,lab,2001,+33199002001\n"
    "attach,ivy@x.org,shed,21,\nforce_attach,ada@x.org,hq,1001,\nforce_attach,bob@x.org,hq,1000,\n",
)


def ledgers(*, bulk: bool = False, refuse: str = "") -> Scene:
    """Two PBXs of a foreign plugin, whose members hold one extension at any moment, and an embedded one."""
    options = f"bulk: {str(bulk).lower()}, refuse: [{refuse}]"
    pbxs = "".join(
        f"  {name}: {{backend: ledger, options: {{path: pbx/{name}.list, {options}}}, extensions: 1000-4999}}\n"
        for name in ("hq", "lab")
    )
    return Scene("ledgers", pbxs, f"{_BEFORE}attach,cyd@x.org,lab,2000,\n", f"{_SHEET}attach,kim@x.org,lab,2001,\n")


def large(rows: int) -> Scene:
    """Joiners, leavers, takeovers and swaps by the thousand: over the pages of the journal and the groups of a PBX."""
    before = "".join(f"attach,m{i}@x.org,hq,{10000 + i},+331990{i:05d}\n" for i in range(rows // 2))
    lines = []
    for i in range(rows // 2):
        match i % 5:
            case 0:
                lines.append(f"detach,m{i}@x.org,,,")
            case 1:
                lines.append(f"force_attach,n{i}@x.org,,{10000 + i},")
            case 2:
                lines.append(f"force_attach,m{i}@x.org,,{10000 + i + 1},+331990{i:05d}")
            case 3:
                lines.append(f"force_attach,m{i}@x.org,,{10000 + i - 1},+331990{i:05d}")
            case 4:
                lines.append(f"attach,m{i}@x.org,,{60000 + i},")
        lines.append(f"attach,j{i}@x.org,,{30000 + i},+331991{i:05d}")
    pbx = f"  hq: {_DIRECTORY.format('hq', '10000-59999')}\n"
    return Scene("large", pbx, before, "".join(f"{line}\n" for line in lines))
