"""The trained models: how their arrays are made and decoded, what they read, and that they can be trained anew."""

import json
import re
from collections import Counter
from dataclasses import replace
from functools import reduce
from itertools import pairwise, product
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.lang.zh import ChineseTokenizer
from spacy.vocab import Vocab

import ingest.train.data
from ingest.classifier import Calibration, sentence
from ingest.encoding import Tables, batches
from ingest.evaluation import Counts, Figures
from ingest.lac import CharacterNumbers, CharacterTokenizer, Word, lac, words_of
from ingest.names import confidence, names_of
from ingest.pipeline import Pipeline, nlp
from ingest.reading import read
from ingest.relations import Mention
from ingest.tagger import FOLDER, Tagged, Tagger, decode, quoted_whole
from ingest.train.card import tables
from ingest.train.data import attached, corpus_text, detached, windows
from kg.errors import DocumentError
from kg.model import Bibliography, Document, Extraction, Reading, Section, Sentence
from kg.ontology import load

SHARED = Path(__file__).resolve().parents[2] / "shared"
TYPES = ("Policy", "Place")
TABLES = Tables.load(FOLDER)


# ---- Decoding


def marks(tags: tuple[int, ...]) -> list[tuple[int, int, str]] | None:
    """The names that a sequence of tags spells, or None where the tags cannot follow each other."""
    found, start, inside = [], 0, -1
    for at, tag in enumerate(tags):
        type_, part = divmod(tag - 1, 4) if tag else (-1, -1)
        if (part in (1, 2)) != (inside >= 0) or (part in (1, 2) and type_ != inside):
            return None
        if part == 0:
            start, inside = at, type_
        if part in (2, 3):
            found.append((start if part == 2 else at, at + 1, TYPES[type_]))
            inside = -1
    return found if inside < 0 else None


scores = st.lists(
    st.lists(st.integers(-50, 50), min_size=1 + 4 * len(TYPES), max_size=1 + 4 * len(TYPES)), min_size=1, max_size=4
)


@given(scores)
def test_decoding_finds_the_best_allowed_sequence(rows: list[list[int]]) -> None:
    """As good as the best of all sequences, each tried."""
    table = np.array(rows, np.float32)
    found = [
        (name.start, name.end, name.type) for name in decode(table[None], np.array([len(rows)], np.int32), TYPES)[0]
    ]
    totals: dict[tuple[tuple[int, int, str], ...], float] = {}
    for tags in product(range(1 + 4 * len(TYPES)), repeat=len(rows)):
        if (names := marks(tags)) is not None:
            totals[tuple(names)] = sum(row[tag] for row, tag in zip(rows, tags, strict=True))
    assert totals[tuple(found)] == max(totals.values())


@given(st.lists(scores, min_size=2, max_size=3))
def test_a_batch_is_decoded_as_its_sentences_are(sentences: list[list[list[int]]]) -> None:
    longest = max(map(len, sentences))
    batch = np.full((len(sentences), longest, 1 + 4 * len(TYPES)), 99, np.float32)
    for row, table in enumerate(sentences):
        batch[row, : len(table)] = table
    alone = [decode(np.array([s], np.float32), np.array([len(s)], np.int32), TYPES)[0] for s in sentences]
    assert decode(batch, np.array([len(s) for s in sentences], np.int32), TYPES) == alone


def test_sentences_of_one_length_are_cut_into_words_as_each_is() -> None:
    texts = ["挪威政府启动了极光计划。", "奥斯陆大学研制电解槽等。", "天津大学资助潮汐发电站。"]
    assert len(set(map(len, texts))) == 1
    assert lac().words(texts) == [words for text in texts for words in lac().words([text])]


# ---- Characters and words


@given(st.text("极光计划 \u3000\n\tA1", max_size=12))
def test_characters_are_tokens_as_in_spacy(text: str) -> None:
    vocab = Vocab()
    made, usual = CharacterTokenizer(vocab)(text), ChineseTokenizer(vocab)(text)
    assert [(t.text, t.whitespace_) for t in made] == [(t.text, t.whitespace_) for t in usual]
    assert made.text == text


def test_words_are_made_of_whole_tokens() -> None:
    doc = nlp("zh")("挪威政府 启动了\u3000Aurora  Plan 计划。")
    words = words_of(doc)
    assert {"挪威政府", "启动"} <= {word.text for word in words}
    assert all(word.text == doc.text[word.start : word.end] for word in words)
    assert all(doc.char_span(word.start, word.end) is not None for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))


def test_characters_are_looked_up_with_their_other_forms() -> None:
    numbers = CharacterNumbers({"万": 5, "𩽾": 6, "计划": 7}, {"萬": "万", "Ａ": "A"}, 1)
    assert numbers.of("万萬𩽾Ａ计\ud800").tolist() == [5, 5, 6, 1, 1, 1]
    assert numbers.of("").tolist() == []


# ---- Arrays


@given(st.lists(st.integers(1, 300), min_size=1, max_size=90))
def test_every_sentence_is_in_one_batch_with_those_of_like_length(lengths: list[int]) -> None:
    found = list(batches(dict(enumerate(lengths))))
    assert sorted(number for batch in found for number in batch) == list(range(len(lengths)))
    filled = sum(len(batch) * max(lengths[n] for n in batch) for batch in found)
    assert filled <= 1.3 * sum(lengths) + 8 * 300
    assert all(len(batch) <= 32 for batch in found)


def test_tables_survive_saving(tmp_path: Path) -> None:
    TABLES.save(tmp_path)
    again = Tables.load(tmp_path)
    assert (again.types, again.relations, again.tags) == (TABLES.types, TABLES.relations, TABLES.tags)
    assert again.characters == TABLES.characters
    assert again.words == TABLES.words
    assert np.array_equal(again.vectors, TABLES.vectors)


def test_tables_speak_of_the_ontology() -> None:
    ontology = load()
    assert set(TABLES.types) <= set(ontology.types)
    assert set(TABLES.relations) <= set(ontology.relations)


def test_a_compound_takes_after_its_head() -> None:
    assert TABLES.word("某某电池") == TABLES.word("电池") != TABLES.word("㐀㐁")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=6))
def test_every_mention_has_its_place(spans: list[tuple[int, int]]) -> None:
    """However names and words cut each other, also where names overlap."""
    text = "为应对石油危机挪威政府启动了极光计划并资助特隆赫姆大学研制电解槽等关键设备"
    words = [Word(a, b, tag, text[a:b]) for a, b, tag in lac().words([text])[0]]
    mentions = sorted(
        (Mention(a, min(a + n, len(text)), "Place", str(a)) for a, n in spans), key=lambda mention: mention.start
    )
    read = sentence(text, words, mentions, TABLES)
    assert len(read.places) == len(mentions)
    assert all(read.types[place] == 1 + TABLES.types.index("Place") for place in read.places)
    assert np.count_nonzero(read.types) == len(mentions)


def test_a_calibration_survives_saving_and_grows_with_the_models_sureness(tmp_path: Path) -> None:
    calibration = Calibration.load(FOLDER)
    calibration.save(tmp_path)
    assert Calibration.load(tmp_path) == calibration
    for relation in ("targets", "partOf"):

        def sure(*chances: float, ruled: bool = False, relation: str = relation) -> float:
            return calibration.confidence(relation, *chances, ruled=ruled)

        chances = [sure(chance, 0.9, 0.9) for chance in (0.2, 0.5, 0.8, 0.99)]
        assert chances == sorted(chances)
        assert sure(0.5, 0.3, 0.9) < sure(0.5, 0.9, 0.9) < sure(0.5, 0.9, 0.9, ruled=True)
        # names that are doubtful make what is said of them doubtful
        assert sure(0.8, 0.3, 0.9) < 0.8 * sure(0.8, 0.9, 0.9)


# ---- What is read


def extracted(text: str) -> Extraction:
    section = Section("1", ("1 引言",), "body", 0, len(text))
    reading = Reading(
        Document("made-up", text, "zh", Bibliography()), (Sentence(text, tuple(range(len(text))), section),)
    )
    return Pipeline().extract_reading(reading)


def test_names_that_no_dictionary_and_no_pattern_has_are_read() -> None:
    doc = nlp("zh")("2015年，巴伐利亚极光能源公司研制出钒铁液流储能电堆，带动了储能产业发展。")
    known = {(name.start, name.end, name.type) for name in names_of(doc)}
    alone = [ent for ent in doc.ents if (ent.start_char, ent.end_char, ent.label_) not in known]
    assert alone
    assert all(0 < confidence(doc, ent) <= 1 for ent in doc.ents)


def test_statements_are_read_with_their_modality() -> None:
    ontology = load()
    read = extracted("1987年，挪威政府设立了奥斯陆海洋研究所，资助该所研发潮汐发电技术。")
    said = {(a.predicate, a.modality) for a in read.assertions}
    assert ("established", "actual") in said
    types = {entity.id: entity.type for entity in read.entities}
    assert all(ontology.allows(types[a.subject], a.predicate, types[a.object]) for a in read.assertions)
    proposed = extracted("建议挪威政府设立海洋研究所，应加快研发潮汐发电技术。")
    assert {a.modality for a in proposed.assertions} == {"proposed"}


# ---- Training

ROWS: list[dict[str, Any]] = [
    {
        "sid": "a-1",
        "section": "",
        "text": "挪威政府启动了极光计划，挪威政府资助奥斯陆大学。",
        "entities": [
            {"id": "T1", "surface": "挪威政府", "occ": 0, "type": "Government", "canonical": "挪威政府"},
            {"id": "T2", "surface": "极光计划", "occ": 0, "type": "Program", "canonical": "极光研究计划"},
            {"id": "T3", "surface": "挪威政府", "occ": 1, "type": "Government", "canonical": "挪威政府"},
            {"id": "T4", "surface": "奥斯陆大学", "occ": 0, "type": "University", "canonical": "奥斯陆大学"},
        ],
        "relations": [
            {"s": "T2", "p": "issuedBy", "o": "T1", "modality": "actual", "time": "", "value": ""},
            {"s": "T1", "p": "funds", "o": "T2", "modality": "actual", "time": "", "value": ""},
            {"s": "T3", "p": "funds", "o": "T4", "modality": "actual", "time": "", "value": ""},
        ],
    }
]


def without_ids(row: dict) -> tuple:
    names = {e["id"]: (e["surface"], e["occ"], e["type"], e["canonical"]) for e in row["entities"]}
    stated = [(names[r["s"]], r["p"], names[r["o"]], r["modality"], r["time"], r["value"]) for r in row["relations"]]
    return row["sid"], row["text"], sorted(names.values()), sorted(stated)


def test_annotations_come_back_from_the_corpus_that_they_were_taken_from(tmp_path: Path) -> None:
    corpus = "前言。\n\n" + ROWS[0]["text"] + "\n后记。"
    rows = list(detached(ROWS, corpus))
    assert all("挪威" not in json.dumps(row["entities"][0], ensure_ascii=False) for row in rows)
    file = tmp_path / "standoff.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    assert [without_ids(row) for row in attached(file, corpus)] == [without_ids(row) for row in ROWS]
    with pytest.raises(DocumentError, match=r"standoff\.jsonl:1: the corpus has another text"):
        list(attached(file, "x" + corpus))
    with pytest.raises(DocumentError, match="does not stand in the corpus"):
        list(detached(ROWS, "另一篇。"))


def test_windows_belong_to_the_gold_document_and_its_text(tmp_path: Path) -> None:
    text = "挪威政府的计划。\n" + ROWS[0]["text"]
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    row = {**next(iter(detached(ROWS, text))), "of": "a", "file": "text.txt"}
    file = tmp_path / "windows.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert {of: [without_ids(r) for r in rows] for of, rows in windows(file, tmp_path).items()} == {
        "a": [without_ids(ROWS[0])]
    }
    (tmp_path / "text.txt").write_text("另一篇。" + text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"windows\.jsonl:1: the corpus has another text"):
        windows(file, tmp_path)


RUN = 16
"""So many characters in a row are not shared by chance."""


TRAIN = Path(ingest.train.data.__file__).parent


@pytest.fixture(scope="module")
def gold_runs() -> set[str]:
    """All that stand in the gold."""
    files = [*(SHARED / "gold").glob("*.jsonl"), *(SHARED / "gold" / "train").glob("*.jsonl")]
    if not files:
        pytest.skip("../shared is missing")
    texts = [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return {run for text in texts for run in runs_of(text)}


def runs_of(text: str) -> list[str]:
    return [text[at : at + RUN] for at in range(len(text) - RUN + 1)]


def test_no_single_sentence_that_is_learnt_from_quotes_the_gold(gold_runs: set[str]) -> None:
    """Sentences chosen one by one: `q…`. The windows, `p…`, were chosen by paper."""
    corpus = corpus_text(SHARED / "corpus" / "chinaxiv-zh.txt.xz")
    learnt = [row["text"] for row in attached(TRAIN / "annotations.jsonl", corpus) if row["sid"].startswith("q")]
    assert len(learnt) > 10_000
    assert not [text for text in learnt if not gold_runs.isdisjoint(runs_of(text))]


@pytest.fixture(scope="module")
def written() -> list[str]:
    """The sentences that were written for training."""
    rows = attached(TRAIN / "written.jsonl", corpus_text(TRAIN / "written.txt"))
    return [row["text"] for row in rows]


def test_all_that_was_written_for_training_is_annotated(written: list[str]) -> None:
    assert written == (TRAIN / "written.txt").read_text(encoding="utf-8").splitlines()
    assert len(set(written)) == len(written) > 5_000


def test_no_sentence_that_was_written_quotes_the_gold_or_the_papers(written: list[str], gold_runs: set[str]) -> None:
    papers = [*(SHARED / "papers").glob("*.txt"), *(SHARED / "corpus" / "zh").glob("*.txt")]
    assert papers
    known = gold_runs.union(*(runs_of(paper.read_text(encoding="utf-8")) for paper in papers))
    assert not [text for text in written if not known.isdisjoint(runs_of(text))]


@pytest.mark.parametrize(("letters", "length"), [("[\u4e00-\u9fff]", 12), ("[A-Za-z]", 22)])
def test_no_wording_of_the_two_papers_was_written(written: list[str], letters: str, length: int) -> None:
    """Not even with other signs between the letters."""
    papers = [*(SHARED / "papers").glob("*.txt")]
    if not papers:
        pytest.skip("../shared is missing")

    def runs(text: str) -> set[str]:
        bare = "".join(re.findall(letters, text)).lower()
        return {bare[at : at + length] for at in range(len(bare) - length + 1)}

    known = set().union(*(runs(paper.read_text(encoding="utf-8")) for paper in papers))
    assert not [text for text in written if not known.isdisjoint(runs(text))]


@pytest.fixture(scope="module")
def torch() -> Any:
    """On one thread, as in training: threads that wait for each other make the other tests wait too."""
    found = pytest.importorskip("torch", reason="what only training needs is not installed: 'policykg[train]'")
    found.set_num_threads(1)
    return found


def spans(tagged: list[list[Tagged]]) -> list[list[tuple[int, int, str]]]:
    return [[(name.start, name.end, name.type) for name in row] for row in tagged]


def test_members_written_together_give_the_mean_of_what_each_gives(tmp_path: Path, torch: Any) -> None:
    """Scores of two untrained networks of each kind for sentences of different lengths, as torch and as ONNX have
    them."""
    from ingest.classifier import Classifier
    from ingest.gold import read_gold
    from ingest.train import layers, networks
    from ingest.train.fit import pairs_of
    from ingest.train.lac import lac_weights
    from ingest.train.models import School, with_frequent

    file = tmp_path / "a.jsonl"
    short = {**ROWS[0], "sid": "a-2", "text": ROWS[0]["text"][:12], "entities": ROWS[0]["entities"][:2]}
    short["relations"] = ROWS[0]["relations"][:1]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (ROWS[0], short)), encoding="utf-8")
    sentences = read_gold(file, load()).sentences
    tables = with_frequent(TABLES, sentences * 8)
    school = School(tables, print)
    read = school.read(sentences)
    tables.save(tmp_path)
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(layers, "SHORT", False)
        taggers = [networks.TaggerNet(tables, lac_weights(), 0.0).eval() for _ in range(2)]
        for tagger in taggers:
            tagger.out.weight *= 30  # so that it is sure of something, though untrained
        networks.tagger_graph(taggers).save(tmp_path / "tagger.onnx")
        batch = [example.read for example in read.examples]
        lengths = np.array([len(sentence.ids) for sentence in batch], np.int32)
        alone = [tagger(batch, tables) for tagger in taggers]
        given = (scores.log_softmax(-1).numpy() for scores in (*alone, sum(alone) / 2))
        one, other, mean = (spans(decode(scores, lengths, tables.types)) for scores in given)
        assert spans(Tagger(tmp_path).tag(batch)) == mean
        assert mean not in (one, other)
        width = read.pairs[0].judged.features.shape[1]
        classifiers = [networks.ClassifierNet(tables, width, 0.0).eval() for _ in range(2)]
        networks.reader_graph(classifiers).save(tmp_path / "classifier.onnx")
        networks.judge_graph(classifiers).save(tmp_path / "classifier-head.onnx")
        given = [pair.read for pair in read.pairs], tables, pairs_of(read.pairs)
        both = [torch.stack(scores) for scores in zip(*(each(*given) for each in classifiers), strict=True)]
        relations, modalities = (scores.mean(0).softmax(-1).numpy() for scores in both)
        verdicts = Classifier(tmp_path, tables).judge([p.read for p in read.pairs], [p.judged for p in read.pairs])
    assert len(verdicts) == 2
    told = [np.concatenate([getattr(verdicts[i], part) for i in range(2)]) for part in ("relations", "modalities")]
    assert np.allclose(told[0], relations, atol=0.002)
    assert np.allclose(told[1], modalities, atol=0.002)
    assert not any(np.allclose(told[0], scores.softmax(-1).numpy(), atol=0.004) for scores in both[0])


@settings(max_examples=10)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 999))
def test_the_layer_with_its_own_gradient_is_a_gru(lengths: list[int], seed: int, torch: Any) -> None:
    """States and all gradients are those of torch's layer, which reads each sentence alone."""
    from ingest.train import layers

    torch.manual_seed(seed)
    own = layers.Gru(5, 4)
    whole = torch.nn.GRU(5, 4, batch_first=True, bidirectional=True)
    ways = {"": own.forth, "_reverse": own.back}
    whole.load_state_dict({name + end: p for end, way in ways.items() for name, p in way.state_dict().items()})
    x = torch.randn(len(lengths), max(lengths), 5, requires_grad=True)
    weights = torch.randn(len(lengths), max(lengths), 8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "SHORT", False)
        states = own(x, torch.tensor(lengths))
        expected = [whole(x[row : row + 1, :length])[0][0] for row, length in enumerate(lengths)]
        for row, length in enumerate(lengths):
            assert torch.allclose(states[row, :length], expected[row], atol=1e-5)
        inside = [(row, slice(0, length)) for row, length in enumerate(lengths)]
        ours = torch.autograd.grad(sum((states[at] * weights[at]).sum() for at in inside), [x, *own.parameters()])
    total = sum((state * weights[at]).sum() for state, at in zip(expected, inside, strict=True))
    theirs = torch.autograd.grad(total, [x, *whole.parameters()])
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_dropout_takes_its_share_and_raises_the_rest(torch: Any) -> None:
    from ingest.train.layers import Dropout

    torch.manual_seed(0)
    layer = Dropout(0.25)
    dropped = layer(torch.ones(1000, 33))
    assert float((dropped == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(dropped.max()) == pytest.approx(4 / 3)
    assert torch.equal(layer.eval()(dropped), dropped)
    assert torch.equal(Dropout(0.0)(dropped), dropped)


def test_names_side_by_side_can_be_learnt_from(tmp_path: Path, torch: Any) -> None:
    """Where no pair of a batch has a word between its ends."""
    from ingest.gold import read_gold
    from ingest.train import networks
    from ingest.train.fit import pairs_of
    from ingest.train.models import School, with_frequent

    row = {**ROWS[0], "text": "挪威政府极光计划", "entities": ROWS[0]["entities"][:2], "relations": []}
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    sentences = read_gold(file, load()).sentences
    tables = with_frequent(TABLES, sentences)
    read = School(tables, print).read(sentences).pairs
    network = networks.ClassifierNet(tables, read[0].judged.features.shape[1], 0.1)
    relations, modalities = network([pair.read for pair in read], tables, pairs_of(read))
    (relations.logsumexp(-1).sum() + modalities.sum()).backward()
    assert len(relations) == 2
    assert torch.isfinite(network.subject.weight.grad).all()


@pytest.mark.usefixtures("torch")
def test_models_can_be_trained(tmp_path: Path) -> None:
    """Both networks learn a sentence by heart, are written, and then read it; paying for a thing stands beside issuing
    it."""
    from ingest.gold import GoldDocument, gold_reading, read_gold
    from ingest.train import models
    from ingest.train.fit import Course
    from ingest.train.models import School, candidates, sentences_of, with_frequent

    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(ROWS[0], ensure_ascii=False) + "\n", encoding="utf-8")
    gold = read_gold(file, load())
    many = [GoldDocument("a", gold.sentences * 8)]
    assert candidates().pipe_names == ["lac_words", "policy_names"]
    tables = with_frequent(TABLES, list(sentences_of(many, {})))
    said: list[str] = []
    school = School(tables, said.append)
    course = Course(12, 4, 2e-3, 2e-3, 0.3, 0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "TAGGER", (course, course))
        patch.setattr(models, "CLASSIFIER", (replace(course, muon=4e-3), course))
        sentences = list(sentences_of(many, {}))
        starts = [school.first(sentences, member) for member in range(2)]
        school.second(starts, school.read(sentences), tmp_path / "models", "test")
    read = Pipeline(models=tmp_path / "models").extract_reading(gold_reading(gold, None))
    assert Counter(a.predicate for a in read.assertions) == {"issuedBy": 1, "funds": 2}
    assert len({frozenset((a.subject, a.object)) for a in read.assertions}) == 2
    assert any("loss" in line for line in said)


figures = st.builds(
    lambda found, more, missed: Figures(types={"Policy": Counts(found, found + more, found + missed)}),
    *(st.integers(0, 30) for _ in range(3)),
)


@given(st.lists(figures, min_size=1, max_size=6))
def test_the_card_tells_f1_within_its_interval_and_every_document(documents: list[Figures]) -> None:
    lines = list(tables({f"d{number}": each for number, each in enumerate(documents)}))
    whole = reduce(add, documents).entities
    names, low, high = map(float, re.findall(r"[01]\.\d+", lines[0]))
    assert names == pytest.approx(whole.f1, abs=0.00051)
    assert low <= high
    if len(documents) == 1:
        assert low == high == pytest.approx(whole.f1, abs=0.0051)
    assert sum(line.startswith("| d") for line in lines) == len(documents) + 1
    (policy,) = (line for line in lines if line.startswith("| Policy "))
    assert policy.endswith(f" {whole.gold} |")


@pytest.mark.parametrize("file", sorted((Path(__file__).parents[1] / "examples").glob("*-zh.md")), ids=lambda p: p.stem)
def test_a_sentence_states_one_relation_of_two_things(file: Path) -> None:
    reading = read(file)
    _, relations = Pipeline().relations(reading)
    # paying for a thing stands beside anything else
    pairs = [
        [(frozenset((r.subject.entity, r.object.entity)), r.predicate == "funds") for r in row] for row in relations
    ]
    assert sum(map(len, pairs)) > 5
    assert all(len(set(row)) == len(row) for row in pairs)


names_of_x = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 5)).map(lambda at: (at[0], at[0] + at[1])), max_size=4
).map(lambda spans: [Tagged(a, b, "Product", 0.5) for a, b in sorted(spans)])


@given(st.text("“”《》甲乙", min_size=16, max_size=16), names_of_x)
def test_names_with_whole_quotations_are_apart_and_hold_what_they_held(text: str, names: list[Tagged]) -> None:
    apart = [name for n, name in enumerate(names) if all(name.start >= other.end for other in names[:n])]
    found = quoted_whole(text, apart)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert {name.end for name in found} <= {name.end for name in apart}
    for name in found:
        (before,) = (other for other in apart if other.end == name.end)
        assert name.start <= before.start + 1
        assert text[name.start] in "“《" or name.start in (before.start, before.start + 1)


@pytest.mark.parametrize(
    ("text", "tagged", "whole"),
    [
        ("乘“神舟十一号”飞船", ["神舟十一号”飞船"], ["“神舟十一号”飞船"]),
        ("“极光器件、高端磁体”专项", ["极光器件", "高端磁体”专项"], ["“极光器件、高端磁体”专项"]),
        ("实施“中国制造2025”战略", ["“中国制造2025"], ["中国制造2025"]),
        ("“甲”和乙”计划", ["乙”计划"], ["乙”计划"]),
        ("他说：“要快，办好极光”计划", ["极光”计划"], ["极光”计划"]),
    ],
)
def test_a_quotation_is_whole_in_a_name(text: str, tagged: list[str], whole: list[str]) -> None:
    names = [Tagged(text.index(n), text.index(n) + len(n), "Program", 0.5) for n in tagged]
    assert [text[name.start : name.end] for name in quoted_whole(text, names)] == whole


def test_an_indicator_measures_one_thing_or_the_members_of_one_list() -> None:
    extraction = extracted("挪威政府和海纳公司称，奥斯陆大学与特隆赫姆大学共有110名科研人员。")
    things = {a.subject for a in extraction.assertions if a.predicate == "measuredBy"}
    names = {entity.id: entity.label() for entity in extraction.entities}
    assert things
    assert {names[thing] for thing in things} <= {"奥斯陆大学", "特隆赫姆大学"}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("2016年，挪威极地研究院更名为挪威海洋研究院。", ("挪威海洋研究院", "succeeds", "挪威极地研究院")),
        ("挪威海洋研究院的前身是挪威极地研究院。", ("挪威海洋研究院", "succeeds", "挪威极地研究院")),
        ("生物医药产业成为继信息产业之后的支柱。", ("生物医药产业", "succeeds", "信息产业")),
    ],
)
def test_what_a_sure_rule_reads_needs_no_model(text: str, stated: tuple[str, str, str]) -> None:
    extraction = extracted(text)
    names = {entity.id: entity.label() for entity in extraction.entities}
    found = [a for a in extraction.assertions if (names[a.subject], a.predicate, names[a.object]) == stated]
    assert found
    assert 0 < found[0].belief < 1
