"""Plain JSON forms of what the look-ups give. The command line's `--format json` and the API share them.

The labels of a statement's ends are `{"zh": …, "en": …}`, each in the other language where there is none in that one.
Offsets are code points of the document's text, end exclusive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kg import cite
from kg.export import assertion_row, entity_row, evidence_rows, qualifier_row
from kg.graph import Match, Neighbour, Stats
from kg.inference import Inference
from kg.merges import Decision
from kg.model import Assertion, Chain, Document, Entity, Hop, Language, Reference, Refusal
from kg.ontology import EntityType, Ontology, RelationType, load
from kg.store import DocumentSummary
from kg.telling import Works, chain_id, chain_iri, paragraph
from kg.templates import Template

if TYPE_CHECKING:
    # pySHACL takes longer to import than a look-up takes
    from kg.model import Finding

JsonObject = dict[str, Any]


# ---- Documents


def document_row(summary: DocumentSummary) -> JsonObject:
    """A document: what it says of itself, and how many things were read from it."""
    return asdict(summary)


def text_row(document: Document) -> JsonObject:
    """A document with its sections, its pages and its whole text, which all offsets count in."""
    return {
        "source": document.source,
        "language": document.language,
        "bibliography": asdict(document.bibliography),
        "sections": [asdict(section) for section in document.sections],
        "pages": [asdict(page) for page in document.pages],
        "text": document.text,
    }


def reference_row(source: str, reference: Reference, ontology: Ontology) -> JsonObject:
    """A reference of that document: its entry, what was understood of it, and how it is cited on one line."""
    row = {name: value for name, value in asdict(reference).items() if value or name in ("label", "text", "title")}
    kind = ontology.lists["work"].get(reference.kind)
    named = {"kind_label": {"zh": kind.label_zh, "en": kind.label_en}} if kind else {}
    return {"source": source, **row, **named, "short": cite.short(reference)}


def citation_row(work: cite.Work, source: str, label: str, style: cite.Style) -> JsonObject:
    """A document, or the reference of that label, written in a style."""
    return {"source": source, "reference": label, "style": style, "text": cite.written(work, style)}


def refusal_row(refusal: Refusal) -> JsonObject:
    """A statement that was not let in, and why; `start`, `end` and `quote` only where its place is known."""
    row = asdict(refusal)
    span, message = row.pop("span"), {"zh": row.pop("message_zh"), "en": row.pop("message_en")}
    return {**row, "message": message, **(span or {})}


def merge_row(decision: Decision, labels: Mapping[str, Entity]) -> JsonObject:
    """A decision that two ids name one thing. `labels` knows what now stands for an id; one that no document names
    has none."""
    ends = [
        {"id": id_, **({"now": labels[id_].id, "label": _label(labels[id_])} if id_ in labels else {})}
        for id_ in decision.pair
    ]
    places = [{"source": place.source, **asdict(place.span)} for place in decision.evidence]
    return {
        "id": decision.id,
        "entities": ends,
        "layer": decision.layer,
        "reason": {"zh": decision.reason_zh, "en": decision.reason_en},
        "at": decision.at,
        "reversed": decision.reversed,
        "evidence": places,
    }


# ---- Entities and statements


def described_row(
    entity: Entity,
    outgoing: Sequence[Assertion],
    incoming: Sequence[Assertion],
    inferred: Sequence[Inference],
    labels: Mapping[str, Entity],
    ontology: Ontology,
    works: Mapping[tuple[str, str], Reference],
) -> JsonObject:
    """An entity, the statements `outgoing` from it and those `incoming`, and what was `inferred` of it. `labels` knows
    every entity that these name, `works` the references that their evidence cites, by document and label."""
    return {
        **entity_row(entity),
        "outgoing": [statement_row(assertion, labels) for assertion in outgoing],
        "incoming": [statement_row(assertion, labels) for assertion in incoming],
        "inferred": [_inferred_row(inference, labels, ontology) for inference in inferred],
        "references": [reference_row(source, reference, ontology) for (source, _), reference in works.items()],
    }


def _inferred_row(inference: Inference, labels: Mapping[str, Entity], ontology: Ontology) -> JsonObject:
    """An inferred statement: no document states it; `rule` and `premises` (ids of statements) say what it rests on."""
    phrase, rule = ontology.phrases[inference.predicate], inference.by
    return {
        "s": inference.subject,
        "p": inference.predicate,
        "o": inference.object,
        "s_label": _label(labels[inference.subject]),
        "o_label": _label(labels[inference.object]),
        "relation": {"zh": phrase.label_zh, "en": phrase.label_en},
        "rule": inference.rule,
        "why": {"zh": rule.zh, "en": rule.en},
        "premises": list(inference.premises),
        "belief": inference.belief,
    }


def statement_row(assertion: Assertion, labels: Mapping[str, Entity]) -> JsonObject:
    """A statement as `kg.export` writes it, with the labels of its ends."""
    return {**assertion_row(assertion), "belief": assertion.belief, **_end_labels(assertion, labels)}


def match_row(match: Match) -> JsonObject:
    """An entity found by name: `match` says how `name` matched."""
    return {
        **entity_row(match.entity),
        "match": match.kind,
        "name": match.name,
        "statements": match.statements,
    }


def neighbour_row(neighbour: Neighbour) -> JsonObject:
    """An entity one statement away, and the relations that lead there (`inverse` ones lead back)."""
    return {
        **entity_row(neighbour.entity),
        "relations": list(neighbour.relations),
        "inverse": list(neighbour.inverse),
        "statements": neighbour.statements,
        "belief": neighbour.belief,
    }


def _label(entity: Entity) -> JsonObject:
    return {"zh": entity.label("zh"), "en": entity.label("en")}


def _end_labels(assertion: Assertion, labels: Mapping[str, Entity]) -> JsonObject:
    return {"s_label": _label(labels[assertion.subject]), "o_label": _label(labels[assertion.object])}


# ---- Chains


def chain_row(chain: Chain, works: Works) -> JsonObject:
    """A chain, with its id, its IRI, its place in the explorer (`url`) and itself in a paragraph.

    Each hop reads as its statement, `s p o`; it is walked from `o` to `s` where it is `inverse`. `weakest` is the place
    of the hop that is believed least; `reasons` say why to trust the whole less than its hops.
    """
    labels = works.labels
    return {
        "id": chain_id(chain),
        "iri": chain_iri(chain),
        "url": f"/#/chain/{chain_id(chain)}",
        "hops": [_hop_row(hop, labels) for hop in chain.hops],
        "belief": chain.belief,
        "modality": chain.modality,
        "weakest": chain.weakest,
        "reasons": [{"zh": reason.zh, "en": reason.en} for reason in chain.reasons],
        "text": {"zh": _chain_text(chain, labels, "zh"), "en": _chain_text(chain, labels, "en")},
        "paragraph": {"zh": paragraph(chain, works, "zh"), "en": paragraph(chain, works, "en")},
    }


def _hop_row(hop: Hop, labels: Mapping[str, Entity]) -> JsonObject:
    assertion = hop.assertion
    return {
        "s": assertion.subject,
        "p": assertion.predicate,
        "o": assertion.object,
        **_end_labels(assertion, labels),
        "relation": _relation_label(assertion.predicate),
        "modality": assertion.modality,
        "time": assertion.time,
        "period": {**asdict(assertion.period), "text": assertion.period.text()} if assertion.period else None,
        "value": assertion.value,
        "qualifiers": qualifier_row(assertion),
        "inverse": hop.inverse,
        "belief": assertion.belief,
        "evidence": [row for evidence in assertion.evidence for row in evidence_rows(evidence)],
    }


def _relation_label(predicate: str) -> JsonObject:
    relation = load().relations.get(predicate)
    return {"zh": relation.label_zh, "en": relation.label_en} if relation else {"zh": predicate, "en": predicate}


def _chain_text(chain: Chain, labels: Mapping[str, Entity], language: Language) -> str:
    """The chain on one line: `A —targets→ B ←develops (proposed)— C`."""
    walked = [f"{_arrow(hop, language)} {labels[hop.head].label(language)}" for hop in chain.hops]
    return " ".join([labels[chain.hops[0].tail].label(language), *walked])


def _arrow(hop: Hop, language: Language) -> str:
    """The relation, and its modality where it is not actual."""
    zh, en = load().modality_labels[hop.assertion.modality]
    mark = "" if hop.assertion.modality == "actual" else f"（{zh}）" if language == "zh" else f" ({en})"
    said = f"{hop.assertion.predicate}{mark}"
    return f"←{said}—" if hop.inverse else f"—{said}→"


def chain_end_row(end: Entity | str | None, ontology: Ontology) -> JsonObject | None:
    """Where chains begin or end: an entity, or any of a type."""
    if isinstance(end, Entity):
        return entity_row(end)
    type_ = ontology.kinds.get(end or "")
    return {"type": type_.name, "label": {"zh": type_.label_zh, "en": type_.label_en}} if type_ else None


def template_row(template: Template) -> JsonObject:
    """A form that chains can have: its stations are what they pass; `relations` is None where all may lead there."""
    return {
        "name": template.name,
        "zh": template.zh,
        "en": template.en,
        "stations": [asdict(station) for station in template.stations],
    }


# ---- The whole


def stats_row(stats: Stats) -> JsonObject:
    """How much a store holds, with totals."""
    return {
        "documents": stats.documents,
        "entities": sum(stats.entities.values()),
        "assertions": sum(stats.assertions.values()),
        "evidence": stats.evidence,
        "mentions": stats.mentions,
        "refusals": sum(stats.refusals.values()),
        "inferred": sum(stats.inferred.values()),
        "entities_by_type": dict(stats.entities),
        "assertions_by_predicate": dict(stats.assertions),
        "assertions_by_modality": dict(stats.modalities),
        "refusals_by_reason": dict(stats.refusals),
        "inferred_by_rule": dict(stats.inferred),
    }


def finding_row(finding: "Finding") -> JsonObject:
    """What a check or a shape found wrong; `focus` is the node that it found it at."""
    message = {"zh": finding.message_zh, "en": finding.message_en}
    return {"rule": finding.rule, "severity": finding.severity, "focus": finding.focus, "message": message}


def ontology_row(ontology: Ontology) -> JsonObject:
    """The words of the graph: entity types, relations as they read from either side, modalities, and the closed lists
    of what qualifies statements."""
    return {
        "types": [_type_row(type_) for type_ in ontology.kinds.values()],
        "relations": [_relation_row(relation) for relation in ontology.relations.values()],
        "modalities": [_named(name, *labels) for name, labels in ontology.modality_labels.items()],
        "lists": {
            name: [_named(item.name, item.label_zh, item.label_en) for item in items.values()]
            for name, items in ontology.lists.items()
        },
    }


def _type_row(type_: EntityType) -> JsonObject:
    definition = {"zh": type_.definition_zh, "en": type_.definition_en}
    return {**_named(type_.name, type_.label_zh, type_.label_en), "definition": definition}


def _relation_row(relation: RelationType) -> JsonObject:
    return {
        **_named(relation.name, relation.label_zh, relation.label_en),
        "inverse": {"zh": relation.inverse_zh, "en": relation.inverse_en},
        "definition": {"zh": relation.definition_zh, "en": relation.definition_en},
    }


def _named(name: str, zh: str, en: str) -> JsonObject:
    return {"name": name, "label": {"zh": zh, "en": en}}
