"""The store: documents' graphs in Oxigraph, on disk or in memory. Nothing else speaks to Oxigraph's store.

Every document has a named graph. The default graph holds exactly the union of their projections (the entities'
descriptions and the direct triples, see `kg.rdf`); a query without GRAPH reads it. `put` and `remove` change both in
one transaction, so that a reader, or whoever opens the store after a crash, never sees a document by halves. In the
same transaction they empty the graph of inferences, since what it rests on may be gone: `kg.inference` fills it again.

Decisions that two ids name one thing (see `kg.merges`) have a graph of their own. What they come to is written into
the documents' graphs; `as_read` gives a document as if there were none.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal

import pyoxigraph as ox

from kg import belief, merges, rdf
from kg.errors import NotFound, QueryError, StoreError
from kg.hold import Hold, sweep
from kg.iris import CLAIM, DOCUMENT, ENTITY, INFERRED, MERGES, PREFIXES, STATEMENT, local
from kg.merges import Decision
from kg.model import (
    Assertion,
    Bibliography,
    Document,
    Entity,
    Extraction,
    Figure,
    Language,
    Mention,
    Reference,
    Refusal,
    Table,
)
from kg.rdf import State, Term

if TYPE_CHECKING:
    from rdflib import Dataset

FORMAT = 1
"""The version of what this package writes. A store of a newer one is not opened."""

Row = dict[str, Term]
"""A solution of a query: variable → value, unbound variables left out."""

Node = Term | ox.DefaultGraph | None
"""A part of a quad; None where it may be any."""
_SUBJECTS, _NO_GRAPHS = (ox.NamedNode, ox.BlankNode), (ox.Literal, ox.Triple)

Function = Callable[..., Term | None]


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document of the store, what it says of itself, and how much was read from it."""

    source: str
    language: Language
    bibliography: Bibliography
    entities: int
    mentions: int
    assertions: int
    refusals: int


class Store:
    """The graphs of all documents. Close it, or use it in a `with` statement: one process at a time may write."""

    def __init__(self, data: ox.Store, hold: Hold | None = None, folder: Path | None = None) -> None:
        self._data: ox.Store | None = data
        self._hold = hold
        self.folder = folder
        """Where the data are that this object reads; None in memory."""
        self.revision = 0
        """Counts the changes made through this object."""
        self._merges: tuple[int, tuple[tuple[Decision, ...], dict[str, str]]] = (-1, ((), {}))

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> "Store":
        """The store in the folder `path`, made where there is none, unless `read_only`. While one process writes,
        others may still open it `read_only`; they see it as it was when they opened it (see `kg.hold`).

        Raises StoreError for a folder that holds something else, a store that is missing, locked, damaged, of a newer
        version, or that may not be read or written.
        """
        try:
            _prepare(path, read_only)
            if read_only:
                hold = _hold(path)
                folder = hold.folder if hold else path / _DATA
                return cls(ox.Store.read_only(str(folder)), hold, folder)
            data = ox.Store(str(path / _DATA))
            sweep(path / _READERS)
            return cls(data, folder=path / _DATA)
        except (OSError, RuntimeError) as error:
            raise StoreError(_trouble(path, error)) from error

    @classmethod
    def at(cls, folder: Path) -> "Store":
        """The same store as one that another process has opened, by its `folder`: for reading, for as long as that one
        stays open. Raises StoreError where it is gone."""
        try:
            return cls(ox.Store.read_only(str(folder)), folder=folder)
        except (OSError, RuntimeError) as error:
            raise StoreError(f"the store at {folder} cannot be opened: {error}") from error

    @classmethod
    def in_memory(cls) -> "Store":
        """An empty store that goes when it is closed."""
        return cls(ox.Store())

    def close(self) -> None:
        """Let go of the folder. Queries fail from now on."""
        self._data = None
        if self._hold:
            self._hold.release()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def into_memory(self) -> None:
        """Read from memory from now on: for a store that was opened for reading only, and is read often (see
        `kg.resident`). Others may read it meanwhile. Raises StoreError where it is closed."""
        copy = ox.Store()
        # the two take no lock of Python's, so that other threads go on
        copy.bulk_load(self._open.dump(format=ox.RdfFormat.N_QUADS), format=ox.RdfFormat.N_QUADS)
        if self._data is not None:
            self._data = copy

    @property
    def _open(self) -> ox.Store:
        if self._data is None:
            raise StoreError("the store is closed: open it again")
        return self._data

    # ---- Writing

    def put(self, extraction: Extraction) -> None:
        """Write what a document gave in place of what it gave before. Raises StoreError where the store is read-only,
        ValueError where the extraction contradicts itself (see `rdf.canonical`)."""
        replaced = self.replaced()
        ids = {replaced[e.id] for e in extraction.entities if e.id in replaced}
        known = {entity.id: entity for entity in self.entities(ids)} if ids else {}
        quads = merges.graph(extraction, rdf.to_quads(extraction), replaced, known)
        graph = rdf.document_node(extraction.document.source)
        if self._open.contains_named_graph(graph):
            projected = _turtle(rdf.projection(quads))
            self._update(f"{_withdraw(graph)} INSERT DATA {{ {projected} GRAPH {graph} {{ {_turtle(quads)} }} }}")
        else:
            self._add(quads)

    def remove(self, source: str) -> None:
        """Take out a document and all that only it states. Raises NotFound where there is none of that name."""
        self.require(source)
        self._update(_withdraw(rdf.document_node(source)))

    def put_merges(
        self, decisions: Iterable[Decision], replaced: Mapping[str, str], known: Mapping[str, Entity]
    ) -> None:
        """Write the decisions in place of those before, and every document as `replaced`, id → the id that stands for
        it, says: all in one transaction. `known` describes what stands for others. Raises StoreError where the store
        is read-only."""
        changed = {id_ for id_, _ in set(replaced.items()) ^ set(self.replaced().items())}
        pairs = [self._rewritten(source, replaced, known) for source in self._naming(changed)]
        taken = {quad for old, new in pairs for quad in old - new}
        given = {quad for old, new in pairs for quad in new - old}
        doubtful = {quad.triple for quad in taken if rdf.is_projected(quad)}
        self._update(
            f"{_EMPTY_INFERRED} DROP SILENT GRAPH <{MERGES}> ;"
            f"DELETE DATA {{ {_turtle_by_graph(taken)} }} ; INSERT DATA {{ {_turtle_by_graph(given)} "
            f"{_turtle(rdf.projection(given))} {_turtle_by_graph(merges.to_quads(decisions, replaced))} }} ;"
            + _unsupported(doubtful)
        )

    def _rewritten(
        self, source: str, replaced: Mapping[str, str], known: Mapping[str, Entity]
    ) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """The document's graph as it is, and as the replacement makes it."""
        now = list(self.graph(source))
        read = merges.as_read(now)
        return set(now), set(merges.graph(rdf.from_quads(read), read, replaced, known))

    def _naming(self, ids: Iterable[str]) -> list[str]:
        """The documents that name, or as they were read named, any of the ids."""
        found = self.select(_NAMING.replace("$NODES", _values("e", map(rdf.entity_node, ids))))
        return sorted({rdf.source_of(rdf.text_of(row["g"])) for row in found})

    def put_inferred(self, quads: Iterable[ox.Quad]) -> None:
        """Write the graph of inferences in place of what it held. Raises StoreError where the store is read-only."""
        self._update(f"{_EMPTY_INFERRED} INSERT DATA {{ GRAPH <{INFERRED}> {{ {_turtle(quads)} }} }}")

    def _add(self, quads: list[ox.Quad]) -> None:
        """Write the graph of a document that is new. What was inferred is dropped before, in a transaction of its own:
        Oxigraph writes twice as fast where a transaction only adds, and after either one all documents are whole."""

        def write(data: ox.Store) -> None:
            data.update(_EMPTY_INFERRED)
            data.extend([*quads, *rdf.projection(quads)])

        self._write(write)

    def _update(self, update: str) -> None:
        self._write(lambda data: data.update(update))

    def _write(self, write: Callable[[ox.Store], None]) -> None:
        try:
            write(self._open)
            # else whoever opens the store next has to read the whole log first, which takes seconds
            self._open.flush()
        except RuntimeError as error:
            raise StoreError(f"the store was opened for reading only, so nothing was written ({error})") from error
        except OSError as error:
            raise StoreError(f"the store could not be written, nothing was changed: {error}") from error
        self.revision += 1

    # ---- Documents

    def sources(self) -> tuple[str, ...]:
        """The names of the documents, sorted."""
        graphs = (graph.value for graph in self._open.named_graphs() if isinstance(graph, ox.NamedNode))
        return tuple(sorted(rdf.source_of(graph) for graph in graphs if graph.startswith(DOCUMENT)))

    def state(self, source: str) -> State | None:
        """What the document's graph was made from, or None where there is no such document."""
        node = rdf.document_node(source)
        quads = [*self._about(node, node), *self._about(ox.NamedNode(f"{node.value}#run"), node)]
        return rdf.state(quads) if quads else None

    def documents(self) -> tuple[DocumentSummary, ...]:
        """All documents by name, with the number of things that each one gave."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in self.select(_CENSUS):
            counts[rdf.text_of(row["g"])][rdf.text_of(row["class"])] += int(rdf.text_of(row["n"]))
        described: defaultdict[str, list[ox.Triple]] = defaultdict(list)
        for triple in self._construct(_DESCRIBED):
            described[rdf.text_of(triple.subject)].append(triple)
        return tuple(_summary(rdf.document(described[node]), counts[node]) for node in sorted(described))

    def bibliographies(self, sources: Iterable[str]) -> dict[str, Bibliography]:
        """What those of the documents that the store holds say of themselves, by name."""
        nodes = _values("g", map(rdf.document_node, sources))
        described: defaultdict[str, list[ox.Triple]] = defaultdict(list)
        for triple in self._construct(_DESCRIBED.replace("WHERE {", f"WHERE {{ {nodes}")):
            described[rdf.text_of(triple.subject)].append(triple)
        found = (rdf.document(triples) for triples in described.values())
        return {document.source: document.bibliography for document in found}

    def document(self, source: str) -> Document:
        """The document with its text and sections. Raises NotFound."""
        return rdf.document(self._members(self.require(source), "Document", "Section", "Page"))

    def extraction(self, source: str) -> Extraction:
        """All that the document gave, in canonical form. Raises NotFound."""
        return rdf.from_quads(self._open.quads_for_pattern(None, None, None, self.require(source)))

    def as_read(self, source: str) -> Extraction:
        """All that the document gave before any merge, in canonical form. Raises NotFound."""
        return rdf.from_quads(merges.as_read(self.graph(source)))

    def mentions(self, source: str) -> tuple[Mention, ...]:
        """Where the document names entities, by place. Raises NotFound."""
        return rdf.mentions(self._members(self.require(source), "Mention"))

    def refusals(self, source: str) -> tuple[Refusal, ...]:
        """What was read in the document but not let in. Raises NotFound."""
        return rdf.refusals(self._members(self.require(source), "Refusal"))

    def tables(self, source: str) -> tuple[Table, ...]:
        """A document's tables, in its order. Raises NotFound."""
        return rdf.tables(self.graph(source))

    def references(self, source: str) -> tuple[Reference, ...]:
        """The works that the document lists, in its order. Raises NotFound."""
        return rdf.references(self._members(self.require(source), "Reference"))

    def require(self, source: str) -> ox.NamedNode:
        """The node of a document that the store holds. Raises NotFound, with near names."""
        node = rdf.document_node(source)
        if not self._open.contains_named_graph(node):
            near = tuple(get_close_matches(source, self.sources(), n=3, cutoff=0.4))
            raise NotFound(f"the store holds no document named {source}", suggestions=near)
        return node

    # ---- Merges

    def merges(self) -> tuple[Decision, ...]:
        """The decisions that two ids name one thing, or do not, by id."""
        return self._decided()[0]

    def replaced(self) -> Mapping[str, str]:
        """Entity id → the id that stands for it in all documents, for the ids that merges have replaced."""
        return self._decided()[1]

    def decided(self) -> Iterator[ox.Quad]:
        """The quads of the graph of decisions, in no order."""
        return self._open.quads_for_pattern(None, None, None, merges.GRAPH)

    def _decided(self) -> tuple[tuple[Decision, ...], dict[str, str]]:
        """Read again only after a change."""
        if self._merges[0] != self.revision:
            self._merges = self.revision, merges.from_quads(self.decided())
        return self._merges[1]

    def records(self) -> Mapping[str, tuple[tuple[ox.Triple, ...], tuple[ox.Triple, ...]]]:
        """Document → the triples that merges took out of its graph, and those that they put in."""
        rows = self.select(_RECORDS)
        return {
            rdf.source_of(rdf.text_of(row["g"])): (
                tuple(merges.triples(rdf.text_of(row["taken"]))),
                tuple(merges.triples(rdf.text_of(row["given"]))),
            )
            for row in rows
        }

    # ---- Entities and statements

    def entities(self, ids: Iterable[str] | None = None) -> tuple[Entity, ...]:
        """The entities of those ids that the store knows, or all, by id; each as all documents together describe it."""
        if ids is None:
            return rdf.entities(self.graph())
        nodes = _values("n", map(rdf.entity_node, ids))
        return rdf.entities(self._construct(f"CONSTRUCT {{ ?n ?p ?o }} WHERE {{ {nodes} ?n ?p ?o }}"))

    def assertions(self, ids: Iterable[str]) -> tuple[Assertion, ...]:
        """The statements of those ids that the store knows, with all evidence, by document and place. Each is believed
        as all documents together support it (see `kg.belief`)."""
        nodes = _values("st", map(rdf.statement_node, ids))
        found = rdf.assertions(self._construct(_STATEMENTS.replace("$NODES", nodes)))
        beliefs = belief.across_documents(map(stated, self.select(_PEERS.replace("$NODES", nodes))))
        return tuple(replace(each, belief=beliefs[each.id]) for each in found)

    def about_entity(self, id: str, most: int = 1000) -> list[ox.Triple]:
        """What is known of an entity as triples, in a fixed order: its description, the direct triples from and to it,
        and its statements (at most so many) with their evidence. None where no document names it."""
        node = str(rdf.entity_node(id))
        rows = self.select(_STATED_OF.replace("$NODE", node).replace("$MOST", str(most)))
        own = self._construct(_ABOUT.replace("$NODE", node))
        stated = self._construct(
            _STATEMENTS.replace("$NODES", f"VALUES ?st {{ {' '.join(str(r['st']) for r in rows)} }}")
        )
        return sorted({*own, *stated}, key=str)

    def about_statement(self, id: str) -> list[ox.Triple]:
        """A statement with its evidence and its figure as triples, in a fixed order. None where there is none."""
        return sorted(self._construct(_STATEMENTS.replace("$NODES", _values("st", [rdf.statement_node(id)]))), key=str)

    def about_document(self, source: str) -> list[ox.Triple]:
        """What a document says of itself, and its sections, without its text, as triples in a fixed order. Raises
        NotFound."""
        members = self._members(self.require(source), "Document", "Section")
        return sorted((triple for triple in members if triple.predicate != rdf.term("text")), key=str)

    def figures(self, source: str | None = None) -> tuple[Figure, ...]:
        """The figures in the prose of one document, or of all, by document and place. Raises NotFound."""
        node = f"VALUES ?g {{ {self.require(source)} }}" if source else ""
        return rdf.figures(self._construct(_FIGURES.replace("$NODES", node)))

    def _about(self, node: ox.NamedNode, graph: ox.NamedNode) -> Iterator[ox.Quad]:
        return self._open.quads_for_pattern(node, None, None, graph)

    def _members(self, graph: ox.NamedNode, *classes: str) -> Iterator[ox.Triple]:
        """The triples of the graph's nodes of those classes."""
        wanted = _values("class", map(rdf.term, classes))
        return self._construct(
            f"CONSTRUCT {{ ?n ?p ?o }} WHERE {{ {wanted} GRAPH {graph} {{ ?n a ?class ; ?p ?o }} }}",
        )

    def _construct(self, query: str) -> Iterator[ox.Triple]:
        found = self._query(query)
        if not isinstance(found, ox.QueryTriples):
            raise QueryError("the query must be a CONSTRUCT query")
        return found

    # ---- Asking

    def select(
        self,
        query: str,
        bindings: Mapping[str, ox.NamedNode | ox.Literal] | None = None,
        functions: Mapping[str, Function] | None = None,
    ) -> list[Row]:
        """The solutions of a SELECT query. The prefixes of `kg.iris.PREFIXES` need no declaration.

        `bindings` gives variables a value; each must be projected, by every sub-SELECT too. `functions` maps IRIs to
        functions of terms that the query may call. Raises QueryError for anything else than a SELECT query, and for
        SERVICE, since a question must not reach out to the network.
        """
        return solutions(self._query(query, bindings, functions))

    def ask(self, query: str) -> bool:
        """The answer of an ASK query. Raises QueryError as `select` does."""
        found = self._query(query)
        if not isinstance(found, ox.QueryBoolean):
            raise QueryError("the query must be an ASK query")
        return bool(found)

    def answer(
        self,
        query: str,
        stream: IO[bytes],
        results: ox.QueryResultsFormat | None,
        graph: ox.RdfFormat | None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        bindings: Mapping[str, ox.NamedNode | ox.Literal] | None = None,
        functions: Mapping[str, Function] | None = None,
    ) -> Literal["results", "graph"] | None:
        """Write the answer of any query that only reads to a stream: in the one format what SELECT and ASK find, in the
        other what CONSTRUCT and DESCRIBE do. Gives which it was; None, with nothing written, where that has no format.

        The graphs, IRIs, take the place of those that the query names; where only one kind is given, there are none of
        the other. `bindings` and `functions` are those of `select`. Raises QueryError as `select` does, and whatever
        writing to the stream raises.
        """
        found = self._query(query, bindings, functions, _dataset(default_graphs, named_graphs))
        if isinstance(found, ox.QueryTriples):
            if graph:
                ox.serialize(found, stream, graph, prefixes=PREFIXES)
            return "graph" if graph else None
        if results:
            found.serialize(stream, results)
        return "results" if results else None

    def _query(
        self,
        query: str,
        bindings: Mapping[str, ox.NamedNode | ox.Literal] | None = None,
        functions: Mapping[str, Function] | None = None,
        graphs: Mapping[str, Any] | None = None,
    ) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        if _reaches_out(query):
            raise QueryError("the query uses SERVICE, which would reach out to the network: leave it out")
        values: dict[ox.Variable, Term] = {ox.Variable(name): value for name, value in (bindings or {}).items()}
        calls = {ox.NamedNode(iri): function for iri, function in (functions or {}).items()}
        try:
            return self._open.query(
                query, prefixes=PREFIXES, substitutions=values, custom_functions=calls, **(graphs or {})
            )
        except SyntaxError as error:
            raise QueryError(f"the query cannot be read: {error.msg}") from error
        except (ValueError, RuntimeError, OSError) as error:
            raise QueryError(f"the query cannot be answered: {error}") from error

    def quads(self) -> Iterator[ox.Quad]:
        """Every quad, the default graph's too, in no order."""
        return self._open.quads_for_pattern(None, None, None)

    def graph(self, source: str | None = None) -> Iterator[ox.Quad]:
        """The quads of a document's graph, or of the default graph, in no order. Raises NotFound."""
        name = ox.DefaultGraph() if source is None else self.require(source)
        return self._open.quads_for_pattern(None, None, None, name)

    def matches(self, subject: Node, predicate: Node, object: Node, graph: Node) -> Iterable[ox.Quad]:
        """The quads that have these parts, None for any; read one after the other, as they are taken. Nothing where the
        parts cannot be those of a quad."""
        if (
            (subject is None or isinstance(subject, _SUBJECTS))
            and (predicate is None or isinstance(predicate, ox.NamedNode))
            and not isinstance(object, ox.DefaultGraph)
            and not isinstance(graph, _NO_GRAPHS)
        ):
            return self._open.quads_for_pattern(subject, predicate, object, graph)
        return ()

    def pairs(self, property: str, source: str | None = None) -> Iterator[tuple[str, str]]:
        """What has that property of the ontology, and its values, both as texts: of a document's graph, or of the
        default graph. The fastest way to read much. Raises NotFound."""
        name = ox.DefaultGraph() if source is None else self.require(source)
        found = self._open.quads_for_pattern(None, rdf.term(property), None, name)
        return ((rdf.text_of(quad.subject), rdf.text_of(quad.object)) for quad in found)

    def inferred(self) -> Iterator[ox.Quad]:
        """The quads of the graph of inferences, in no order."""
        return self._open.quads_for_pattern(None, None, None, ox.NamedNode(INFERRED))

    def rdflib_dataset(self) -> "Dataset":
        """The same data as an rdflib dataset. It reads and writes this store: what is written through it is not
        checked."""
        # rdflib takes longer to import than a look-up takes
        from oxrdflib import OxigraphStore
        from rdflib import Dataset

        return Dataset(store=OxigraphStore(store=self._open))


def solutions(found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> list[Row]:
    """The solutions as rows. Raises QueryError where the answer is none of a SELECT query."""
    if not isinstance(found, ox.QuerySolutions):
        raise QueryError("the query must be a SELECT query")
    names = [variable.value for variable in found.variables]
    return [{name: value for name in names if (value := solution[name]) is not None} for solution in found]


_CENSUS = f"""
SELECT ?g ?class (COUNT(?node) AS ?n) {{
    GRAPH ?g {{ ?node a ?type }}
    BIND(IF(STRSTARTS(STR(?node), "{ENTITY}"), "", STR(?type)) AS ?class)
}} GROUP BY ?g ?class"""
"""Nodes by graph and class; entities are counted together under the empty class."""


_DESCRIBED = """
CONSTRUCT { ?g ?p ?o } WHERE { GRAPH ?g { ?g a pkg:Document ; ?p ?o FILTER(?p != pkg:text) } }"""

_STATEMENTS = """
CONSTRUCT { ?n ?p ?o } WHERE {
    { $NODES GRAPH ?g { ?st ?p ?o } BIND(?st AS ?n) }
    UNION { $NODES GRAPH ?g { ?st pkg:evidence|pkg:observation ?n . ?n ?p ?o } }
    UNION { $NODES GRAPH ?g { ?st pkg:evidence ?e . ?e pkg:part ?n . ?n ?p ?o } }
}"""


_ABOUT = """
CONSTRUCT { ?n ?p ?o } WHERE {
    { $NODE ?p ?o BIND($NODE AS ?n) }
    UNION { ?n ?p $NODE BIND($NODE AS ?o) }
    UNION { GRAPH ?g { $NODE ?p ?o } BIND($NODE AS ?n) }
}"""
_STATED_OF = """
SELECT DISTINCT ?st {
    { GRAPH ?g { ?st pkg:subject $NODE ; a pkg:Statement } }
    UNION { GRAPH ?g { ?st pkg:object $NODE ; a pkg:Statement } }
} ORDER BY ?st LIMIT $MOST"""
_FIGURES = """
CONSTRUCT { ?n ?p ?o } WHERE {
    { $NODES GRAPH ?g { ?f a pkg:Figure ; ?p ?o } BIND(?f AS ?n) }
    UNION { $NODES GRAPH ?g { ?f a pkg:Figure ; pkg:evidence ?n . ?n ?p ?o } }
    UNION { $NODES GRAPH ?g { ?f a pkg:Figure ; pkg:evidence ?e . ?e pkg:part ?n . ?n ?p ?o } }
}"""


STATED = """
    GRAPH ?source {
        ?st pkg:subject ?s ; pkg:predicate ?p ; pkg:object ?o ; pkg:modality ?m ; pkg:belief ?b .
        OPTIONAL { ?st pkg:timeText ?time }
        OPTIONAL { ?st pkg:valueText ?value }
    }"""
"""The pattern of what documents state; `stated` reads its solutions."""

_PEERS = f"""
SELECT DISTINCT ?st ?s ?p ?o ?m ?b ?source ?time ?value WHERE {{
    {{ SELECT DISTINCT ?s ?p ?o ?m WHERE {{
        $NODES
        GRAPH ?g {{ ?st pkg:subject ?s ; pkg:predicate ?p ; pkg:object ?o ; pkg:modality ?m }}
    }} }}
    {STATED}
}}"""


def stated(row: Row) -> belief.Stated:
    """A solution of `STATED`."""
    s, p, o, m = (rdf.text_of(row[name]) for name in "spom")
    time, value = (rdf.text_of(row[name]) if name in row else "" for name in ("time", "value"))
    id_, source = local(rdf.text_of(row["st"]), STATEMENT), rdf.text_of(row["source"])
    return belief.Stated(id_, (s, p, o, m), source, float(rdf.text_of(row["b"])), time, value)


_RECORDS = """
SELECT ?g ?taken ?given WHERE { GRAPH ?g { ?n a pkg:Rewriting ; pkg:replaced ?taken ; pkg:replacement ?given } }"""

_NAMING = f"""
SELECT DISTINCT ?g WHERE {{
    $NODES
    {{ GRAPH ?g {{ ?e a ?type }} }}
    UNION {{ GRAPH <{MERGES}> {{ ?e dcterms:isReplacedBy ?by }} GRAPH ?g {{ ?by a ?type . ?n a pkg:Rewriting }} }}
}}"""


def _dataset(default: Sequence[str] | None, named: Sequence[str] | None) -> dict[str, list[ox.NamedNode]]:
    """The graphs that a query is to see, as Oxigraph is told; empty where it sees those that it names itself."""
    if default is None and named is None:
        return {}
    try:
        graphs = {"default_graph": default or (), "named_graphs": named or ()}
        return {name: [ox.NamedNode(iri) for iri in iris] for name, iris in graphs.items()}
    except ValueError as error:
        raise QueryError(f"a graph's name is no IRI: {error}") from error


def _values(name: str, nodes: Iterable[ox.NamedNode]) -> str:
    return f"VALUES ?{name} {{ {' '.join(map(str, nodes))} }}"


def _summary(document: Document, counts: Mapping[str, int]) -> DocumentSummary:
    mentions, assertions, refusals = (counts.get(rdf.term(c).value, 0) for c in ("Mention", "Statement", "Refusal"))
    return DocumentSummary(
        source=document.source,
        language=document.language,
        bibliography=document.bibliography,
        entities=counts.get("", 0),
        mentions=mentions,
        assertions=assertions,
        refusals=refusals,
    )


_EMPTY_INFERRED = f"DROP SILENT GRAPH <{INFERRED}> ;"


def _withdraw(graph: ox.NamedNode) -> str:
    """The update that takes out a document's graph, and from the default graph what no other document supports."""
    return f"""
    {_EMPTY_INFERRED}
    DELETE {{ ?s ?p ?o }} WHERE {{
        GRAPH {graph} {{ ?s ?p ?o }}
        FILTER(STRSTARTS(STR(?s), "{ENTITY}") && !STRSTARTS(STR(?p), "{CLAIM}"))
        FILTER NOT EXISTS {{ GRAPH ?other {{ ?s ?p ?o }} FILTER(?other != {graph}) }}
    }} ;
    DROP SILENT GRAPH {graph} ;"""


def _unsupported(triples: Iterable[ox.Triple]) -> str:
    """The update that takes out of the default graph those of the triples that no document supports."""
    rows = " ".join(f"( {t.subject} {t.predicate} {t.object} )" for t in triples)
    return f"""
    DELETE {{ ?s ?p ?o }} WHERE {{
        VALUES (?s ?p ?o) {{ {rows} }}
        FILTER NOT EXISTS {{ GRAPH ?other {{ ?s ?p ?o }} }}
    }}"""


def _turtle_by_graph(quads: Iterable[ox.Quad]) -> str:
    """The quads as an update can hold them."""
    graphs: defaultdict[object, list[ox.Quad]] = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name].append(quad)
    return " ".join(f"GRAPH {name} {{ {_turtle(members)} }}" for name, members in graphs.items())


def _turtle(quads: Iterable[ox.Quad]) -> str:
    """The triples as N-Triples, which an update can hold."""
    written = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES)
    return (written or b"").decode("utf-8")


_GAP = r"(?:\s++|#[^\n\r]*+)*+"
_WIDE = r"[^\x00-\x7f]"
_NAMED = rf"(?:<[^<>\s]*+>|[?$](?:\w|{_WIDE})*+|(?:[\w.-]|{_WIDE})*+:(?:[\w.:%-]|\\.|{_WIDE})*+)"
_SERVICE = re.compile(
    rf"(?:(?<![^\W\d])(?<![:?$@-])|(?<=true)|(?<=false))SERVICE{_GAP}(?:SILENT{_GAP})?{_NAMED}{_GAP}{{", re.IGNORECASE
)
"""The keyword, what it names and the brace, wherever they may stand: Oxigraph needs no white space (`1SERVICE<…>{`).
Texts and comments are looked at too, since to tell where they begin one has to read the query exactly as Oxigraph
does, and whoever finds a difference gets out. A text that holds all three is refused for nothing."""


def _reaches_out(query: str) -> bool:
    # few queries have the word at all, and looking for it costs a tenth
    return "service" in query.lower() and _SERVICE.search(query) is not None


# ---- The folder

_DATA = "data"
_READERS = "readers"
_FORMAT = "format"
_DRAFT = "format.new"
_SIGNATURE = "policykg store "


def _prepare(path: Path, read_only: bool) -> None:
    """Check the folder's format file; make folder and file where there is nothing yet."""
    marker = path / _FORMAT
    if marker.is_file():
        _check_format(path, marker.read_text(encoding="utf-8", errors="replace"))
    elif path.exists() and (not path.is_dir() or _foreign(path)):
        raise StoreError(f"{path} is not a policykg store, and not empty either: choose another folder")
    elif read_only:
        raise StoreError(f"there is no store at {path}: ingest a document first, or name another folder")
    else:
        path.mkdir(parents=True, exist_ok=True)
        draft = path / _DRAFT
        draft.write_text(f"{_SIGNATURE}{FORMAT}\n", encoding="utf-8")
        draft.replace(marker)


def _hold(path: Path) -> Hold | None:
    """The reader's hold on the files; None where this user may not make one, who then reads the files themselves."""
    try:
        return Hold(path / _DATA, path / _READERS)
    except OSError:
        return None


def _foreign(path: Path) -> bool:
    """Whether the folder holds anything that was not left by a store whose making was cut short."""
    return any(child.name != _DRAFT for child in path.iterdir())


def _check_format(path: Path, text: str) -> None:
    version = text.removeprefix(_SIGNATURE).strip()
    if not text.startswith(_SIGNATURE) or not version.isdecimal():
        raise StoreError(f"{path} is not a policykg store: its file {_FORMAT!r} says something else")
    if int(version) > FORMAT:
        raise StoreError(f"the store at {path} was written by a newer policykg (format {version}): update policykg")


def _trouble(path: Path, error: OSError | RuntimeError) -> str:
    """One sentence for what Oxigraph or the system said on opening."""
    said = str(error)
    if "lock" in said.lower():
        return f"another process has the store at {path} open for writing: wait for it, or open it for reading only"
    if isinstance(error, PermissionError) or "ermission denied" in said:
        return f"the store at {path} may not be read or written by this user: change its permissions"
    if isinstance(error, RuntimeError):
        return f"the store at {path} is damaged: remove the folder and ingest the documents again ({said})"
    return f"the store at {path} cannot be opened: {said}"
