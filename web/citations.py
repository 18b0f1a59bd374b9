"""How to cite a record, for reference managers: BibTeX, RIS and CSL-JSON.

What is cited is the record as Goodways publishes it, in its current version; the source that it tells of stands in the
note. BibTeX as biber and BibTeX read it (UTF-8), RIS as of 2011, CSL-JSON by the schema of CSL 1.0.2.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response
from rdflib.namespace import DCTERMS

from kg import NotFoundError
from kg.terms import by_language, iri
from ontology import ID, LICENCE

from .conditional import conditional
from .site import Site, best
from .things import must_not_be_withdrawn

router = APIRouter(tags=["taking it home"])
AUTHOR = "Goodways"


@dataclass(frozen=True)
class Citation:
    """What a citation says."""

    id: str
    title: str
    language: str
    """Of the title."""
    abstract: str
    issued: date
    version: int
    address: str
    source: str

    @property
    def note(self) -> str:
        """Version, source and licence in words."""
        source = f" Source: {self.source}." if self.source else ""
        return f"Version {self.version}.{source} CC BY 4.0."


def citation_of(site: Site, kind: str, record_id: str) -> Citation:
    """The citation of a record's current version.

    Raises:
        NotFoundError: there is no such record.

    """
    record, graph, release = site.record(kind, record_id)
    original = site.language_code(iri(graph, record, DCTERMS.language))
    title = best(by_language(graph, record, DCTERMS.title), "en", original)
    abstract = best(by_language(graph, record, DCTERMS.abstract), "en", original)
    source = str(iri(graph, record, DCTERMS.source) or "")
    when, number = release.when.date(), release.number
    return Citation(
        record_id, _line(title["text"]), title["lang"], _line(abstract["text"]), when, number, str(record), source
    )


def citation_links(kind: str, record_id: str) -> list[dict[str, str]]:
    """The forms of a record's citation, to be linked from its page."""
    return [{"label": form.label, "url": f"/cite/{kind}/{record_id}.{ending}"} for ending, form in FORMS.items()]


@router.get("/cite/{kind}/{name}", summary="A citation; .bib .ris .json by ending", response_class=Response)
def cite(request: Request, kind: str, name: str) -> Response:
    """The citation of a record in one form."""
    site: Site = request.app.state.site
    record_id, _, ending = name.rpartition(".")
    form = FORMS.get(ending)
    if form is None or not record_id:
        raise NotFoundError(f"There is no citation in the form '.{ending[:20]}'; use .{', .'.join(FORMS)}.")
    must_not_be_withdrawn(site, kind, record_id)
    citation = citation_of(site, kind, record_id)

    def send() -> Response:
        return Response(form.write(citation).encode("utf-8"), media_type=form.media_type)

    headers = {
        "Access-Control-Allow-Origin": "*",
        "Content-Disposition": f'attachment; filename="{record_id}.{ending}"',
        "Link": f'<{ID[f"{kind}/{record_id}"]}>; rel="describes"',
    }
    return conditional(request, (citation, ending), None, send, headers)


def bibtex(citation: Citation) -> str:
    """An entry of BibTeX. Braces keep the letters of title and author as they are."""
    fields = {
        "author": f"{{{_tex(AUTHOR)}}}",
        "title": f"{{{_tex(citation.title)}}}",
        "year": f"{citation.issued.year}",
        "month": f"{citation.issued.month}",
        "howpublished": AUTHOR,
        "url": citation.address,
        "version": f"{citation.version}",
        "langid": citation.language,
        "note": _tex(citation.note),
        "abstract": _tex(citation.abstract),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{goodways-{citation.id},\n" + ",\n".join(lines) + "\n}\n"


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\^{}", "~": r"\~{}",
}  # fmt: skip


def _tex(value: str) -> str:
    return "".join(_TEX.get(char, char) for char in value)


def ris(citation: Citation) -> str:
    """An entry of RIS: a tag and a value a line. There is no way to write a line's end in a value."""
    fields = [
        ("TY", "ELEC"),
        ("ID", f"goodways-{citation.id}"),
        ("AU", AUTHOR),
        ("TI", citation.title),
        ("PY", f"{citation.issued.year}"),
        ("DA", citation.issued.strftime("%Y/%m/%d/")),
        ("PB", AUTHOR),
        ("ET", f"Version {citation.version}"),
        ("LA", citation.language),
        ("AB", citation.abstract),
        ("N1", citation.note),
        ("UR", citation.address),
        ("L2", citation.source),
        ("C1", LICENCE),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in fields if value) + "ER  - \r\n"


def csl_json(citation: Citation) -> str:
    """A list of one item of CSL-JSON."""
    item = {
        "id": f"goodways-{citation.id}",
        "type": "webpage",
        "author": [{"literal": AUTHOR}],
        "title": citation.title,
        "container-title": AUTHOR,
        "publisher": AUTHOR,
        "issued": {"date-parts": [[citation.issued.year, citation.issued.month, citation.issued.day]]},
        "version": str(citation.version),
        "language": citation.language,
        "abstract": citation.abstract,
        "note": citation.note,
        "URL": citation.address,
    }
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


def _line(value: str) -> str:
    """A text on one line, without control characters."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", value).strip()


@dataclass(frozen=True)
class _Form:
    label: str
    media_type: str
    write: Callable[[Citation], str]


FORMS = {
    "bib": _Form("BibTeX", "application/x-bibtex; charset=utf-8", bibtex),
    "ris": _Form("RIS", "application/x-research-info-systems; charset=utf-8", ris),
    "json": _Form("CSL-JSON", "application/vnd.citationstyles.csl+json", csl_json),
}
