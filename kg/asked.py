"""What the command line and the API are asked of chains: names and words in, entities and chains out."""

from collections.abc import Callable
from dataclasses import dataclass

from kg.chains import Filters, Index
from kg.errors import QueryError
from kg.graph import Graph
from kg.model import Chain, Entity, Modality
from kg.templates import load_forms


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `start`, `end` and `place` are any name or id; the first two may also be the name of an entity
    type, which `to_type` is. `template` names one; empty tuples leave everything in."""

    start: str | None = None
    end: str | None = None
    to_type: str | None = None
    template: str | None = None
    max_hops: int = 5
    limit: int = 10
    actual: bool = False
    relations: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    modalities: tuple[Modality, ...] = ()
    sources: tuple[str, ...] = ()
    min_confidence: float = 0.0
    from_year: int | None = None
    to_year: int | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The chains, best first; where they begin and end: an entity, the name of a type, or None where anything may."""

    start: Entity | str | None
    end: Entity | str | None
    chains: tuple[Chain, ...]

    def labels(self, graph: Graph) -> dict[str, Entity]:
        """Every entity that the answer names, by id."""
        known = [end for end in (self.start, self.end) if isinstance(end, Entity)]
        return graph.ends([hop.assertion for chain in self.chains for hop in chain.hops], *known)


def answer(graph: Graph, index: Callable[[], Index], request: Asked) -> Answer:
    """What the request asks for; `index` is called only where it can be answered. Raises QueryError for a request that
    is not whole or names unknown types, relations or modalities, NotFound for unknown entities, documents, templates.
    """
    if request.end and request.to_type:
        raise QueryError("chains lead to an entity or to a type, not both: leave out to or to_type")
    template = load_forms().find(request.template) if request.template else None
    if not template and not request.start:
        raise QueryError("chains need a beginning: name an entity or a type (from), or a template")
    start = _end(graph, request.start)
    end = _end(graph, request.end) or request.to_type
    if not template and not end:
        raise QueryError("chains need an end: name an entity (to) or a type (to_type), or a template")
    if isinstance(start, Entity) and start == end:
        raise QueryError(f"{request.start} and {request.end} are the same entity, {start.label()}: name two")
    filters = _filters(graph, request)
    if template:
        ends = (_only_entity(start), _only_entity(end))
        found = index().along(template, *ends, limit=request.limit, **filters)
    else:
        found = index().between(_id(start), _id(end), max_hops=request.max_hops, limit=request.limit, **filters)
    return Answer(start, end, found)


def _end(graph: Graph, name: str | None) -> Entity | str | None:
    if not name:
        return None
    return name if name in graph.ontology.kinds else graph.resolve(name)


def _id(end: Entity | str | None) -> str:
    return end.id if isinstance(end, Entity) else end or ""


def _only_entity(end: Entity | str | None) -> str | None:
    if isinstance(end, str):
        raise QueryError(f"a template says itself of which types its ends are: leave out {end}, or name an entity")
    return end.id if end else None


def _filters(graph: Graph, request: Asked) -> Filters:
    for source in request.sources:
        graph.store.require(source)
    modalities = request.modalities or (("actual",) if request.actual else ("actual", "proposed"))
    return Filters(
        modalities=[modality for modality in modalities if modality == "actual" or not request.actual],
        relations=request.relations or None,
        types=request.types or None,
        sources=request.sources or None,
        min_confidence=request.min_confidence,
        from_year=request.from_year,
        to_year=request.to_year,
        place=graph.resolve(request.place).id if request.place else None,
    )
