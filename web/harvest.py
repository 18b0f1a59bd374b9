"""OAI-PMH 2.0: what harvesters of libraries and portals ask for, step by step, and only what has changed.

The Open Archives Initiative Protocol for Metadata Harvesting, version 2.0 (2002, edition of 2015). An item is a record,
its identifier the record's IRI, its datestamp its last change. A token holds all that the next step needs, so it goes
on after a restart, and through changes: what changes meanwhile moves to the end of the list and is seen there.
"""

import base64
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from kg import GoodwaysError
from kg.changes import LastChange, last_changes
from ontology import RECORD_TYPES

from .harvest_formats import FORMATS, XSI, clean, metadata
from .headings import heading
from .per_state import PerState
from .problems import read_body
from .site import Site
from .taking_home import address_of

router = APIRouter(tags=["taking it home"])
NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
SETS = tuple(RECORD_TYPES.values())
PAGE = 100  # records a step
_LIST = {"metadataPrefix", "from", "until", "set"}
_ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {  # required, and allowed beside them
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListIdentifiers": ({"metadataPrefix"}, _LIST | {"resumptionToken"}),
    "ListRecords": ({"metadataPrefix"}, _LIST | {"resumptionToken"}),
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


class HarvestError(GoodwaysError):
    """One of the errors that the protocol knows (section 3.6)."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


@dataclass(frozen=True)
class Selection:
    """What a list is asked for, and how far it has got."""

    verb: str
    form: str
    start: str = ""
    end: str = ""
    kind: str = ""
    after: tuple[str, str] = ("", "")
    """Datestamp and identifier of the last one that was given."""
    given: int = 0

    def token(self) -> str:
        """The same as a resumption token."""
        return base64.urlsafe_b64encode(json.dumps(list(vars(self).values())).encode()).decode().rstrip("=")

    @staticmethod
    def read(token: str, verb: str) -> "Selection":
        """A selection from its token.

        Raises:
            HarvestError: no list of this verb has given out such a token.

        """
        try:
            words = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True))
            of, form, start, end, kind, (when, iri), given = words
            found = Selection(of, form, start, end, kind, (when, iri), given)
            texts = (of, form, start, end, kind, when, iri)
            good = all(isinstance(text, str) for text in texts) and isinstance(given, int)
        except (ValueError, TypeError, RecursionError):
            good = False
        if not good or found.token() != token or found.verb != verb or found.form not in FORMATS or found.given < 1:
            raise HarvestError("badResumptionToken", "This token was not given out by this list; begin the list anew.")
        return found


_changes = PerState(lambda site: [change for change in last_changes(site.searcher.store) if change.kind in SETS])


@router.get("/oai", summary="OAI-PMH 2.0: records for harvesters", response_class=Response)
def harvest(request: Request) -> Response:
    """Answer one of the six requests of the protocol."""
    return _answer(request.app.state.site, list(request.query_params.multi_items()))


@router.post("/oai", include_in_schema=False)
async def harvest_by_post(request: Request) -> Response:
    """The same, with the arguments in a form (section 3.1.1)."""
    body = (await read_body(request, 20_000)).decode("utf-8", "replace")
    return await run_in_threadpool(_answer, request.app.state.site, parse_qsl(body, keep_blank_values=True))


def _answer(site: Site, arguments: list[tuple[str, str]]) -> Response:
    root = Element("OAI-PMH", {
        "xmlns": NAMESPACE, f"{{{XSI}}}schemaLocation": f"{NAMESPACE} {NAMESPACE}OAI-PMH.xsd",
    })  # fmt: skip
    _part(root, "responseDate", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    asked = _part(root, "request", f"{address_of(site)}/oai")
    try:
        given = _checked(arguments)
        asked.attrib.update(given)
        root.append(_VERBS[given["verb"]](site, given))
    except HarvestError as error:
        if error.code in ("badVerb", "badArgument"):
            asked.attrib.clear()
        _part(root, "error", str(error)).set("code", error.code)
    return Response(tostring(root, encoding="utf-8", xml_declaration=True), media_type="text/xml; charset=utf-8")


def _checked(arguments: list[tuple[str, str]]) -> dict[str, str]:
    """The arguments by name, each once, and all that the verb needs."""
    given = dict(arguments)
    verb = given.get("verb", "")
    if verb not in _ARGUMENTS or [name for name, _ in arguments].count("verb") > 1:
        raise HarvestError("badVerb", f"Name one verb; there are {', '.join(_ARGUMENTS)}.")
    required, allowed = _ARGUMENTS[verb]
    names = given.keys() - {"verb"}
    if len(given) < len(arguments):
        raise HarvestError("badArgument", "Each argument may be given once.")
    if unknown := sorted(names - required - allowed):
        raise HarvestError("badArgument", f"{verb} takes no {clean(unknown[0])[:60]}.")
    if "resumptionToken" in given:
        if len(names) > 1:
            raise HarvestError("badArgument", "A resumptionToken goes alone.")
    elif missing := sorted(required - names):
        raise HarvestError("badArgument", f"{verb} needs {' and '.join(missing)}.")
    if any(clean(value) != value for value in given.values()):
        raise HarvestError("badArgument", "An argument holds characters that XML cannot write.")
    return given


def _identify(site: Site, _: dict[str, str]) -> Element:
    said = Element("Identify")
    changes = _changes(site)
    for name, value in {
        "repositoryName": "Goodways",
        "baseURL": f"{address_of(site)}/oai",
        "protocolVersion": "2.0",
        "adminEmail": site.workspace.settings.contact or f"webmaster@{_host(site)}",
        "earliestDatestamp": changes[0].when if changes else datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "deletedRecord": "transient",  # the history goes as far back as the data folder
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
    }.items():
        _part(said, name, value)
    return said


def _host(site: Site) -> str:
    """The site's host, as RFC 2142 has it in `webmaster@…`."""
    host = urlsplit(address_of(site)).hostname or "localhost"
    return host if "." in host else f"{host}.localdomain"


def _list_formats(site: Site, given: dict[str, str]) -> Element:
    if "identifier" in given:
        _item(site, given["identifier"])
    said = Element("ListMetadataFormats")
    for form in FORMATS.values():
        entry = _part(said, "metadataFormat")
        _part(entry, "metadataPrefix", form.prefix)
        _part(entry, "schema", form.schema)
        _part(entry, "metadataNamespace", form.namespace)
    return said


def _list_sets(_: Site, given: dict[str, str]) -> Element:
    if "resumptionToken" in given:
        raise HarvestError("badResumptionToken", "The list of sets is given whole; there are no tokens for it.")
    said = Element("ListSets")
    for kind in SETS:
        entry = _part(said, "set")
        _part(entry, "setSpec", kind)
        _part(entry, "setName", heading(f"kind.{kind}", "en")["text"])
    return said


def _get_record(site: Site, given: dict[str, str]) -> Element:
    _must_be_known(given["metadataPrefix"])
    said = Element("GetRecord")
    said.append(_record(site, _item(site, given["identifier"]), given["metadataPrefix"]))
    return said


def _list(site: Site, given: dict[str, str]) -> Element:
    verb = given["verb"]
    begun = "resumptionToken" in given
    selection = Selection.read(given["resumptionToken"], verb) if begun else _selection(given)
    wanted = [change for change in _changes(site) if _is_in(change, selection)]
    left = [change for change in wanted if (change.when, str(change.iri)) > selection.after]
    if not left:
        if begun:
            raise HarvestError("badResumptionToken", "The rest of this list is gone; begin the list anew.")
        raise HarvestError("noRecordsMatch", "No record was changed in this time in this set.")
    said = Element(verb)
    for change in left[:PAGE]:
        said.append(_header(change) if verb == "ListIdentifiers" else _record(site, change, selection.form))
    if begun or len(left) > PAGE:
        last = left[:PAGE][-1]
        after = replace(selection, after=(last.when, str(last.iri)), given=selection.given + len(left[:PAGE]))
        token = _part(said, "resumptionToken", after.token() if len(left) > PAGE else None)
        token.set("completeListSize", str(max(selection.given + len(left), 0)))
        token.set("cursor", str(selection.given))
    return said


def _selection(given: dict[str, str]) -> Selection:
    """What the arguments of a list ask for.

    Raises:
        HarvestError: a date is none, the two differ in kind or in order, or there is no such form.

    """
    dates = [given[name] for name in ("from", "until") if name in given]
    if any(not _is_date(date) for date in dates):
        raise HarvestError("badArgument", "A date is written as 2026-11-25 or 2026-11-25T10:13:23Z.")
    start, end = given.get("from", ""), given.get("until", "")
    if start and end and (len(start) != len(end) or start > end):
        raise HarvestError("badArgument", "Write from and until in the same way, from the earlier to the later.")
    _must_be_known(given["metadataPrefix"])
    return Selection(given["verb"], given["metadataPrefix"], start, end, given.get("set", ""))


def _is_date(value: str) -> bool:
    if not _STAMP.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_in(change: LastChange, selection: Selection) -> bool:
    """Whether a change is in the set and in the time, both ends included; a day stands for all of its seconds."""
    when = change.when
    early = bool(selection.start) and when[: len(selection.start)] < selection.start
    late = bool(selection.end) and when[: len(selection.end)] > selection.end
    return not early and not late and selection.kind in ("", change.kind)


def _must_be_known(form: str) -> None:
    if form not in FORMATS:
        raise HarvestError("cannotDisseminateFormat", f"There is no such format; there are {', '.join(FORMATS)}.")


def _item(site: Site, identifier: str) -> LastChange:
    if not _URI.fullmatch(identifier):
        raise HarvestError("badArgument", "An identifier is a URI, such as the address of a record.")
    for change in _changes(site):
        if str(change.iri) == identifier:
            return change
    raise HarvestError("idDoesNotExist", "No record has this identifier, and none ever had.")


def _record(site: Site, change: LastChange, form: str) -> Element:
    entry = Element("record")
    entry.append(_header(change))
    if not change.withdrawn:
        _part(entry, "metadata").append(metadata(site, change, form))
    return entry


def _header(change: LastChange) -> Element:
    header = Element("header", {"status": "deleted"} if change.withdrawn else {})
    _part(header, "identifier", str(change.iri))
    _part(header, "datestamp", change.when)
    _part(header, "setSpec", change.kind)
    return header


def _part(parent: Element, name: str, value: str | None = None) -> Element:
    child = SubElement(parent, name)
    child.text = value
    return child


_VERBS = {
    "Identify": _identify, "ListMetadataFormats": _list_formats, "ListSets": _list_sets, "GetRecord": _get_record,
    "ListIdentifiers": _list, "ListRecords": _list,
}  # fmt: skip
