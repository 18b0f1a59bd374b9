"""A change that graph and history both take, or neither: the history's part is written down before the graph's.

A write-ahead log of one entry (Gray and Reuter, "Transaction Processing", 1992, chapter 9): after a kill in between,
`finish` looks whether the graph has the change, and carries out or forgets the history's part.
"""

from rdflib import Literal, URIRef

from ontology import GW, HISTORY_GRAPH

from .store import Graphs, Store, Triple, update_request

_NODE = URIRef(f"{HISTORY_GRAPH}/pending")
_FORGET = f"DELETE WHERE {{ GRAPH {HISTORY_GRAPH.n3()} {{ {_NODE.n3()} ?p ?o }} }}"


def carry_out(store: Store, graphs: Graphs, sign: str, kept: list[Triple], request: str) -> None:
    """Change the graph and its history.

    Args:
        store: the graph, with the private store beside it.
        graphs: the record graphs to replace.
        sign: a group pattern that the graph fulfils once it has the change, and not before.
        kept: what the history is to keep first: the content that is replaced.
        request: SPARQL Update for the history.

    """
    entry: list[Triple] = [(_NODE, GW.pendingSign, Literal(sign)), (_NODE, GW.pendingUpdate, Literal(request))]
    store.private.change({}, add={HISTORY_GRAPH: [*kept, *entry]})
    store.change(graphs)
    store.private.update(_with_forgetting(request))


def is_pending(store: Store) -> bool:
    """Whether a kill has interrupted a change."""
    return store.private.ask(f"ASK {{ GRAPH {HISTORY_GRAPH.n3()} {{ {_NODE.n3()} ?p ?o }} }}")


def finish(store: Store) -> bool:
    """Finish what a kill has interrupted; whether there was something."""
    pattern = f"{_NODE.n3()} {GW.pendingSign.n3()} ?sign ; {GW.pendingUpdate.n3()} ?request"
    rows = store.private.select(f"SELECT ?sign ?request {{ GRAPH {HISTORY_GRAPH.n3()} {{ {pattern} }} }}")
    for row in rows:
        done = store.ask(f"ASK {{ {row['sign']} }}")
        store.private.update(_with_forgetting(str(row["request"])) if done else _FORGET)
    return bool(rows)


def history_update(additions: list[Triple], outdated: list[Triple]) -> str:
    """SPARQL Update that adds triples to the history and takes others out."""
    return update_request({}, add={HISTORY_GRAPH: additions}, remove={HISTORY_GRAPH: outdated})


def _with_forgetting(request: str) -> str:
    return " ;\n".join(filter(None, [request, _FORGET]))
