"""The measure of `kg evaluate`: annotated files, where their sentences stand, figures, and what is read wrongly."""

import json
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring import SHARED, annotators_script

from ingest.alignment import located
from ingest.evaluation import Counts, Figures, Share, compare, compared, evaluate
from ingest.gold import gold_files, gold_reading, read_gold, texts_of
from ingest.mistakes import grouped, mistakes
from ingest.pipeline import Pipeline
from ingest.report import marked
from kg.errors import DocumentError, QueryError
from kg.export import assertion_row, entity_row, mention_row
from kg.iris import entity_id
from kg.model import Assertion, Entity, Evidence, Extraction, Mention, Span
from kg.ontology import load

ONTOLOGY = load()

NAMES = {"贝尔实验室": "Institute", "晶体管": "Technology", "半导体产业": "Industry", "清华大学": "University"}


def entity(id_: str, surface: str, canonical: str = "") -> dict:
    canonical = canonical or surface
    return {"id": id_, "surface": surface, "occ": 0, "type": NAMES[canonical], "canonical": canonical}


def relation(s: str, p: str, o: str) -> dict:
    return {"s": s, "p": p, "o": o, "modality": "actual", "time": "", "value": ""}


SENTENCES = (
    {
        "sid": "bell-1",
        "section": "1",
        "text": "贝尔实验室发明了晶体管。",
        "entities": [entity("T1", "贝尔实验室"), entity("T2", "晶体管")],
        "relations": [relation("T1", "develops", "T2")],
    },
    {
        "sid": "bell-2",
        "section": "1",
        "text": "晶体管带动了半导体产业，实验室与清华大学合作。",
        "entities": [
            entity("T1", "晶体管"),
            entity("T2", "半导体产业"),
            entity("T3", "实验室", "贝尔实验室"),
            entity("T4", "清华大学"),
        ],
        "relations": [relation("T1", "enables", "T2"), relation("T4", "collaboratesWith", "T3")],
    },
)
STATEMENTS = (
    ("贝尔实验室", "develops", "晶体管"),
    ("晶体管", "enables", "半导体产业"),
    ("贝尔实验室", "collaboratesWith", "清华大学"),
)


def gold_file(folder: Path, *rows: object, name: str = "bell") -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def gold(tmp_path_factory):
    return read_gold(gold_file(tmp_path_factory.mktemp("gold"), *SENTENCES), ONTOLOGY)


def extraction(gold, names, statements, modality="actual", belief=0.8) -> Extraction:
    """What a reader gives who sees those names, with those types, and states those statements in the first sentence
    that has one of their names."""
    document = gold_reading(gold, None).document
    text = document.text
    ids = {name: entity_id(type_, name) for name, type_ in names.items()}
    return Extraction(
        document=document,
        entities=tuple(Entity(ids[name], type_, name) for name, type_ in names.items()),
        mentions=tuple(
            Mention(ids[name], "bell", Span(at, at + len(name), name))
            for name in names
            for at in range(len(text))
            if text.startswith(name, at)
        ),
        assertions=tuple(
            Assertion(ids[s], p, ids[o], modality, (sentence(text, s, o),), belief) for s, p, o in statements
        ),
        refusals=(),
        pipeline="test",
    )


def sentence(text: str, *names: str) -> Evidence:
    paragraphs = [Span(at := text.index(line), at + len(line), line) for line in text.split("\n\n")]
    span = max(paragraphs, key=lambda span: sum(name in span.quote for name in names))
    return Evidence("bell", "1", (span,), "test", 0.8)


def kinds(gold, read: Extraction) -> dict[str, int]:
    return dict(Counter(mistake.kind for mistake in mistakes(compare(gold, read, ONTOLOGY))))


# ---- The measure


def test_a_perfect_reading_has_perfect_figures(gold) -> None:
    read = extraction(gold, NAMES, STATEMENTS)
    figures = evaluate(gold, read, ONTOLOGY)
    assert figures.entities == figures.names == Counts(4, 4, 4)
    assert figures.statements == Counts(3, 3, 3)
    assert figures.types["Technology"] == Counts(1, 1, 1)
    assert figures.relations["collaboratesWith"] == Counts(1, 1, 1), "whichever end comes first"
    assert (figures.modality, figures.sentences) == (Share(3, 3), Share(2, 2))
    assert figures.evidence == Share(3, 3)
    assert figures.entities.f1 == figures.statements.precision == figures.statements.recall == 1.0
    assert kinds(gold, read) == {}


def test_an_empty_reading_misses_all(gold) -> None:
    read = extraction(gold, {}, ())
    figures = evaluate(gold, read, ONTOLOGY)
    assert (figures.entities, figures.statements) == (Counts(0, 0, 4), Counts(0, 0, 3))
    assert figures.entities.f1 == figures.entities.precision == figures.modality.value == 0.0
    assert kinds(gold, read) == {"missed-entity": 4, "missing-end": 3}


def test_a_wrong_type_is_spurious_for_one_type_and_missed_for_the_other(gold) -> None:
    read = extraction(gold, {**NAMES, "晶体管": "Product"}, STATEMENTS)
    figures = evaluate(gold, read, ONTOLOGY)
    assert figures.entities == Counts(3, 4, 4)
    assert figures.names == Counts(4, 4, 4)
    assert (figures.types["Product"], figures.types["Technology"]) == (Counts(0, 1, 0), Counts(0, 0, 1))
    assert figures.statements == Counts(3, 3, 3), "statements are compared by name where the type is wrong"
    assert kinds(gold, read) == {"wrong-type": 1}


def test_a_wrong_relation_is_spurious_for_one_and_missed_for_the_other(gold) -> None:
    read = extraction(gold, NAMES, [("贝尔实验室", "produces", "晶体管"), *STATEMENTS[1:]])
    figures = evaluate(gold, read, ONTOLOGY)
    assert figures.statements == Counts(2, 3, 3)
    assert (figures.relations["produces"], figures.relations["develops"]) == (Counts(0, 1, 0), Counts(0, 0, 1))
    assert kinds(gold, read) == {"wrong-relation": 1}


@pytest.mark.parametrize(
    ("names", "statements", "wrong"),
    [
        (NAMES, STATEMENTS[:2], {"missed-relation": 1}),
        (NAMES, [*STATEMENTS[1:], ("晶体管", "develops", "贝尔实验室")], {"wrong-direction": 1}),
        (NAMES, [*STATEMENTS, ("清华大学", "operatesIn", "半导体产业")], {"spurious-relation": 1}),
        ({**NAMES, "带动": "Goal"}, STATEMENTS, {"spurious-entity": 1}),
        (
            {**NAMES, "带动": "Goal"},
            [*STATEMENTS, ("晶体管", "achieves", "带动")],
            {"spurious-entity": 1, "spurious-end": 1},
        ),
        ({**NAMES, "产业，": "Industry"}, STATEMENTS, {"boundary": 1}),
        (
            {n: t for n, t in NAMES.items() if n != "半导体产业"} | {"半导体": "Industry"},
            [STATEMENTS[0], STATEMENTS[2], ("晶体管", "enables", "半导体")],
            {"boundary": 1, "missing-end": 1, "spurious-end": 1},
        ),
        ({**NAMES, "实验室": "Institute"}, STATEMENTS, {"split-entity": 1}),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_and_by_its_kind(gold, names, statements, wrong) -> None:
    assert kinds(gold, extraction(gold, names, statements)) == wrong


def test_a_second_entity_for_one_thing_costs_precision(gold) -> None:
    figures = evaluate(gold, extraction(gold, {**NAMES, "实验室": "Institute"}, STATEMENTS), ONTOLOGY)
    assert figures.entities == figures.names == Counts(4, 5, 4)


def test_a_wrong_modality_is_counted_beside_the_relations(gold) -> None:
    read = extraction(gold, NAMES, STATEMENTS, modality="proposed")
    figures = evaluate(gold, read, ONTOLOGY)
    assert (figures.statements, figures.modality) == (Counts(3, 3, 3), Share(0, 3))
    assert kinds(gold, read) == {"wrong-modality": 3}


def test_evidence_that_is_not_the_text_is_counted(gold) -> None:
    read = extraction(gold, NAMES, STATEMENTS[:1])
    (right,) = read.assertions[0].evidence
    span = right.spans[0]
    wrong = replace(right, spans=(Span(span.start, span.end, "？" * len(span.quote)),))
    both = replace(read, assertions=(replace(read.assertions[0], evidence=(right, wrong)),))
    assert evaluate(gold, both, ONTOLOGY).evidence == Share(1, 2)


def test_what_stands_outside_the_annotated_sentences_does_not_count(gold) -> None:
    read = extraction(gold, {**NAMES, "巴黎": "Place"}, STATEMENTS)
    far = len(read.document.text) + 2
    outside = replace(
        read,
        document=replace(read.document, text=f"{read.document.text}\n\n巴黎很美。"),
        mentions=(*read.mentions, Mention(entity_id("Place", "巴黎"), "bell", Span(far, far + 2, "巴黎"))),
    )
    assert evaluate(gold, outside, ONTOLOGY).entities == Counts(4, 4, 4)


def test_beliefs_are_set_beside_what_is_right(gold) -> None:
    sure = extraction(gold, NAMES, STATEMENTS[:2], belief=0.9)
    unsure = extraction(gold, NAMES, [("贝尔实验室", "produces", "晶体管")], belief=0.3)
    figures = evaluate(gold, sure, ONTOLOGY) + evaluate(gold, unsure, ONTOLOGY)
    assert [each.right for each in figures.believed(0.8)] == [True, True]
    assert [each.right for each in figures.believed(0.0, 0.8)] == [False]
    assert figures.believed(0.9, 1.0), "a band holds its lower end"
    assert not figures.believed(0.8, 0.9)


CHOICES = st.tuples(
    st.dictionaries(
        st.sampled_from([*NAMES, "实验室", "半导体", "产业", "带动", "大学合作"]),
        st.sampled_from(["Institute", "Technology", "Industry", "University"]),
    ),
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from(sorted(ONTOLOGY.relations)), st.integers(0, 8)), max_size=8),
)


@given(CHOICES)
@settings(deadline=None)
def test_counts_add_up_and_every_mistake_has_its_count(gold, choice) -> None:
    names, drawn = choice
    order = list(names)
    statements = [(order[s], p, order[o]) for s, p, o in drawn if max(s, o) < len(order)]
    read = extraction(gold, names, statements)
    figures, told = evaluate(gold, read, ONTOLOGY), kinds(gold, read)
    for counts in (figures.entities, figures.names, figures.statements, *figures.types.values()):
        assert 0 <= counts.found <= min(counts.predicted, counts.gold)
        assert counts.f1 <= max(counts.precision, counts.recall) <= 1.0
    missed = sum(told.get(kind, 0) for kind in ("missing-end", "missed-relation", "wrong-relation", "wrong-direction"))
    assert missed == figures.statements.gold - figures.statements.found
    spurious = sum(told.get(kind, 0) for kind in ("spurious-end", "spurious-relation"))
    assert spurious <= figures.statements.predicted - figures.statements.found <= spurious + missed
    entity_kinds = ("missed-entity", "spurious-entity", "boundary", "wrong-type", "split-entity")
    unfound, extra = 4 - figures.entities.found, figures.entities.predicted - figures.entities.found
    assert max(unfound, extra) <= sum(told.get(kind, 0) for kind in entity_kinds) <= unfound + extra
    assert evaluate(gold, read, ONTOLOGY) + Figures() == figures


# ---- The mistakes


def test_a_mistake_shows_the_sentence_with_both_names_marked(gold) -> None:
    names = {n: t for n, t in NAMES.items() if n != "半导体产业"} | {"半导体": "Technology"}
    (mistake,) = mistakes(compare(gold, extraction(gold, names, (STATEMENTS[0], STATEMENTS[2])), ONTOLOGY))[:1]
    assert (mistake.kind, mistake.expected, mistake.given) == ("boundary", "Industry", "Technology")
    assert (mistake.gold, mistake.read, mistake.sid) == ("半导体产业", "半导体", "bell-2")
    assert marked(mistake) == "晶体管带动了【⟨半导体⟩产业】，实验室与清华大学合作。"


def test_a_long_sentence_is_cut_around_the_names(gold) -> None:
    (mistake,) = mistakes(compare(gold, extraction(gold, NAMES, STATEMENTS[:2]), ONTOLOGY))
    far = replace(mistake, text="甲" * 99 + mistake.text + "乙" * 99, read_names=(), gold_names=((99, 102), (105, 110)))
    assert marked(far) == f"…{'甲' * 50}【晶体管】带动了【半导体产业】，实验室与清华大学合作。{'乙' * 38}…"


def test_frequent_mistakes_come_first_and_documents_take_turns(gold) -> None:
    found = mistakes(compare(gold, extraction(gold, {}, ()), ONTOLOGY))
    twice = [replace(m, source=source, sid=f"{source}{n}") for n in (1, 2) for source in "ab" for m in found[:1]]
    first, *others = grouped([*found[1:], *twice])
    assert (first.kind, first.expected) == ("missed-entity", found[0].expected)
    assert [m.sid for m in first.mistakes] == ["a1", "b1", "a2", "b2"]
    assert sum(len(group.mistakes) for group in others) == len(found) - 1


# ---- Where sentences stand


def test_marks_and_white_space_do_not_hide_a_sentence() -> None:
    text = "# 题\n\n贝尔实验室<sup>[1]</sup>发明了**晶体\n管**。\n"
    (place,) = located(["贝尔实验室发明了晶体管。"], text)
    assert place
    assert text[place.start : place.end].endswith("。")
    at = text.index("晶体")
    assert place.within(Span(at, at + 4, text[at : at + 4])) == (8, 11)
    assert place.within(Span(0, 3, text[:3])) is None


def test_a_sentence_that_a_page_cuts_is_found_by_its_ends() -> None:
    sentence = "美国的贝尔实验室在二十世纪中期发明了晶体管并且推动了半导体产业的诞生。"
    text = sentence[:16] + "\n\n图1 某图的说明\n\n" + sentence[16:]
    (place,) = located([sentence], text)
    assert place
    assert (place.start, place.end) == (0, len(text))
    at = text.index("半导体产业")
    assert place.within(Span(at, at + 5, "半导体产业")) == (26, 31)


def test_equal_sentences_are_found_one_after_the_other_and_strange_ones_nowhere() -> None:
    places = located(["甲乙丙丁。", "甲乙丙丁。", "戊己庚辛。", "**"], "甲乙丙丁。\n甲乙丙丁。")
    assert [place and place.start for place in places] == [0, 6, None, None]


def test_names_are_compared_without_marks_and_case() -> None:
    assert compared("《芯片与科学法案》") == compared("芯片与 科学法案")
    assert compared("ＢｉｏＮＴｅｃｈ") == "biontech"


# ---- Annotated files

FIRST = SENTENCES[0]


def changed(**parts) -> dict:
    return {**FIRST, **parts}


def with_entity(**parts) -> dict:
    return changed(entities=[{**FIRST["entities"][0], **parts}, FIRST["entities"][1]])


def with_relation(**parts) -> dict:
    return changed(relations=[{**FIRST["relations"][0], **parts}])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([], "no JSON object"),
        (changed(text=""), "no 'text'"),
        (changed(sid=7), "no 'sid'"),
        (changed(entities=None), "no list 'entities'"),
        (changed(relations=["develops"]), "no JSON object"),
        (changed(section="\ud800"), "half a character"),
        (with_entity(type="Robot"), "unknown type 'Robot': choose one of Policy"),
        (with_entity(surface="西门子"), "'西门子' (occ 0) of the entity T1 is not in the text"),
        (with_entity(occ=1), "(occ 1) of the entity T1 is not in the text"),
        (with_entity(occ=-1), "is no count"),
        (with_entity(id="T2"), "two entities have the id 'T2'"),
        (with_relation(p="admires"), "the relation 'admires' is unknown"),
        (with_relation(o="T9"), "names the entity 'T9'"),
        (with_relation(modality="perhaps"), "the modality 'perhaps' is unknown"),
        (with_relation(p="locatedIn"), "locatedIn may not lead from Institute (T1) to Technology (T2)"),
    ],
)
def test_a_broken_line_names_file_line_and_remedy(tmp_path: Path, row, said: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(f"{json.dumps(FIRST)}\n\n{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as raised:
        read_gold(path, ONTOLOGY)
    assert str(raised.value).startswith(f"{path}:3: ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{}\n{", ":1: the line has no 'text'"),
        (b"\n{'sid'}", ":2: no JSON at column 2"),
        (b"[" * 100_000, ":1: "),
        (b"\n\n\xff", ":3: not UTF-8"),
        (b" \n", "holds no annotated sentence"),
    ],
)
def test_a_file_that_is_no_gold_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(data)
    with pytest.raises(DocumentError) as raised:
        read_gold(path, ONTOLOGY)
    assert str(raised.value).startswith(str(path))
    assert said in str(raised.value)


def test_a_later_occurrence_is_the_one_that_is_marked(tmp_path: Path) -> None:
    row = changed(text="晶体管，晶体管。", entities=[{**FIRST["entities"][1], "occ": 1}], relations=[])
    (sentence,) = read_gold(gold_file(tmp_path, row), ONTOLOGY).sentences
    assert (sentence.entities[0].start, sentence.entities[0].end) == (4, 7)


def test_files_are_found_in_folders_and_named_once(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    one, other = gold_file(tmp_path, FIRST), gold_file(tmp_path / "more", FIRST, name="b")
    assert gold_files([tmp_path, one]) == (one, other)
    with pytest.raises(DocumentError, match="does not exist"):
        gold_files([tmp_path / "missing"])
    one.unlink()
    other.unlink()
    with pytest.raises(DocumentError, match=r"holds no \.jsonl file"):
        gold_files([tmp_path])


def test_texts_are_looked_for_by_the_documents_names(tmp_path: Path, gold) -> None:
    other = replace(gold, source="other")
    with pytest.raises(DocumentError, match="holds the text of no annotated document"):
        texts_of([gold], tmp_path)
    with pytest.raises(DocumentError, match="does not exist"):
        texts_of([gold], tmp_path / "missing.txt")
    text = tmp_path / "bell.md"
    text.write_text("贝尔实验室发明了晶体管。", encoding="utf-8")
    assert texts_of([gold, other], tmp_path) == (text, None)
    assert texts_of([gold], text) == (text,)
    with pytest.raises(QueryError, match="one file for 2 documents"):
        texts_of([gold, other], text)


# ---- The figures that the project was begun with


@pytest.mark.skipif(not SHARED.is_dir(), reason="the annotations are not beside this folder")
@pytest.mark.parametrize("name", ["he2025", "yao2025", "train/zh06", "train/zh61", "train/cx00028", "train/en05"])
def test_the_figures_are_those_of_the_annotators_own_script(name: str) -> None:
    scorer = annotators_script()
    path = SHARED / "gold" / f"{name}.jsonl"
    gold, rows = read_gold(path, ONTOLOGY), scorer.load(path)
    (text,) = texts_of([gold], SHARED / "papers") if "/" not in name else (None,)
    read = unambiguous(scorer, rows, Pipeline().extract_reading(gold_reading(gold, text)))
    export = [
        *map(entity_row, read.entities),
        *map(mention_row, read.mentions),
        *map(assertion_row, read.assertions),
    ]
    theirs = scorer.score(rows, export, gold.source, read.document.text)
    ours = evaluate(gold, read, ONTOLOGY)
    for part, counts in (("entities", ours.entities), ("names", ours.names), ("relations", ours.statements)):
        assert theirs[part] == {
            "p": round(counts.precision, 4),
            "r": round(counts.recall, 4),
            "f1": round(counts.f1, 4),
            "found": counts.found,
            "predicted": counts.predicted,
            "gold": counts.gold,
        }
    assert theirs["relations"]["predicted"], "nothing was read"
    assert theirs["modality"] == round(ours.modality.value, 4)
    assert theirs["evidence"] == {"exact": ours.evidence.right, "spans": ours.evidence.of}
    assert theirs["sentences"] == {"annotated": ours.sentences.of, "located": ours.sentences.right}


def unambiguous(scorer, rows, read: Extraction) -> Extraction:
    """The extraction without assertions that could be several annotated statements: the script takes any of them."""
    annotated = scorer.Gold(rows)
    quotes = [(mention.entity, mention.span.quote) for mention in read.mentions]
    names = {e.id: {*e.names, *(quote for id_, quote in quotes if id_ == e.id)} for e in read.entities}
    meant = {id_: {t for n in own for t in annotated.by_name.get(scorer.norm(n), ())} for id_, own in names.items()}

    def options(assertion: Assertion) -> set:
        pairs = product(meant[assertion.subject], meant[assertion.object])
        return {annotated.triple(s, assertion.predicate, o) for s, o in pairs} & annotated.relations.keys()

    return replace(read, assertions=tuple(a for a in read.assertions if len(options(a)) < 2))
