"""Makes `ontology/authority/*.ttl` and the country and language codes of the JSON-LD context anew.

    python -m ontology.refresh NUTS_WORKBOOK

Country and language names come from the Unicode CLDR (through Babel, Unicode licence), their IRIs are those
of the EU authority tables, and NUTS 2021 and 2024 come from Eurostat's workbook (`NUTS2021-NUTS2024.xlsx`,
CC BY 4.0). The fields of education of ISCED-F 2013 and the levels of the EQF are written out in `education.py`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from babel import Locale
from babel.core import get_global
from rdflib import RDF, SKOS, Graph, Literal, Namespace
from rdflib.namespace import DCTERMS

from ontology import CONTEXT_FILE, COUNTRY, EU_LANGUAGES, FOLDER, GW, LANGUAGE, NUTS, SCHEMA

from .education import eqf, isced_f
from .nuts import nuts_2021, nuts_2024, read_workbook

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
    regions, changes = read_workbook(Path(nuts))
    for name, graph in {
        "countries": country_graph(country_codes),
        "languages": language_graph(language_codes),
        "nuts": nuts_2024(new_graph(), regions, country_codes),
        "nuts-2021": nuts_2021(new_graph(), changes, country_codes),
        "isced-f": isced_f(new_graph()),
        "eqf": eqf(new_graph()),
    }.items():
        graph.serialize(folder / f"{name}.ttl", format="turtle", encoding="utf-8")
    rewrite_context(country_codes, language_codes)


if __name__ == "__main__":
    main(sys.argv[1])
