"""What columns are called: the names by which linecard knows them, those of a feed, and those of other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linecard.model.format import SheetFormat
from linecard.model.sheet import Column
from linecard.rules.cells import fold_word
from linecard.rules.text import DOS_END

SYNONYMS: Mapping[Column, tuple[str, ...]] = {
    Column.ACTION: ("Action", "__action__"),
    Column.MEMBER: ("LoginEmail", "Email"),
    Column.PBX: ("PbxId",),
    Column.EXTENSION: ("Extension", "ShortNumber", "pbxShortNumber"),
    Column.NUMBER: ("Number", "E164", "DDI", "DID"),
    Column.INTERNAL: ("pbxInternalNumber",),
    Column.REASON: ("Reason",),
}
ELSEWHERE: Mapping[str, Column] = {
    fold_word(name): column
    for column, names in {
        Column.ACTION: (
            *("Operation", "Command", "Status", "Aktion", "Acción", "Azione", "Ação", "Actie", "Åtgärd", "Akcja"),
            *("Statut", "Estado", "Stato"),
        ),
        Column.MEMBER: (
            *("Login", "User", "UserName", "UserPrincipalName", "Mail", "EmailAddress", "Work Email", "Benutzername"),
            *("E-Mail-Adresse", "Courriel", "Adresse e-mail", "Adresse électronique", "Correo", "Correo electrónico"),
            *("Posta elettronica", "E-mailadres", "E-post", "E-postadress", "Sähköposti", "Adres e-mail"),
        ),
        Column.PBX: ("PBX", "System", "SystemId", "PbxName"),
        Column.EXTENSION: (
            *("Ext", "Ext.", "Extn", "ExtensionNumber", "Internal Number", "Line", "Desk Phone", "Phone"),
            *(
                "Nebenstelle",
                "Durchwahl",
                "Numéro de poste",
                "Numéro interne",
                "Extensión",
                "Anexo",
                "Interno",
                "Ramal",
            ),
            *("Toestel", "Toestelnummer", "Anknytning", "Lokalnummer", "Alanumero", "Numer wewnętrzny", "Linka"),
            *("Klapka", "Dahili", "Внутренний номер", "内線", "内線番号", "分机", "分机号"),
        ),
        Column.NUMBER: ("ddiE164Number", "PhoneNumber", "Telephone", "Direct Line", "LineURI"),
    }.items()
    for name in names
}
"""What other systems call the columns: for remedies alone, for the same name means something else in another file."""


def map_names(form: SheetFormat) -> dict[str, Column]:
    """Folded header name to column: the feed's own names win over every name that linecard knows by itself."""
    own = {fold_word(key): tuple(names) for key, names in form.columns.items()}
    known: dict[str, Column] = {}
    for column, spellings in SYNONYMS.items():
        for name in spellings[:1] if own.get(fold_word(column)) else spellings:
            known[fold_word(name)] = column
    for column in SYNONYMS:
        known |= dict.fromkeys(map(fold_word, own.get(fold_word(column), ())), column)
    return known


def find_columns(cells: Sequence[str], form: SheetFormat) -> set[Column]:
    """The columns that these cells name."""
    known = map_names(form)
    return {known[name] for cell in cells if (name := fold_word(cell)) in known}


def is_same_name(cell: str, name: str, column: Column) -> bool:
    """Whether a cell names the same column, in the same word or another that linecard knows for it."""
    word = fold_word(cell.strip(DOS_END))
    return word == fold_word(name) != "" or word in map(fold_word, SYNONYMS[column])
