"""The vocabulary files keep what the documentation and the rest of the project count on."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS

from ontology import CONTEXT_FILE, COUNTRY, FOLDER, GW, ID, LANGUAGE, NUTS, PREFIXES, SHAPES_FILE, vocabulary_files

ROOT = Path(__file__).parents[2]
SH = Namespace("http://www.w3.org/ns/shacl#")
EU_COUNTRIES = {
    "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL", "ITA",
    "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
}  # fmt: skip
MAPPING_RELATIONS = {SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch}


@cache
def everything() -> Graph:
    graph = Graph(bind_namespaces="none")
    for path in vocabulary_files():
        graph.parse(path)
    return graph


@cache
def shapes() -> Graph:
    return Graph(bind_namespaces="none").parse(SHAPES_FILE)


@cache
def concepts() -> set[URIRef]:
    return {concept for concept in everything().subjects(RDF.type, SKOS.Concept) if isinstance(concept, URIRef)}


def own_concepts() -> set[URIRef]:
    return {c for c in concepts() if c.startswith(ID)}


def english(concept: URIRef, prop: URIRef) -> list[Literal]:
    return [o for o in everything().objects(concept, prop) if isinstance(o, Literal) and o.language == "en"]


@cache
def documented_codes() -> dict[str, set[str]]:
    """Kind of concept (as in its IRI) -> codes that docs/record-format.md names."""
    text = (ROOT / "docs" / "record-format.md").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for heading, kind in {
        "Barriers": "barrier", "Mobility types": "mobility-type", "Target groups": "target-group",
        "Measures": "measure", "Programmes": "programme",
    }.items():  # fmt: skip
        section = re.search(rf"^\*\*{heading}\*\*(.*?)(?=^\*\*|\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, heading
        found[kind] = set(re.findall(r"`([a-z0-9-]+)`", section[1]))
    found["barrier"] = {f"eplus-2021.{code}" for code in found["barrier"]}
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))
    for field, kind in {
        "sector": "sector", "certainty": "certainty", "materialType": "material-type", "phase": "phase",
        "format": "format", "accessibilityFeature": "accessibility-feature",
    }.items():  # fmt: skip
        found[kind] = set(re.findall(r"`([A-Za-z0-9-]+)`", rows[field]))
    found["role"] = set(re.findall(r"`([a-z]+)`", rows["organisation"].partition("role: ")[2]))
    return found


@pytest.mark.parametrize("path", [*vocabulary_files(), SHAPES_FILE], ids=lambda path: path.stem)
def test_every_file_is_turtle_that_says_something(path: Path) -> None:
    assert len(Graph(bind_namespaces="none").parse(path, format="turtle")) > 3


def test_nothing_outside_the_shapes_is_nameless() -> None:
    assert not [triple for triple in everything() if any(isinstance(term, BNode) for term in triple)]


def test_every_concept_has_one_english_label_and_our_own_a_definition() -> None:
    countries_and_languages = {c for c in concepts() if {GW.Country, GW.Language} & set(everything()[c : RDF.type])}
    named = own_concepts() | countries_and_languages
    assert not sorted(c for c in named if len(english(c, SKOS.prefLabel)) != 1)
    assert not sorted(c for c in own_concepts() if not english(c, SKOS.definition))
    assert not sorted(c for c in concepts() if not list(everything().objects(c, SKOS.inScheme)))


def test_no_concept_has_two_labels_in_one_language() -> None:
    labels: dict[tuple[URIRef, str | None], int] = defaultdict(int)
    for concept, label in everything().subject_objects(SKOS.prefLabel):
        assert isinstance(concept, URIRef)
        assert isinstance(label, Literal)
        labels[concept, label.language] += 1
    assert not [where for where, count in labels.items() if count > 1]


def test_every_label_names_a_concept_that_exists() -> None:
    named = set(everything().subjects(SKOS.prefLabel)) | set(everything().subjects(SKOS.altLabel))
    collections = set(everything().subjects(RDF.type, SKOS.Collection))
    assert not sorted(str(subject) for subject in named - concepts() - collections)


def test_every_scheme_that_is_named_exists_and_has_a_title() -> None:
    schemes = set(everything().objects(None, SKOS.inScheme)) | set(everything().objects(None, SKOS.topConceptOf))
    assert not [s for s in schemes if (s, RDF.type, SKOS.ConceptScheme) not in everything()]
    assert not [s for s in schemes if not list(everything().objects(s, DCTERMS.title))]


def test_broader_leads_to_concepts_and_never_round_in_a_circle() -> None:
    broader = defaultdict(set)
    for concept, above in everything().subject_objects(SKOS.broader):
        assert above in concepts(), f"{concept} is under {above}, which does not exist"
        broader[concept].add(above)

    for concept in list(broader):
        pending, above_it = list(broader[concept]), set()
        while pending:
            if (above := pending.pop()) not in above_it:
                above_it.add(above)
                pending.extend(broader.get(above, ()))
        assert concept not in above_it, f"{concept} is above itself"


@pytest.mark.parametrize("kind", sorted(documented_codes()))
def test_every_code_of_the_record_format_is_a_concept(kind: str) -> None:
    codes = documented_codes()[kind]
    assert len(codes) >= 2
    assert not sorted(code for code in codes if ID[f"{kind}/{code}"] not in concepts())


def test_every_class_that_a_shape_asks_for_has_members() -> None:
    wanted = set(shapes().objects(None, SH["class"]))
    assert len(wanted) > 10
    assert not [kind for kind in wanted if not list(everything().subjects(RDF.type, kind))]


def test_every_class_that_a_concept_has_is_declared() -> None:
    own = {k for c in concepts() for k in everything().objects(c, RDF.type) if str(k).startswith(str(GW))}
    assert not [kind for kind in own if not list(everything().objects(kind, RDF.type))]


def test_every_definition_says_what_it_is_where_it_stands_and_how_sure_we_are() -> None:
    definitions = set(everything().subjects(RDF.type, GW.Definition))
    assert len(definitions) >= 10
    needed = (DCTERMS.title, GW.status, DCTERMS.source, GW.certainty)
    assert not [(str(d), str(p)) for d in definitions for p in needed if not list(everything().objects(d, p))]
    for definition in definitions:
        for prop, kind in ((GW.scheme, SKOS.ConceptScheme), (GW.status, GW.Status), (GW.certainty, GW.Certainty)):
            for value in everything().objects(definition, prop):
                assert (value, RDF.type, kind) in everything(), f"{definition}: {value} is no {kind}"
        for before in everything().objects(definition, DCTERMS.replaces):
            assert before in definitions


def test_every_barrier_belongs_to_a_scheme_of_a_definition() -> None:
    schemes = set(everything().objects(None, GW.scheme))
    barriers = set(everything().subjects(RDF.type, GW.Barrier))
    assert not sorted(str(b) for b in barriers if not schemes & set(everything().objects(b, SKOS.inScheme)))


def test_every_mapping_joins_two_concepts_with_a_reason_and_a_source() -> None:
    mappings = set(everything().subjects(RDF.type, GW.Mapping))
    assert len(mappings) >= 20
    for mapping in mappings:
        start, end = everything().value(mapping, GW.mappingFrom), everything().value(mapping, GW.mappingTo)
        relation = everything().value(mapping, GW.mappingRelation)
        assert start in concepts(), mapping
        assert end in concepts(), mapping
        assert relation in MAPPING_RELATIONS, mapping
        assert (start, relation, end) in everything(), f"{mapping} is not also a plain statement"
        assert english(mapping, DCTERMS.description), mapping
        assert list(everything().objects(mapping, DCTERMS.source)), mapping


@pytest.mark.parametrize(
    ("concept", "notation", "label"),
    [
        (COUNTRY.DEU, "DE", "Germany"), (COUNTRY.GRC, "GR", "Greece"), (COUNTRY.SRB, "RS", "Serbia"),
        (COUNTRY.XKX, "XK", "Kosovo"), (LANGUAGE.ELL, "el", "Greek"), (LANGUAGE.NOR, "no", "Norwegian"),
        (LANGUAGE.SLK, "sk", "Slovak"),
    ],
)  # fmt: skip
def test_countries_and_languages_have_the_iris_of_the_eu_tables(concept: URIRef, notation: str, label: str) -> None:
    assert list(everything().subjects(SKOS.notation, Literal(notation))) == [concept]
    assert english(concept, SKOS.prefLabel) == [Literal(label, lang="en")]


def test_the_countries_of_the_eu_are_named_in_all_its_languages() -> None:
    for code in EU_COUNTRIES:
        assert len({name.language for name in everything().objects(COUNTRY[code], SKOS.prefLabel)}) == 24, code


def test_no_country_is_one_that_no_longer_exists() -> None:
    former = {COUNTRY[code] for code in ("DDR", "SCG", "YUG", "SUN", "ANT", "BUR", "YMD", "ZZZ", "XAA")}
    assert not former & concepts()


def test_a_region_hangs_under_its_region_and_its_country() -> None:
    above = [NUTS.DEF0]
    while found := everything().value(above[-1], SKOS.broader):
        above.append(found)
    assert above == [NUTS.DEF0, NUTS.DEF, COUNTRY.DEU]
    assert (NUTS.EL3, SKOS.broader, COUNTRY.GRC) in everything()


@pytest.mark.parametrize(
    ("before", "after"),
    [("NL332", ["NL361"]), ("NL31", ["NL35"]), ("PT17", ["PT1A", "PT1B"]), ("DEG0N", ["DEG0R"]), ("LV007", ["LV00A"])],
)
def test_a_region_of_2021_names_the_regions_that_replaced_it(before: str, after: list[str]) -> None:
    assert sorted(everything().objects(NUTS[before], DCTERMS.isReplacedBy)) == [NUTS[code] for code in after]


def test_every_region_of_2021_is_a_region_of_today_or_says_what_came_instead() -> None:
    today = set(everything().subjects(RDF.type, GW.Region))
    ended = set(everything().subjects(RDF.type, GW.FormerRegion))
    of_2021 = set(everything().subjects(SKOS.inScheme, URIRef("http://data.europa.eu/nuts/scheme/2021")))
    assert len(of_2021) > 1500
    assert of_2021 <= today | ended
    assert not today & ended
    assert all(set(everything().objects(region, DCTERMS.isReplacedBy)) <= today for region in ended)
    assert [region for region in ended if not list(everything().objects(region, DCTERMS.isReplacedBy))] == []


@pytest.mark.parametrize(("kind", "counts"), [("isced-f", {2: 11, 3: 29, 4: 80}), ("eqf", {1: 8})])
def test_fields_of_education_and_levels_of_qualification_are_complete(kind: str, counts: dict[int, int]) -> None:
    codes = [str(code) for field, code in everything().subject_objects(SKOS.notation) if f"/snb/{kind}/" in str(field)]
    assert Counter(len(code) for code in codes) == counts
    fields = [field for field in everything().subjects(SKOS.broader) if f"/snb/{kind}/" in str(field)]
    assert all(str(field)[:-1] == str(everything().value(field, SKOS.broader)) for field in fields)


def test_every_field_of_a_record_has_a_shape() -> None:
    """Parts of a record are nested; the body of an organisation and the version are written by us."""
    terms = json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))["@context"]
    paths = {str(path) for path in shapes().objects(None, SH.path)}
    unshaped = set()
    for name, term in terms.items():
        target = term["@id"] if isinstance(term, dict) else term
        if name.startswith("@") or target == "@type" or target == PREFIXES.get(name):
            continue
        prefix, _, local = target.partition(":")
        if PREFIXES[prefix] + local not in paths:
            unshaped.add(name)
    assert unshaped == {"organisation", "figure", "furtherSource", "body", "version"}


def test_the_authority_files_can_be_made_again_byte_for_byte(shared: Path, tmp_path: Path) -> None:
    copy = tmp_path / "ontology"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.read_bytes() for path in [*copy.glob("authority/*.ttl"), copy / CONTEXT_FILE.name]}
    for path in before:
        if path.suffix == ".ttl":
            path.unlink()
    made = [sys.executable, "-m", "ontology.refresh", str(shared / "nuts" / "NUTS2021-NUTS2024.xlsx")]
    subprocess.run(made, cwd=tmp_path, check=True)
    assert [path.name for path, content in before.items() if path.read_bytes() != content] == []
