"""A workbook to fill in: headings, explanations from the shapes, and lists to choose from, in the reader's language."""

import csv
import io
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from kg.export import harmless
from ontology import RECORD_TYPES

from .fields import top_fields
from .mapping.sheets import COMMENT, template_texts
from .mapping.words import labels
from .readers.xlsx_file import RECORDS_SHEET

REQUIRED = ("type", "title", "summary", "language", "source")
"""What a person must fill in; an id is made where none is given."""
COLUMNS = (
    *("id", *REQUIRED, "country", "destination", "nuts", "place", "start", "end", "sector", "programme"),
    *("mobilityType", "targetGroup", "addresses", "measure", "organisation", "projectReference", "outcome"),
    *("challenges", "transfer", "evidence", "resources", "materialType", "audience", "phase", "format", "licence"),
    *("checked", "furtherSource"),
)
_LISTS = (
    *("language", "country", "destination", "sector", "programme", "mobilityType", "targetGroup", "addresses"),
    *("measure", "materialType", "audience", "phase", "format"),
)
_OFFERED_BARRIERS = "eplus-2021."
_ROWS = 500
_EXPLANATIONS = {
    "id": "Letters, digits, '-', '_' and '.'. Leave it empty, and one is made from title, year and source.",
    "type": "What the record is. Choose from the list.",
    "organisation": "Who did it: bodies only, no persons, with the country in brackets. Caritas Wien (AT); GRETA (FR)",
    "furtherSource": "Web addresses of other pages that were read.",
    "projectReference": "As printed, such as 2018-1-DE02-KA202-005220.",
    "start": "2021, 2021-05 or 2021-05-14.",
    "end": "2021, 2021-05 or 2021-05-14.",
    "licence": "The web address of the licence, if the source states one.",
}
_MANY = " Several values: with ; between them."
_EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "id": f"{COMMENT} deaf-joiners-granada", "title": "Deaf learners train as joiners in Granada",
        "summary": "Twelve deaf learners worked in joineries for three weeks. An interpreter went with them.",
        "source": "https://example.org/granada", "start": "2021-05", "place": "Granada",
        "type": "GoodPractice", "language": "en", "country": "LT", "destination": "ES", "sector": "vet",
        "targetGroup": "deaf-people", "addresses": "eplus-2021.disability-sensory",
        "measure": "sign-language-interpreting",
    },
    {
        "id": f"{COMMENT} first-stay-checklist", "title": "A checklist for the first stay abroad",
        "summary": "Two pages for teachers. They list what to ask before, during and after a placement, step by step.",
        "source": "https://example.org/checklist", "start": "", "type": "TrainingMaterial", "language": "en",
        "materialType": "checklist", "audience": "teachers-and-trainers", "phase": "before",
    },
)  # fmt: skip


def template(language: str) -> bytes:
    """The workbook, as the bytes of an .xlsx file.

    Its sheets are Records, with a comment on each heading, lists to choose from and two examples that are not imported;
    Explanations; and a hidden one with the lists.

    Args:
        language: one of the 24; names that it lacks are in English.

    """
    book = Workbook()
    book.remove(book.worksheets[0])
    records = book.create_sheet(RECORDS_SHEET)
    _write_headings(records, language)
    _write_lists(book, records, language)
    for number, example in enumerate(_EXAMPLES, 2):
        for at, name in enumerate(COLUMNS, 1):
            records.cell(number, at, _in_words(name, example.get(name, ""), language)).font = Font(
                italic=True, color="666666"
            )
    _write_explanations(book, language)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def template_csv(language: str) -> bytes:
    """The same headings and examples as CSV, in UTF-8 with a byte-order mark, so that spreadsheets read it as such."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([heading(name, language) for name in COLUMNS])
    for example in _EXAMPLES:
        writer.writerow([harmless(_in_words(name, example.get(name, ""), language)) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def heading(name: str, language: str) -> str:
    """The name of a column, with a star where it must be filled in."""
    known = template_texts().get(name, {})
    field = top_fields().get(name)
    text = known.get(language) or known.get("en") or (field.title if field else name)
    return f"{text} *" if name in REQUIRED else text


def explanation(name: str) -> str:
    """What belongs into a column, in English."""
    field = top_fields().get(name)
    text = _EXPLANATIONS.get(name) or (field.description if field else "")
    return (text + (_MANY if field and (field.many or field.kind == "parts") else "")).strip()


def choices(name: str, language: str) -> dict[str, str]:
    """Code -> name in a language, of what a column can hold; empty where it has no list."""
    if name == "type":
        texts = template_texts()
        return {kind: texts[f"type.{kind}"].get(language) or texts[f"type.{kind}"]["en"] for kind in RECORD_TYPES}
    if name not in _LISTS:
        return {}
    found = labels(name, language)
    return {code: text for code, text in found.items() if name != "addresses" or code.startswith(_OFFERED_BARRIERS)}


def _write_headings(sheet: Any, language: str) -> None:
    required = template_texts()["required"].get(language) or template_texts()["required"]["en"]
    for at, name in enumerate(COLUMNS, 1):
        cell = sheet.cell(1, at, heading(name, language))
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if name in REQUIRED:
            cell.fill = PatternFill("solid", fgColor="FFE9A8")
        about = [required] if name in REQUIRED else []
        cell.comment = Comment(
            "\n".join([*about, explanation(name)]).strip() or name, "Goodways", width=320, height=120
        )
        sheet.column_dimensions[get_column_letter(at)].width = 45 if name in ("title", "summary") else 22
    sheet.freeze_panes = "A2"


def _write_lists(book: Any, records: Any, language: str) -> None:
    lists = book.create_sheet("Lists")
    lists.sheet_state = "hidden"
    column = 0
    for at, name in enumerate(COLUMNS, 1):
        offered = list(choices(name, language).values())
        if not offered:
            continue
        column += 1
        lists.cell(1, column, name)
        for row, text in enumerate(offered, 2):
            lists.cell(row, column, text)
        letter, field = get_column_letter(column), top_fields().get(name)
        rule = DataValidation("list", formula1=f"Lists!${letter}$2:${letter}${len(offered) + 1}", allow_blank=True)
        rule.showErrorMessage = not (field and field.many)  # several values in a cell are typed, with ; between them
        rule.add(f"{get_column_letter(at)}2:{get_column_letter(at)}{_ROWS + 1}")
        records.add_data_validation(rule)


def _write_explanations(book: Any, language: str) -> None:
    sheet = book.create_sheet("Explanations")
    required = template_texts()["required"].get(language) or template_texts()["required"]["en"]
    rows = [("Column", "Must be filled in", "What belongs there", "Field")]
    rows += [
        (heading(name, language), required if name in REQUIRED else "", explanation(name), name) for name in COLUMNS
    ]
    rows += [
        ("", "", "", ""),
        ("", "", f"Rows that begin with {COMMENT} are examples; they are not imported.", ""),
        ("", "", "A text in another language goes into a column of its own, such as title@de or summary (fr).", ""),
    ]
    for number, row in enumerate(rows, 1):
        for at, text in enumerate(row, 1):
            cell = sheet.cell(number, at, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == 1)
    for letter, width in zip("ABCD", (30, 18, 80, 18), strict=True):
        sheet.column_dimensions[letter].width = width


def _in_words(name: str, code: str, language: str) -> str:
    return choices(name, language).get(code, code)
