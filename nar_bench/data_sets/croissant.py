"""Croissant metadata (mlcommons.org/croissant, version 1.0): JSON-LD by which search engines and loaders know data.

Written from the published vocabulary; the tests have the library mlcroissant validate it. `croissant_faults` checks
what the format demands without that library, before anything is published: the required properties, that every
reference names something that is there, and that types are of the vocabulary.
"""

from __future__ import annotations

import re
from typing import Any

from nar_bench.data_sets.citation import citations
from nar_bench.data_sets.manifest import ColumnNote, Manifest

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
RAI = "http://mlcommons.org/croissant/RAI/1.0"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_DATA_TYPES = {"string": "sc:Text", "bool": "sc:Boolean"}
_KNOWN_TYPES = {"sc:Text", "sc:Boolean", "sc:Integer", "sc:Float"}


def croissant(manifest: Manifest, repository: str = "") -> dict[str, Any]:
    """Return the metadata as JSON values.

    Args:
        repository: `owner/name` on the Hub; "" where it is not known.
    """
    recipe = manifest.recipe
    url = f"https://huggingface.co/datasets/{repository or 'OWNER/' + recipe.name}"
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CONFORMS_TO, RAI],
        "name": re.sub(r"[^A-Za-z0-9_-]", "_", recipe.name),
        "description": recipe.summary,
        "license": f"https://spdx.org/licenses/{_SPDX.get(recipe.license, recipe.license)}.html",
        "url": url,
        "version": f"{recipe.version}.0.0",
        "datePublished": manifest.made_with.get("built", "1970-01-01T00:00:00Z"),
        "creator": {"@type": "sc:Organization", "name": "The nar-bench developers"},
        "citeAs": "\n".join(citations(manifest, url)),
        "keywords": ["neural algorithmic reasoning", "algorithms", "graphs", "out-of-distribution"],
        "isLiveDataset": False,
        "rai:dataCollection": "Drawn and run by a program; recipe.json says how, and anyone can do it again.",
        "rai:dataLimitation": " ".join(recipe.notes) or "See the card.",
        "rai:dataBiases": "Inputs are of the distributions that the recipe names and of no others.",
        "rai:personalSensitiveInformation": "None: all data are synthetic.",
        "rai:dataUseCases": "Training and testing of models that are to execute algorithms.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "repository",
                "name": "repository",
                "contentUrl": url,
                "encodingFormat": "git+https",
                "sha256": "https://github.com/mlcommons/croissant/issues/80",
            },
            *(
                {
                    "@type": "cr:FileSet",
                    "@id": f"files-{config.name}",
                    "name": f"files-{config.name}",
                    "description": f"The Parquet files of {config.name}; their checksums are in SHA256SUMS.",
                    "containedIn": {"@id": "repository"},
                    "encodingFormat": "application/x-parquet",
                    "includes": f"{config.name}/*.parquet",
                }
                for config in recipe.configs
            ),
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": config.name,
                "name": config.name,
                "description": f"One row for each trajectory of {config.algorithm}."
                if config.form == "trajectory"
                else f"One prompt and answer for each trajectory of {config.algorithm}.",
                "field": [_field(config.name, note) for note in manifest.columns[config.name]],
            }
            for config in recipe.configs
        ],
    }


_SPDX = {"apache-2.0": "Apache-2.0", "cc-by-4.0": "CC-BY-4.0", "mit": "MIT", "cc0-1.0": "CC0-1.0"}


def _field(config: str, note: ColumnNote) -> dict[str, Any]:
    data_type = _DATA_TYPES.get(note.dtype, "sc:Float" if note.dtype.startswith("float") else "sc:Integer")
    shape = f" of shape [{', '.join(note.shape)}]" if note.shape else ""
    described = " ".join(word for word in (note.stage, note.location, note.type) if word) or note.name
    return {
        "@type": "cr:Field",
        "@id": f"{config}/{note.name}",
        "name": note.name,
        "description": f"{described}{shape}{', differences from the step before' if note.delta else ''}",
        "dataType": data_type,
        **({"repeated": True} if note.shape else {}),
        "source": {"fileSet": {"@id": f"files-{config}"}, "extract": {"column": note.name}},
    }


def croissant_faults(document: Any) -> list[str]:
    """Return what of the format a document lacks; empty where nothing was found."""
    faults = []
    required = {"@context", "@type", "conformsTo", "name", "description", "license", "url", "creator", "datePublished"}
    faults += [f"the property {name} is missing" for name in sorted(required - set(document))]
    if faults:
        return faults
    if CONFORMS_TO not in document["conformsTo"]:
        faults.append(f"conformsTo does not name {CONFORMS_TO}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", document["name"]):
        faults.append(f"name {document['name']!r} has other characters than letters, digits, - and _")
    files: set[str] = set()
    for index, one in enumerate(document.get("distribution", [])):
        place = f"distribution[{index}]"
        needed = ["@type", "@id", "name", "encodingFormat"]
        needed += ["contentUrl", "sha256"] if one.get("@type") == "cr:FileObject" else ["includes", "containedIn"]
        faults += [f"{place}: {name} is missing" for name in needed if not one.get(name)]
        if one.get("@type") not in ("cr:FileObject", "cr:FileSet"):
            faults.append(f"{place}: @type is {one.get('@type')!r}")
        contained = one.get("containedIn", {}).get("@id")
        if contained is not None and contained not in files:
            faults.append(f"{place}: containedIn names {contained!r}, which is not there")
        files.add(str(one.get("@id")))
    seen: set[str] = set(files)
    for index, records in enumerate(document.get("recordSet", [])):
        for number, field in enumerate(records.get("field", [])):
            place = f"recordSet[{index}].field[{number}]"
            if field.get("dataType") not in _KNOWN_TYPES:
                faults.append(f"{place}: dataType is {field.get('dataType')!r}")
            of = field.get("source", {}).get("fileSet", {}).get("@id")
            if of not in files:
                faults.append(f"{place}: source names {of!r}, which is not there")
            if not field.get("source", {}).get("extract", {}).get("column"):
                faults.append(f"{place}: source.extract.column is missing")
            if field.get("@id") in seen:
                faults.append(f"{place}: @id {field.get('@id')!r} comes twice")
            seen.add(str(field.get("@id")))
        if not records.get("field"):
            faults.append(f"recordSet[{index}]: it has no field")
    return faults
