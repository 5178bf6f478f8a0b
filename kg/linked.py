"""What an IRI of the graph names, at the path of the IRI: as RDF, JSON, or the explorer's page, as the client wants it.

`https://w3id.org/policykg/id/program/863计划` is answered at `/id/program/863计划`, so that a redirect of the first
part of the IRIs to a server makes them all work.
"""

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import pyoxigraph as ox
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from kg import rows, telling
from kg.answers import Reading
from kg.errors import NotFound
from kg.export import write_jsonld
from kg.iris import PREFIXES, slug
from kg.live import Snapshot
from kg.media import HTML, JSON, JSON_LD, N_TRIPLES, TURTLE, choose, typed
from kg.model import Assertion
from kg.problems import PROBLEMS
from kg.resolution import renamed
from kg.routes import described

_OFFERS = (TURTLE, JSON_LD, N_TRIPLES, JSON, HTML)
_SHORT = {"turtle": TURTLE, "jsonld": JSON_LD, "ntriples": N_TRIPLES, "json": JSON, "html": HTML}
_WRITTEN: dict[int | str, dict[str, Any]] = {
    200: {"description": "所求的格式 · As asked for", "content": {media: {} for media in _OFFERS}}
}

router = APIRouter(tags=["标识符 identifiers"], responses={**PROBLEMS, **_WRITTEN})

_Format = Annotated[
    str | None,
    Query(
        alias="format",
        pattern=f"^({'|'.join(_SHORT)})$",
        description="代替 Accept 头 · instead of the Accept header",
        examples=["turtle"],
    ),
]


class _Thing:
    """What an IRI names, in each form that it can be answered in."""

    def __init__(
        self,
        triples: Callable[[Snapshot], list[ox.Triple]],
        row: Callable[[Snapshot], rows.JsonObject],
        page: Callable[[Snapshot], str],
    ) -> None:
        self.triples, self.row, self.page = triples, row, page

    def body(self, now: Snapshot, media: str) -> bytes:
        if media == JSON:
            return orjson.dumps(self.row(now))
        triples = self.triples(now)
        if media == JSON_LD:
            stream = BytesIO()
            write_jsonld(triples, stream)
            return stream.getvalue()
        form = ox.RdfFormat.from_media_type(media)
        return ox.serialize(triples, format=form, prefixes=PREFIXES if media == TURTLE else None) or b""


def _answer(request: Request, reading: Reading, format_: str | None, thing: _Thing) -> Response:
    media = _SHORT[format_] if format_ else choose(request.headers.get("accept", ""), _OFFERS)
    if media is None:
        said = f"this can be had as {', '.join(_OFFERS)}"
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, said, {"Vary": "Accept"})
    if media == HTML:
        return RedirectResponse(reading.live.read(thing.page), HTTPStatus.SEE_OTHER, {"Vary": "Accept"})
    return reading.bytes(lambda now: thing.body(now, media), typed(media), vary="Accept")


@router.get("/id/{id:path}")
def entity(
    request: Request, reading: Reading, id: Annotated[str, Path(examples=["program/863计划"])], form: _Format = None
) -> Response:
    """一个实体 · An entity."""

    def known(now: Snapshot) -> str:
        # the path came decoded, and the IRI may have escapes of its own
        type_, _, name = id.partition("/")
        return next((each.id for each in now.graph.entities([f"{type_}/{slug(name)}", id])), id)

    return _answer(
        request,
        reading,
        form,
        _Thing(
            lambda now: now.graph.store.about_entity(now.graph.entity(known(now)).id),
            lambda now: described(now, now.graph.entity(known(now))),
            lambda now: f"/#/entity/{quote(now.graph.entity(known(now)).id, safe='')}",
        ),
    )


@router.get("/document/{source:path}")
def document(
    request: Request, reading: Reading, source: Annotated[str, Path(examples=["hpc-zh"])], form: _Format = None
) -> Response:
    """一篇文献 · A document."""
    return _answer(
        request,
        reading,
        form,
        _Thing(
            lambda now: now.graph.store.about_document(source),
            lambda now: rows.text_row(now.graph.store.document(source)),
            lambda now: f"/#/documents/{quote(now.graph.store.document(source).source, safe='')}",
        ),
    )


@router.get("/chain/{id}", include_in_schema=False)
def chain(request: Request, reading: Reading, id: str) -> Response:
    """A chain: people are led to its page, programs to its route, which answers in the forms that chains have."""

    def known(now: Snapshot) -> str:
        telling.find(now.graph, lambda: now.chains, id)
        return quote(id, safe="")

    wanted = choose(request.headers.get("accept", ""), (*telling.MEDIA, HTML))
    place = "/#/chain/" if wanted == HTML else "/api/chain/"
    return RedirectResponse(place + reading.live.read(known), HTTPStatus.SEE_OTHER, {"Vary": "Accept"})


@router.get("/statement/{id}")
def statement(
    request: Request,
    reading: Reading,
    id: Annotated[str, Path(examples=["2cb7ad8b548138007f61"])],
    form: _Format = None,
) -> Response:
    """一条陈述及其证据 · A statement with its evidence; its page is the place where it is read."""

    def found(now: Snapshot) -> Assertion:
        store = now.graph.store
        known = store.assertions([id]) or renamed(store, [id]).get(id) if id.isalnum() else None
        if known:
            return known[0]
        raise NotFound(f"the store holds no statement with the id {id}")

    def row(now: Snapshot) -> rows.JsonObject:
        assertion = found(now)
        return rows.statement_row(assertion, now.graph.ends([assertion]))

    def page(now: Snapshot) -> str:
        assertion = found(now)
        at = ",".join(f"{span.start}-{span.end}" for each in assertion.evidence for span in each.spans)
        return f"/#/documents/{quote(assertion.source, safe='')}?at={at}"

    return _answer(
        request, reading, form, _Thing(lambda now: now.graph.store.about_statement(found(now).id), row, page)
    )
