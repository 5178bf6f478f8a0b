"""HermiT over the core, its alignments and the closed lists, and the OWL API, which HermiT carries and Protégé is built
on, over all files. What they need, Java, is not asked of everyone."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from kg.config import data_folder
from kg.iris import ONTOLOGY, PREFIXES

if shutil.which("java") is None:
    pytest.skip("the reasoner HermiT needs Java, which is not installed here", allow_module_level=True)
owlready2 = pytest.importorskip("owlready2", reason="owlready2, which brings HermiT, is not installed here")

PREFIX = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def reasoned(more="", values=False):
    """All that HermiT finds in the packaged files (no imports are fetched) and `more` Turtle, as a world."""
    paths = [data_folder("ontology") / f"{name}.ttl" for name in ("policykg", "alignments", "lists", "qualifiers")]
    quads = [quad for path in paths for quad in parse(path=path, format=RdfFormat.TURTLE)]
    quads += parse((PREFIX + more).encode(), format=RdfFormat.TURTLE)
    triples = serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES)
    world = owlready2.World()
    ontology = world.get_ontology(ONTOLOGY).load(fileobj=io.BytesIO(triples))
    with ontology:
        owlready2.sync_reasoner_hermit(world, infer_property_values=values, debug=0)
    return world


def unsatisfiable(world):
    return {kind.name for kind in world.inconsistent_classes()} - {"Nothing"}


def test_the_ontology_is_consistent_and_every_class_can_have_members():
    world = reasoned()
    assert unsatisfiable(world) == set()
    stages = {stage.iri.rsplit("/", 1)[-1] for stage in world[ONTOLOGY + "Stage"].instances(world)}
    assert {"basic-research", "proof-and-pilot"} <= stages, "the stages of the closed lists are recognised"


def test_a_class_that_cannot_have_members_is_found():
    more = "pkg:Chimera a owl:Class ; rdfs:subClassOf pkg:Firm, pkg:Person ."
    assert unsatisfiable(reasoned(more)) == {"Chimera"}


@pytest.mark.parametrize(
    "more",
    [
        "id:x a pkg:Technology, pkg:Product .",
        "id:x a pkg:ActorGroup, pkg:Place .",
        "id:x a pkg:Firm . id:x a <http://xmlns.com/foaf/0.1/Group> . "
        "<http://xmlns.com/foaf/0.1/Agent> owl:disjointWith <http://xmlns.com/foaf/0.1/Group> .",
    ],
)
def test_a_contradiction_is_found(more):
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reasoned(more)


def led(world, subject, relation):
    """The names of the things that the relation leads to."""
    return {thing.name for thing in world[ONTOLOGY + relation][world[PREFIXES["id"] + subject]]}


def test_what_follows_is_what_the_safe_rules_say():
    more = """
    id:project a pkg:Program ; pkg:subProgramOf id:special ; pkg:targets id:battery .
    id:special a pkg:Program ; pkg:subProgramOf id:program .
    id:firm a pkg:Firm, pkg:ActorGroup ; pkg:participatesIn id:project .
    id:member a pkg:Firm . id:firm pkg:hasMember id:member .
    """
    world = reasoned(more, values=True)
    assert led(world, "firm", "participatesIn") == {"project", "special", "program"}
    assert led(world, "member", "participatesIn") == set()
    assert led(world, "project", "subProgramOf") == {"special", "program"}
    assert led(world, "program", "indirectlyTargets") == {"battery"}
    assert led(world, "program", "targets") == set()


OPEN = """
import java.io.File;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.profiles.*;

public class Open {
  public static void main(String[] files) throws Exception {
    for (String file : files) {
      OWLOntology found = OWLManager.createOWLOntologyManager().loadOntologyFromOntologyDocument(new File(file));
      System.out.println(new File(file).getName() + " axioms " + found.getAxiomCount());
      for (OWLProfileViolation fault : new OWL2DLProfile().checkOntology(found).getViolations())
        System.out.println("fault " + fault);
    }
  }
}
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Opens Turtle files in the OWL API, each alone: their axioms' numbers by file, and the faults against OWL 2 DL."""
    if shutil.which("javac") is None:
        pytest.skip("the OWL API is spoken to in Java, and its compiler is not installed here")
    folder = tmp_path_factory.mktemp("java")
    jar = Path(owlready2.__file__).with_name("hermit") / "HermiT.jar"
    (folder / "Open.java").write_text(OPEN, encoding="utf-8")
    subprocess.run(["javac", "-cp", jar, "Open.java"], cwd=folder, check=True, capture_output=True)

    def open_(*paths: Path) -> tuple[dict[str, int], list[str]]:
        command = ["java", "-cp", f"{jar}:{folder}", "Open", *map(str, paths)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        sizes = dict(line.split(" axioms ") for line in said if " axioms " in line and not line.startswith("fault"))
        return {name: int(size) for name, size in sizes.items()}, [line for line in said if line.startswith("fault")]

    return open_


def test_every_file_opens_in_the_owl_api_without_a_fault(opened, tmp_path):
    """Alone, and all but the shapes together."""
    paths = sorted(path for path in data_folder("ontology").glob("*.ttl") if path.stem != "shapes")
    quads = [quad for path in paths for quad in parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True)]
    whole = tmp_path / "whole.ttl"
    whole.write_bytes(serialize((quad.triple for quad in quads), format=RdfFormat.TURTLE))
    sizes, faults = opened(*paths, whole)
    assert faults == []
    assert sizes.keys() == {path.name for path in (*paths, whole)}
    assert sizes["policykg.ttl"] > 1000
    assert sizes["whole.ttl"] > max(size for name, size in sizes.items() if name != "whole.ttl")


def test_a_fault_shows_in_the_owl_api(opened, tmp_path):
    faulty = tmp_path / "faulty.ttl"
    more = "pkg:farAbove a owl:ObjectProperty, owl:DatatypeProperty . id:x pkg:nowhere 1 ; pkg:farAbove id:y ."
    faulty.write_text(PREFIX + more, encoding="utf-8")
    _, faults = opened(faulty)
    assert any("farAbove" in fault for fault in faults)
    assert any("nowhere" in fault for fault in faults)
