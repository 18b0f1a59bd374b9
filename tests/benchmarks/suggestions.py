"""How good suggestions for drafts are, on the records of the corpus: precision and recall against what curators chose.

    python -m tests.benchmarks.suggestions [--data data] [--least 0.15] [--every 1]

What is read is each record's title and summary in the language of its source (or the first that there is), without its
tags; the record itself is not asked what it has. A summary is far shorter than a page, and written by the same people
who chose the tags: read the figures as an upper bound for precision and a lower one for recall.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from kg import Settings
from kg.terms import by_language
from ontology import record_graph
from search import Searcher
from search.facets import values_of
from search.tagging import Tagger
from web.workspace import Workspace

FACET_OF = {
    "barrier": "barrier", "target-group": "group", "mobility-type": "mobility", "measure": "measure",
    "sector": "sector", "programme": "programme", "material-type": "material", "country": "country", "region": "region",
}  # fmt: skip
LEVELS = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def main() -> None:
    """Suggest for every record, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--least", type=float, default=0.15)
    parser.add_argument("--every", type=int, default=1, help="read every n-th record only")
    given = parser.parse_args()
    searcher = Workspace(Settings(data=given.data)).searcher()
    tagger = Tagger(searcher)
    rows: dict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    chosen: dict[str, int] = defaultdict(int)
    started = time.perf_counter()
    records = searcher.records[:: given.every]
    for record in records:
        pages, language, has = _record(searcher, record)
        tags = tagger.tags(pages, language, leave_out=record)
        for kind, facet in FACET_OF.items():
            own = has[facet]
            wide = {above for iri in own for above in searcher.concepts.ancestors(iri)}
            chosen[kind] += len(own)
            rows[kind] += [(tag.score, tag.iri in own, tag.iri in wide) for tag in tags if tag.kind == kind]
    took = (time.perf_counter() - started) / len(records)
    print(f"{len(records)} records, {1000 * took:.0f} ms each\n")
    print("field           least  given  precision  with broader  recall")
    for kind in FACET_OF:
        for least in LEVELS if kind in ("barrier", "target-group", "mobility-type", "measure") else (given.least,):
            kept = [(right, near) for score, right, near in rows[kind] if score >= least]
            right, near = sum(one for one, _ in kept), sum(either for _, either in kept)
            all_kept = max(len(kept), 1)
            print(f"{kind:15} {least:5.2f} {len(kept):6} {right / all_kept:10.2f} {near / all_kept:13.2f} "
                  f"{right / max(chosen[kind], 1):7.2f}")  # fmt: skip


def _record(searcher: Searcher, record: URIRef) -> tuple[list[tuple[None, str]], str, dict[str, set[URIRef]]]:
    """Text, language and tags of a record."""
    graph = searcher.store.graph(record_graph(record.rpartition("/")[2]))
    titles, texts = (by_language(graph, record, prop) for prop in (DCTERMS.title, DCTERMS.abstract))
    concept = searcher.concepts.get(graph.value(record, DCTERMS.language))
    source = concept.notation if concept else ""
    language = source if source in texts else next(iter(texts), "en")
    pages = [(None, titles.get(language, "")), (None, texts.get(language, ""))]
    has: dict[str, set[URIRef]] = defaultdict(set)
    for facet, iri in values_of(record, graph):
        has[facet].add(iri)
    return pages, language, has


if __name__ == "__main__":
    main()
