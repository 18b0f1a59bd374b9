"""The command line `goodways`: thin wrappers over the rooms."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kg import Finding, GoodwaysError, Settings

from .accounts.commands import app as account
from .curation.link_commands import links
from .workspace import Workspace

app = typer.Typer(
    help="Goodways: good practices, training material and definitions of inclusive learning mobility.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(account, name="account")
app.command(epilog="Example: goodways links --check")(links)
screen = Console(stderr=True, highlight=False, soft_wrap=True)

Data = Annotated[Path | None, typer.Option("--data", help="Data folder [default: $GOODWAYS_DATA, else ./data].")]
AsJson = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]
MAX_FINDINGS = 100


def workspace(data: Path | None) -> Workspace:
    """The workspace of a command."""
    settings = Settings()
    return Workspace(settings.model_copy(update={"data": data}) if data else settings)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield tell


def say(text: str) -> None:
    """A line on standard output; what the terminal cannot show is replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def say_json(value: object) -> None:
    """A value as JSON on standard output."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def say_findings(findings: list[Finding]) -> None:
    """Findings on standard error, a line each."""
    for finding in findings[:MAX_FINDINGS]:
        screen.print(str(finding), markup=False)
    if len(findings) > MAX_FINDINGS:
        screen.print(f"… and {len(findings) - MAX_FINDINGS} more; use --json to see all.", markup=False)


@app.command(epilog="Example: goodways build --corpus corpus")
def build(
    corpus: Annotated[Path | None, typer.Option(help="Folder of the records [default: the project's corpus].")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Bring ontology and corpus into graph and indexes; only what is new or changed is done."""
    space = workspace(data)
    with progress_bar() as tell:
        report = space.build(corpus or space.settings.corpus, tell)
    _say_report(report, as_json)


@app.command(name="import", epilog="Example: goodways import records.jsonl --dry-run")
def import_(
    files: Annotated[list[Path], typer.Argument(help="YAML, JSON, CSV, XLSX or RDF files.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, store nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Store nothing unless every record passes.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Bring records from files into the graph."""
    with progress_bar() as tell:
        report = workspace(data).import_files(files, dry_run=dry_run, strict=strict, progress=tell)
    _say_report(report, as_json)


@app.command(epilog="Example: goodways validate corpus/practices/*.yaml")
def validate(
    files: Annotated[list[Path], typer.Argument(help="YAML, JSON, CSV, XLSX or RDF files.")],
    data: Data = None,  # noqa: ARG001  (every command takes it)
    as_json: AsJson = False,
) -> None:
    """Check records as an import would; nothing is stored."""
    from ingest import check_files
    from kg.validation import vocabulary_types_from_files

    count, findings = check_files(files, vocabulary_types_from_files())
    if as_json:
        say_json({"records": count, "rejected": [finding.as_dict() for finding in findings]})
    else:
        say_findings(findings)
        say(f"{count} records read, {len({(f.file, f.row, f.record) for f in findings})} with findings.")
    raise typer.Exit(1 if findings else 0)


@app.command(epilog="Example: goodways serve --port 8080")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    data: Data = None,
) -> None:
    """Serve the site."""
    from .server import run

    run(workspace(data), host, port)


@app.command(epilog='Example: goodways search "praca za granicą dla niesłyszących" --country IE')
def search(
    text: Annotated[str, typer.Argument(help="What you look for, in any language.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many hits.")] = 10,
    lang: Annotated[list[str] | None, typer.Option(help="Language of the source, such as de.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="A kind, such as GoodPractice or Event.")] = None,
    barrier: Annotated[list[str] | None, typer.Option(help="A barrier, such as eplus-2021.economic.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="A country, such as IE.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A target group, such as apprentices.")] = None,
    mobility: Annotated[list[str] | None, typer.Option(help="A mobility type, such as job-shadowing.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Search as the site does."""
    from .api import search_document
    from .site import Site

    filters = {
        "lang": lang, "type": type_, "barrier": barrier, "country": country, "group": group, "mobility": mobility
    }  # fmt: skip
    site = Site(workspace(data))
    wanted = {name: values for name, values in filters.items() if values}
    results = site.searcher.search(text, wanted, limit=limit)
    document = search_document(site, results, "en")
    if as_json:
        say_json(document)
    else:
        _say_hits(document)
    raise typer.Exit(1 if results.unknown else 0)


@app.command(epilog='Example: goodways sparql "SELECT ?t { ?r a gw:GoodPractice ; dcterms:title ?t } LIMIT 5"')
def sparql(
    query: Annotated[str | None, typer.Argument(help="The query.")] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="A file that holds the query.")] = None,
    form: Annotated[str, typer.Option("--format", help="json, xml, csv, tsv, or ttl, nt, rdf, jsonld.")] = "",
    data: Data = None,
) -> None:
    """Ask the graph in SPARQL (prefixes of the project are known)."""
    from kg.protocol import query_text, run_query

    from .meaning import prepared

    space = workspace(data)
    text, similarity = prepared(space, query_text(query, file))
    with space.reading() as store:
        forms = (form,) if form else ("tsv", "ttl")
        body = run_query(store, text, *forms, similarity=similarity, limit=sys.maxsize).body
    sys.stdout.buffer.write(body if body.endswith(b"\n") else body + b"\n")


@app.command(epilog="Example: goodways export goodways.trig")
def export(
    file: Annotated[Path, typer.Argument(help="Where to; .trig .nq .ttl .nt .jsonld .csv by ending.")],
    history: Annotated[bool, typer.Option("--history", help="Also when and by whom versions were made.")] = False,
    data: Data = None,
) -> None:
    """Write the published graph to a file."""
    from kg.export import export as write

    with workspace(data).reading() as store:
        count = write(store, file, history=history)
    say(f"{count} {'records' if file.suffix.lower() == '.csv' else 'statements'} written to {file}.")


@app.command(epilog="Example: goodways check --json")
def check(data: Data = None, as_json: AsJson = False) -> None:
    """Say whether graph, versions and indexes agree."""
    findings = workspace(data).check()
    if as_json:
        say_json({"findings": findings})
    else:
        for finding in findings[:MAX_FINDINGS]:
            say(finding)
        say("Graph, versions and indexes agree." if not findings else "Run `goodways build` to mend this.")
    raise typer.Exit(1 if findings else 0)


@app.command(epilog="Example: goodways evaluate --queries q.tsv --qrels r.txt --run run.txt")
def evaluate(
    queries: Annotated[
        Path | None, typer.Option(help="id<TAB>text[<TAB>language] a line [default: the corpus's own].")
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option(help="TREC judgements: query 0 record grade [default: the corpus's own].")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="TREC run file to write.")] = None,
    method: Annotated[str, typer.Option(help="hybrid, fused (without concepts), vectors or words.")] = "hybrid",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Measure ranking quality on judged queries."""
    from search import evaluation
    from search.searcher import METHODS

    if method not in METHODS:
        raise typer.BadParameter(f"choose {', '.join(METHODS)}", param_hint="--method")
    if (queries is None) != (qrels is None):
        raise typer.BadParameter("name both or neither", param_hint="--queries, --qrels")
    space = workspace(data)
    asked = evaluation.read_queries(queries or space.settings.corpus / evaluation.QUERIES)
    judged = evaluation.read_qrels(qrels or space.settings.corpus / evaluation.QRELS)
    searcher = space.searcher()
    with progress_bar() as tell:
        result = evaluation.evaluate(searcher, asked, judged, method=method, run=run, progress=tell)
    if as_json:
        say_json(result)
        return
    rows = {"all": result} | dict(result["by_language"])  # type: ignore[call-overload]
    say(f"{'':6}{'nDCG@10':>9}{'recall@100':>12}{'MRR@10':>9}{'queries':>9}")
    for name, row in rows.items():
        say(f"{name:6}{row['ndcg@10']:9.4f}{row['recall@100']:12.4f}{row['mrr@10']:9.4f}{row['queries']:9}")


@app.command(epilog="Example: goodways judgements answers")
def judgements(
    folder: Annotated[Path, typer.Argument(help="Folder to write queries.tsv and qrels.txt to.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write what visitors said of results as judged queries, as `goodways evaluate` reads them."""
    from .feedback import write_judgements

    queries, count = write_judgements(workspace(data).folder, folder)
    if as_json:
        say_json({"queries": queries, "judgements": count})
    else:
        say(f"{queries} queries with {count} judgements written to {folder}.")


@app.command(epilog="Example: goodways balance > docs/corpus.md")
def balance(data: Data = None, as_json: AsJson = False) -> None:
    """Show what the corpus holds beside what it should hold."""
    from dataclasses import asdict

    from kg.balance import as_markdown
    from kg.balance import balance as count

    with workspace(data).reading() as store:
        tables = count(store)
    if as_json:
        say_json({heading: [asdict(line) for line in lines] for heading, lines in tables.items()})
    else:
        say(as_markdown(tables).rstrip())


@app.command(epilog="Example: goodways names --json")
def names(data: Data = None, as_json: AsJson = False) -> None:
    """Show which concepts still lack a name or an explanation in an official language."""
    from dataclasses import asdict

    from kg.naming import as_text, naming

    with workspace(data).reading() as store:
        lists = naming(store)
    if as_json:
        say_json([asdict(one) for one in lists])
    else:
        say(as_text(lists))


@app.command(epilog="Example: goodways backup goodways-2026-11-22.tar.gz")
def backup(file: Annotated[Path, typer.Argument(help="Archive to write.")], data: Data = None) -> None:
    """Save everything into one file, also while the site runs."""
    from .backup import backup as save

    say(f"{save(workspace(data), file)} statements saved in {file}.")


@app.command(epilog="Example: goodways restore goodways-2026-11-22.tar.gz --data fresh")
def restore(file: Annotated[Path, typer.Argument(help="Archive to read.")], data: Data = None) -> None:
    """Bring a backup back into an empty data folder."""
    from .backup import restore as bring_back

    with progress_bar() as tell:
        count = bring_back(workspace(data), file, tell)
    say(f"{count} statements restored.")


def _say_report(report: Any, as_json: bool) -> None:
    if as_json:
        say_json(report.as_dict())
    else:
        say_findings(report.rejected)
        for note in report.notes[:MAX_FINDINGS]:
            say(str(note))
        counts = report.as_dict()
        text = ", ".join(f"{counts[name]} {name}" for name in ("added", "updated", "unchanged", "withdrawn"))
        say(f"{text}, {len({(f.file, f.row, f.record) for f in report.rejected})} rejected.")
    raise typer.Exit(1 if report.rejected else 0)


def _say_hits(document: dict[str, Any]) -> None:
    for name, value in document.get("unknown_filters", []):
        screen.print(f"No record has {name} '{value}'; leave this filter out or correct it.", markup=False)
    if document["confidence"] != "good" and document["results"]:
        screen.print("Nothing good was found; these are the nearest.", markup=False)
    for n, hit in enumerate(document["results"], 1):
        places = ", ".join(hit["countries"])
        say(f"{n:2}. {hit['title']}  [{hit['type']}{', ' + places if places else ''}, {hit['language']}]")
        if hit["why"]:
            say(f"    {hit['why']}")
        say(f"    {hit['url']}")
    say(f"{document['total']} found in {document['took_ms']} ms.")


def main() -> None:
    """Run the command line; errors that can be said are said in one sentence."""
    # multiprocessing has each worker read the script again that was started, and with it the whole site
    vars(sys.modules["__main__"]).pop("__file__", None)
    try:
        app(standalone_mode=True)
    except GoodwaysError as error:
        screen.print(str(error), markup=False)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        screen.print("Stopped; run the same command again to continue.", markup=False)
        sys.exit(1)
