"""A process of its own whose model has one property more, in one file: what becomes of it on the site.

Called as `python -m tests.web.new_property SMALL FOLDER`; prints what it saw as JSON.
"""

import filecmp
import json
import shutil
import sys
from pathlib import Path

SHAPE = """
gws:quietRoom a sh:PropertyShape ;
    sh:path gw:quietRoom ;
    sh:name "Quiet room"@en ;
    sh:description "Where people could rest."@en ;
    sh:group gws:group-where ;
    sh:order 58 ;
    sh:uniqueLang true ;
    sh:datatype rdf:langString ;
    sh:maxLength 200 ;
    sh:message "is not a text about rooms."@en .
gws:Record sh:property gws:quietRoom .
"""
WORDS = "A quiet room beside the kitchen."


def main(small: Path, folder: Path) -> None:
    """Write a draft with the new field, and publish it."""
    import ontology as real

    model = Path(shutil.copytree(real.FOLDER, folder / "ontology", ignore=shutil.ignore_patterns("__pycache__")))
    with (model / "shapes.ttl").open("a", encoding="utf-8") as file:
        file.write(SHAPE)
    changed = [path.name for path in model.rglob("*") if path.is_file()
               and not filecmp.cmp(path, real.FOLDER / path.relative_to(model), shallow=False)]  # fmt: skip
    for name in [name for name in sys.modules if name.partition(".")[0] == "ontology"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    print(json.dumps({"changed": changed} | seen(small, folder)))


def seen(small: Path, folder: Path) -> dict[str, object]:
    """What the site does with the field."""
    import ontology

    assert ontology.FOLDER.parent == folder
    from kg import Settings
    from ontology import ID
    from search import Encoder
    from tests.web.desk_site import begin, desk_of, draft_of, send_form
    from tests.web.people import signed_in
    from tests.web.small_site import site_of, small_site
    from web.accounts import Role
    from web.curation.publishing import Office, checked, publish

    with small_site(small, folder, Encoder(Settings())) as site:
        browser = signed_in(site, Role.EDITOR, "edi")
        key = begin(browser)
        shown = 'data-field="quietRoom"' in browser.get(f"/desk/draft/{key}").text
        whole = {"type": "GoodPractice", "title:": "One", "summary:": "Two.", "language": "en",
                 "source": "https://example.org/1", "id": "with-room", "quietRoom:": WORDS}  # fmt: skip
        send_form(browser, key, **whole)
        draft, store = draft_of(site, key), site_of(site).searcher.store
        long = checked(draft.fields | {"quietRoom": {"en": "x" * 201}}, store)[1]
        person = site.app.state.accounts.account_of_login("edi").as_person()  # type: ignore[attr-defined]
        publish(Office(site_of(site), desk_of(site)), draft, person, "to see that it can be")
        query = f"SELECT ?t {{ <{ID['practice/with-room']}> <{ontology.GW.quietRoom}> ?t }}"
        published = [str(row["t"]) for row in site_of(site).searcher.store.select(query)]
        return {
            "shown": shown,
            "draft": draft.fields.get("quietRoom"),
            "published": published[0] if published else "",
            "refused": long[0].message.partition("' ")[2] if long else "",
        }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
