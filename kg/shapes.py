"""SHACL validation: the shapes of `ontology/shapes.ttl`, and those that follow from the relations' signatures."""

from collections.abc import Iterable

import pyshacl
from rdflib import RDF, SH, BNode, Graph, Namespace, URIRef
from rdflib import Literal as Text
from rdflib.collection import Collection
from rdflib.term import Node

from kg.config import data_folder
from kg.errors import OntologyError
from kg.iris import BASE, CLAIM, CLAIM_OBJECT, ONTOLOGY, local
from kg.model import Finding, Severity
from kg.ontology import Ontology, RelationType

_PKG = Namespace(ONTOLOGY)
_CLAIM = Namespace(CLAIM)
_CLAIM_OBJECT = Namespace(CLAIM_OBJECT)
_SHAPE = Namespace(f"{BASE}shapes#")
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_SEVERITIES: dict[Node, Severity] = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}


def validate(dataset_graph: Graph, ontology: Ontology) -> list[Finding]:
    """What is wrong with a graph in policykg's RDF form; empty where it conforms. Violations come first.

    The graph may hold one document or all of them, each statement with its entities; it is not changed.
    Raises OntologyError where the shapes themselves are at fault.
    """
    shapes = _shapes(ontology)
    _, report, _ = pyshacl.validate(dataset_graph, shacl_graph=shapes, inference="none")
    if not isinstance(report, Graph):
        raise OntologyError(f"the graph cannot be validated: {report}")
    found = {_finding(shapes, report, result) for result in report.subjects(RDF.type, SH.ValidationResult)}
    return sorted(found, key=lambda f: (f.severity != "violation", f.rule, f.focus))


def _finding(shapes: Graph, report: Graph, result: Node) -> Finding:
    shape = report.value(result, SH.sourceShape)
    # those of the report lose their language where a query found the fault
    messages = {m.language: str(m) for m in shapes.objects(shape, SH.message) if isinstance(m, Text)}
    severity = report.value(result, SH.resultSeverity) or SH.Violation
    # a SPARQL constraint looks at a whole document, since its query is parsed anew for every node, and gives the fault
    # as its value
    by_query = report.value(result, SH.sourceConstraintComponent) == SH.SPARQLConstraintComponent
    return Finding(
        rule=local(str(shape), _SHAPE),
        severity=_SEVERITIES[severity],
        focus=str(report.value(result, SH.value if by_query else SH.focusNode)),
        message_zh=messages["zh"],
        message_en=messages["en"],
    )


def _shapes(ontology: Ontology) -> Graph:
    shapes = Graph().parse(data_folder("ontology") / "shapes.ttl", format="turtle")
    for name in ontology.kinds:
        shapes.add((_SHAPE.entity, SH.targetClass, _PKG[name]))
    for relation in ontology.relations.values():
        _add_signature(shapes, ontology, relation)
        _add_claim(shapes, relation)
        if relation.needs_value:
            _add_value(shapes, relation)
    _add_claimed(shapes, ontology)
    _aim_property_shapes(shapes)
    return shapes


def _aim_property_shapes(shapes: Graph) -> None:
    """Give each property shape the targets of the node shape that it belongs to, and let that go: what is found is the
    same, but pySHACL looks at all its nodes at once and not at one after the other, in half the time."""
    for shape, part in list(shapes.subject_objects(SH.property)):
        targets = [(kind, value) for kind in _TARGETS for value in shapes.objects(shape, kind)]
        if targets and (None, None, shape) not in shapes:
            for kind, value in targets:
                shapes.add((part, kind, value))
            shapes.remove((shape, SH.property, part))


def _add_signature(shapes: Graph, ontology: Ontology, relation: RelationType) -> None:
    """What may stand on either side, for statements and for direct triples."""
    name = relation.name
    sides = (
        ("subject", "主语", relation.subjects, SH.targetSubjectsOf, _CLAIM[name]),
        ("object", "宾语", relation.objects, SH.targetObjectsOf, _CLAIM_OBJECT[name]),
    )
    for side, side_zh, allowed, target, claim in sides:
        types = [type_ for type_ in ontology.kinds.values() if type_.name in allowed]
        chinese, english = "、".join(t.label_zh for t in types), ", ".join(t.label_en for t in types)
        shape = _property(
            shapes,
            f"signature-{name}-{side}",
            RDF.type,
            f"“{relation.label_zh}”的{side_zh}须为：{chinese}；请改正关系或实体类型。",
            f"The {side} of {name} is one of {english}: correct the relation or the entity's type.",
        )
        shapes.add((shape, SH["in"], _list(shapes, (_PKG[t.name] for t in types))))
        shapes.add((shape, SH.minCount, Text(1)))
        shapes.add((shape, target, claim))
        shapes.add((shape, target, _PKG[name]))


def _add_claim(shapes: Graph, relation: RelationType) -> None:
    """The way through the statement says the same as its subject, predicate and object."""
    claim, claim_object = _CLAIM[relation.name], _CLAIM_OBJECT[relation.name]
    inverse = BNode()
    shapes.add((inverse, SH.inversePath, claim))
    sides: tuple[tuple[str, Node, Node, Node], ...] = (
        ("subject", inverse, SH.equals, _PKG.subject),
        ("predicate", _PKG.predicate, SH.hasValue, _PKG[relation.name]),
        ("object", claim_object, SH.equals, _PKG.object),
    )
    for part, path, constraint, value in sides:
        shape = _property(
            shapes,
            f"claim-{relation.name}-{part}",
            path,
            f"陈述的 claim:{relation.name} 与其主语、关系、宾语不一致；请重新导入其文献。",
            f"The statement's claim:{relation.name} differs from its subject, predicate or object: ingest it again.",
        )
        shapes.add((shape, constraint, value))
        shapes.add((shape, SH.targetObjectsOf, claim))
        shapes.add((shape, SH.targetSubjectsOf, claim_object))


def _add_value(shapes: Graph, relation: RelationType) -> None:
    """A relation that ties a thing to a figure says little without one."""
    shape = _property(
        shapes,
        f"value-{relation.name}",
        _PKG.valueText,
        f"“{relation.label_zh}”的陈述没有数值；请对照证据补上，若原文没有则删去该陈述。",
        f"A statement of {relation.name} has no value: add it from the evidence or drop the statement.",
    )
    shapes.add((shape, SH.targetSubjectsOf, _CLAIM_OBJECT[relation.name]))
    shapes.add((shape, SH.minCount, Text(1)))
    shapes.add((shape, SH.severity, SH.Warning))


def _add_claimed(shapes: Graph, ontology: Ontology) -> None:
    """Every statement is reached through one relation of the ontology."""
    path = BNode()
    shapes.add((path, SH.alternativePath, _list(shapes, (_CLAIM_OBJECT[name] for name in ontology.relations))))
    shape = _property(
        shapes,
        "statement-claim",
        path,
        "陈述须用且仅用本体中的一个关系；请重新导入其文献。",
        "A statement uses one relation of the ontology: ingest its document again.",
    )
    shapes.add((shape, SH.targetClass, _PKG.Statement))
    shapes.add((shape, SH.minCount, Text(1)))
    shapes.add((shape, SH.maxCount, Text(1)))


def _property(shapes: Graph, name: str, path: Node, message_zh: str, message_en: str) -> URIRef:
    shape = _SHAPE[name]
    shapes.add((shape, RDF.type, SH.PropertyShape))
    shapes.add((shape, SH.path, path))
    shapes.add((shape, SH.message, Text(message_zh, lang="zh")))
    shapes.add((shape, SH.message, Text(message_en, lang="en")))
    return shape


def _list(shapes: Graph, items: Iterable[Node]) -> Node:
    return Collection(shapes, BNode(), list(items)).uri
