"""Lines at the end of a file that say what they are: a total, a count of rows, a remark of the tool that wrote them.

They are recognised without a setting only where they are certain: such a line names no member and no action, and a
count is that of the rows. What an inbox promises of its last lines is in `rules/trailer`.
"""

from __future__ import annotations

import re

from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules.sanitize import shorten

_NOUN = (
    "aantal|alt|antall?|anzahl|celkem|count|datensätze|de|der|des|di|einträge|employees|enregistrements?|entries|"
    "filas?|général|generale?|geral|gesamt|gesamtzahl|grand|i|ilość|kay\u0131t|liczba|lignes?|lines?|líneas?|linhas?|linjer|"
    "mitarbeiter|nombre|number|numero|número|of|počet|poster|pozycji|rader|razem|řádků|"
    r"record\(s\)|records?|registros?|registri|regels?|rekordów|rekordy|righe|rijen|rivejä|row\(s\)|rows?|rækker|"
    "sat\u0131r|say\u0131s\u0131|sub|sum|suma|summa|summe|toplam|total|totaal|totalt|totale?|totaux|totals?|wierszy|yhteensä|záznamů|"
    r"zeilen?|zeile\(n\)|всего|записей|итого|количество|строк|合计|合計|总计|總計|件数|件"
)
_VERB = (
    "affected|ausgewählt|betroffen|exported|exportiert|exportées?|fetched|found|in|returned|selected|sélectionnées?|"
    "seleccionadas?|selezionate|set|written"
)
_NUMBER = r"([0-9][0-9,.\u00a0 ]*)"
# Compiled when the first line is looked at, and kept by `re`: most files have none, and most commands read no file.
_COUNTS = (
    rf"[\W_]*(?:{_NOUN})(?:[\W_]+(?:{_NOUN}|{_VERB}))*[\W_]*?{_NUMBER}[\W_]*\Z",
    rf"[\W_]*{_NUMBER}\W*(?:{_NOUN})(?:\W+(?:{_NOUN}|{_VERB}))*\W*(?:\([0-9.,]+ sec\)\W*)?\Z",
)
_TAGGED = r"\W*(?:trl|trlr|trailer|tr|t|ftr|footer|eof|end|z|9|99|999)(?:[\W_]+rec(?:ord)?)?\b((?:\W+[0-9]+)+)\W*\Z"
_LAST = "end|ende|fin|fine|fim|einde|koniec|konec|slut|slutt|loppu|sfârșit|sfarsit|vége|конец|кінець|край|τέλος"
_FILE = (  # what ends where no word stands between: `Koniec pliku`, `Einde bestand`
    "bestand|lijst|rapport|pliku|listy|raportu|souboru|seznamu|súboru|filen?|listan?|listen|rapporten|tiedosto|fișier|"
    "dosya|файла|списка|отчёта|отчета|файлу|αρχείου"
)
_MADE = (
    "(?:generated|printed|exported|created) (?:by|on|at|from)"
    "|(?:erstellt|erzeugt|exportiert|gedruckt) (?:am|von|aus)|stand:?(?= [0-9])"
    "|(?:généré|édité|exporté|imprimé|créé)e? (?:le|par|depuis)"
    "|(?:generad|exportad|impres|cread)[oa] (?:el|por)|(?:gerad|exportad|impress|criad)[oa] (?:em|por)"
    "|(?:generat|esportat|stampat|creat)[oa] (?:il|da)|(?:gegenereerd|afgedrukt|aangemaakt|geëxporteerd) (?:op|door)"
    "|(?:skapad|utskriven|exporterad) (?:av|den)|(?:wygenerowano|wydrukowano|utworzono)"
)
_PAGE = (
    r"(?:page|seite|página|pagina|sida|side|strona|strana|стр\.?)\s+[0-9]+\s*"
    r"(?:/|of|von|sur|de|di|van|av|z|ze|из)\s*[0-9]+"
)
_END = (
    rf"[\W_]*(?:eof|eot|trl|trailer|footer|{_LAST}"
    rf"|(?:{_LAST})[\s_-]+(?:of|the|der|des|du|de|del|della|dell|do|da|van|på|av|of)\b[\w\s'\u2019-]{{0,40}}"
    rf"|(?:{_LAST})\s+(?:{_FILE})|(?:ファイル|データ|リスト)の終わり|文件结束)[\W_]*\Z"
    r"|[-=*_#]{3,}\Z"
    r"|\W*(?:copyright\b|\u00a9|confidential\b|completion time\b|applied filters:)"
    r"|\W*(?:vertraulich|streng vertraulich|confidentiel|confidencial|riservato|vertrouwelijk|poufne)\W*\Z"
    rf"|\W*(?:report |file |list )?(?:{_MADE})(?=[\s\W]|\Z)"
    rf"|\W*{_PAGE}\W*\Z"
    r"|\\\.\Z"
)
_MOST = 200


def may_close(text: str) -> bool:
    """Whether a line that is no row may be one of these, however many rows there are."""
    return (
        len(text) <= _MOST
        and "@" not in text
        and (re.match(_END, text, re.IGNORECASE) is not None or bool(_counts(text)))
    )


def closes(text: str, rows: int) -> bool:
    """Whether it is one for certain, as the last line of a file of so many rows."""
    return re.match(_END, text, re.IGNORECASE) is not None or rows in _counts(text)


def _counts(text: str) -> list[int]:
    """What a line may say that the number of rows is."""
    for pattern in _COUNTS:
        if found := re.match(pattern, text, re.IGNORECASE):
            return [int(re.sub(r"\D", "", found[1]))]
    tagged = re.match(_TAGGED, text, re.IGNORECASE)
    return [int(number) for number in re.findall("[0-9]+", tagged[1])] if tagged else []


def closing_line(line: int, text: str) -> Fault:
    return Fault(
        line,
        "",
        shorten(text),
        FaultCode.CLOSING_LINE,
        Severity.WARNING,
        f"Line {line} closes the file and was not read as a row: {shorten(text)}.",
        "If it is meant as a row, correct it.",
    )
