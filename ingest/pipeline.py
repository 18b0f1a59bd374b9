"""Files to graph: read, normalise, validate, store what is new or changed.

Work goes in batches, each one transaction of the store. The digest of a record's content decides whether it is
new, so a run that was killed continues where it stopped and ends in the same state.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from rdflib import Graph, Literal, URIRef

from kg import Finding, InputError, Store
from kg.records import DESK, Act, Change, Version, apply, as_read, current, taken_down, withdraw
from kg.validation import Types, validate, vocabulary_types
from ontology import GW, HISTORY_GRAPH, record_graph, vocabulary_files, vocabulary_graph

from .ids import known_again, marks
from .readers import RawRecord, read
from .record import Record, normalise

BATCH = 50
CORPUS, IMPORT = Act("corpus", "goodways-build"), Act("import", "goodways-import")
FOLDERS = ("practices", "materials", "organisations", "events", "policies", "promoters")  # of a corpus
Progress = Callable[[str, int, int], None]


@dataclass
class Report:
    """What a run did, by record id, and what it refused."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    rejected: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    """What was guessed or left out, and keeps no record out."""

    def as_dict(self) -> dict[str, object]:
        """Counts, findings and, where there are any, notes, for `--json`."""
        names = ("added", "updated", "unchanged", "withdrawn")
        counts: dict[str, object] = {name: len(getattr(self, name)) for name in names}
        told = {"rejected": self.rejected} | ({"notes": self.notes} if self.notes else {})
        return counts | {name: [finding.as_dict() for finding in found] for name, found in told.items()}


def quiet(step: str, done: int, total: int) -> None:
    """Progress for nobody."""


def vocabulary_digests(store: Store) -> dict[URIRef, Literal]:
    """The digest of each vocabulary file that is in the graph, by the name of its graph."""
    query = f"SELECT ?g ?d {{ GRAPH <{HISTORY_GRAPH}> {{ ?g <{GW.vocabularyDigest}> ?d }} }}"
    return {URIRef(row["g"]): Literal(row["d"]) for row in store.private.select(query)}


def load_vocabulary(store: Store, progress: Progress = quiet) -> int:
    """Bring the vocabulary files into the graph, one named graph a file; returns how many changed."""
    known = vocabulary_digests(store)
    files = vocabulary_files()
    changed = 0
    for done, path in enumerate(files, 1):
        name = vocabulary_graph(path)
        digest = Literal(sha256(path.read_bytes()).hexdigest())
        before = known.pop(name, None)
        if before != digest:
            graph = Graph(bind_namespaces="none").parse(path, format="turtle")
            _replace_vocabulary(store, name, graph, before, digest)
            changed += 1
        progress("Vocabulary", done, len(files))
    for name, before in known.items():
        _replace_vocabulary(store, name, Graph(), before, None)
        changed += 1
    return changed


def _replace_vocabulary(
    store: Store, name: URIRef, graph: Graph, before: Literal | None, digest: Literal | None
) -> None:
    mark = GW.vocabularyDigest
    store.change({name: graph})
    store.private.change(
        {},
        add={HISTORY_GRAPH: [(name, mark, digest)] if digest else []},
        remove={HISTORY_GRAPH: [(name, mark, before)] if before else []},
    )


def build(store: Store, corpus: Path, *, progress: Progress = quiet) -> Report:
    """Bring vocabulary and corpus into the graph; records whose file is gone are withdrawn.

    A file that cannot be read or does not pass is reported, and what was stored of it before stays. So does what
    somebody has changed or withdrawn on the site since the file was read; where the file has changed as well, it is
    reported.

    Raises:
        InputError: the corpus folder is missing or holds no record.

    """
    paths = corpus_files(corpus)
    load_vocabulary(store, progress)
    report = add(store, _read_all(paths), total=len(paths), act=CORPUS, progress=progress)
    seen = {*report.added, *report.updated, *report.unchanged}
    for finding in report.rejected:
        seen |= {finding.record, Path(finding.file).stem}
    refused = {Path(finding.file).name for finding in report.rejected}
    corpus_versions = [version for version in current(store).values() if version.origin == "corpus"]
    gone = [version for version in corpus_versions if version.id not in seen and version.file not in refused]
    withdraw(store, [version.iri for version in gone], CORPUS, source=corpus.name)
    report.withdrawn = [version.id for version in gone]
    return report


def corpus_files(corpus: Path) -> list[Path]:
    """The record files of a corpus folder, sorted by name.

    Raises:
        InputError: the folder is missing or holds no record.

    """
    if not corpus.is_dir():
        raise InputError("There is no such folder; name the one that holds the records.", file=str(corpus))
    folders = [*(corpus / name for name in FOLDERS), corpus]
    paths = [p for folder in folders for ending in ("*.yaml", "*.yml", "*.jsonl") for p in folder.glob(ending)]
    if not paths:
        raise InputError(
            "This folder holds no records (*.yaml, *.jsonl); name another with --corpus.", file=str(corpus)
        )
    return sorted(set(paths))


def import_files(
    store: Store,
    paths: list[Path],
    *,
    dry_run: bool = False,
    strict: bool = False,
    act: Act = IMPORT,
    progress: Progress = quiet,
) -> Report:
    """Bring records from files into the graph.

    Args:
        store: where to.
        paths: files in any format that `ingest.readers` reads.
        dry_run: report what would happen, store nothing.
        strict: store nothing unless every record passes.
        act: who does it, and why.
        progress: told of each step.

    Raises:
        InputError: a file is missing or of an unknown format; nothing was stored.

    """
    for path in paths:
        next(read(path), None)
    if strict and not dry_run:
        trial = add(store, _read_all(paths), act=act, dry_run=True, progress=progress)
        if trial.rejected:
            return Report(unchanged=trial.unchanged, rejected=trial.rejected)
    return add(store, _read_all(paths), act=act, dry_run=dry_run, progress=progress)


def add(
    store: Store,
    raws: Iterable[RawRecord],
    *,
    act: Act,
    total: int = 0,
    dry_run: bool = False,
    progress: Progress = quiet,
) -> Report:
    """Validate and store raw records; each batch is one transaction."""
    report = Report()
    versions = current(store)
    types = vocabulary_types(store)
    if not types:
        load_vocabulary(store)
        types = vocabulary_types(store)
    places: dict[str, Record] = {}
    down = taken_down(store) if act.origin == CORPUS.origin else set()
    stored = marks(versions)
    done = 0
    for batch in _batches(known_again(raw, stored) for raw in raws):
        fresh = [record for raw in batch if (record := _accept(raw, places, versions, report))]
        if act.origin == CORPUS.origin:
            fresh = [record for record in fresh if not _changed_here(store, record, versions, down, report)]
        else:
            fresh = [record for record in fresh if not _says_the_same(store, record, versions, report)]
        changes = list(_changes(fresh, types, versions, report))
        if changes and not dry_run:
            apply(store, changes, act)
        done += len(batch)
        progress("Records", done, max(total, done))
    return report


def check_files(paths: list[Path], types: Types) -> tuple[int, list[Finding]]:
    """How many records are in the files, and what is wrong with them; nothing is stored."""
    report, count = Report(), 0
    places: dict[str, Record] = {}
    for batch in _batches(_read_all(paths)):
        count += len(batch)
        fresh = [record for raw in batch if (record := _accept(raw, places, {}, report))]
        _changes(fresh, types, {}, report)
    return count, report.rejected


def _accept(raw: RawRecord, places: dict[str, Record], versions: dict[str, Version], report: Report) -> Record | None:
    """A normalised record that is new or changed; anything else goes into the report."""
    report.notes.extend(raw.notes)
    if raw.finding:
        report.rejected.extend(raw.findings)
        return None
    record, findings = normalise(raw)
    report.rejected.extend(findings)
    if record is None:
        return None
    if first := places.get(record.id):
        where = first.file + (f", row {first.row}" if first.row else "")
        message = f"The id {record.id} is already used in {where}; give this record another."
        report.rejected.append(Finding(message, file=raw.file, row=raw.row, record=record.id, field="id"))
        return None
    places[record.id] = record
    stored = versions.get(record.id)
    if stored and stored.digest == record.digest:
        report.unchanged.append(record.id)
        return None
    if stored and stored.iri != record.iri:
        message = f"A record {record.id} of another type is stored already; give this one another id."
        report.rejected.append(Finding(message, file=raw.file, row=raw.row, record=record.id, field="id"))
        return None
    return record


def _changed_here(store: Store, record: Record, versions: dict[str, Version], down: set[str], report: Report) -> bool:
    """Whether somebody has changed or withdrawn the record on the site since its file was read: theirs stands."""
    stored = versions.get(record.id)
    if record.id not in down and (stored is None or stored.origin != DESK or not stored.digest):
        return False
    before = as_read(store, record.iri, CORPUS.origin)
    if before is not None and _content(before) == _content(record.graph()):
        report.unchanged.append(record.id)
    else:
        what = "withdrawn" if record.id in down else "changed"
        message = f"This record was {what} on the site, and its file has changed since; the site's version stays."
        report.rejected.append(Finding(message, file=record.file, row=record.row, record=record.id))
    return True


def _says_the_same(store: Store, record: Record, versions: dict[str, Version], report: Report) -> bool:
    """Whether what is stored differs in its order of writing at most: a list of codes has none."""
    stored = versions.get(record.id)
    same = bool(stored and stored.digest) and _content(store.graph(record_graph(record.id))) == _content(record.graph())
    if same:
        report.unchanged.append(record.id)
    return same


def _content(graph: Graph) -> set[tuple[object, ...]]:
    return {triple for triple in graph if triple[1] not in (GW.version, GW.digest)}


def _changes(records: list[Record], types: Types, versions: dict[str, Version], report: Report) -> list[Change]:
    """The records of a batch that pass the shapes, as changes to the graph."""
    graphs = {record.iri: record.graph() for record in records}
    findings = validate(graphs, types) if graphs else {}
    changes = []
    for record in records:
        if wrong := findings.get(record.iri):
            for finding in wrong:
                finding.file, finding.row, finding.record = record.file, record.row, record.id
            report.rejected.extend(wrong)
            continue
        (report.updated if record.id in versions else report.added).append(record.id)
        changes.append(Change(record.iri, record.digest, graphs[record.iri], Path(record.file).name))
    return changes


def _batches(raws: Iterable[RawRecord]) -> Iterator[list[RawRecord]]:
    batch: list[RawRecord] = []
    for raw in raws:
        batch.append(raw)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _read_all(paths: list[Path]) -> Iterator[RawRecord]:
    for path in paths:
        yield from read(path)
