"""Checks JSON documents and answers against an OpenAPI 3.0 file.

As much of it as an answer needs: $ref, allOf, type, required, properties,
items, enum, nullable and the date-time format.
"""

import datetime
import decimal

_TYPES = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float, decimal.Decimal),
}


def _name_of_type(value):
    if isinstance(value, bool):
        return "a boolean"
    for name, types in _TYPES.items():
        if isinstance(value, types):
            return f"an {name}" if name[0] in "aeiou" else f"a {name}"
    return "null"


def _is_date_time(text):
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class Schemas:
    """The named schemas of one OpenAPI document (parsed JSON)."""

    def __init__(self, document):
        self._document = document

    def violations(self, name, value):
        """What is wrong with `value` by the schema of that name; each with its path."""
        return self._check({"$ref": f"#/components/schemas/{name}"}, value, "")

    def answer_violations(self, method, path, status, value):
        """What is wrong with an answer by what the file says of that path, method and status."""
        responses = self._document["paths"][path][method.lower()]["responses"]
        if str(status) not in responses:
            return [f"{method} {path}: the status {status} is not documented"]
        content = self._resolve(responses[str(status)])["content"]
        return self._check(content["application/json"]["schema"], value, "")

    def _resolve(self, schema):
        while "$ref" in schema:
            found = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _check(self, schema, value, path):
        schema = self._resolve(schema)
        where = path or "the document"
        if value is None:
            return [] if schema.get("nullable") else [f"{where}: is null"]
        wanted = schema.get("type")
        if wanted is not None:
            is_bool = isinstance(value, bool)
            if not isinstance(value, _TYPES[wanted]) or (is_bool and wanted != "boolean"):
                return [f"{where}: is {_name_of_type(value)}, not a{'n' if wanted[0] in 'aeiou' else ''} {wanted}"]
        faults = []
        for part in schema.get("allOf", []):
            faults += self._check(part, value, path)
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{where}: is not one of {schema['enum']}")
        if schema.get("format") == "date-time" and not _is_date_time(value):
            faults.append(f"{where}: is no RFC 3339 time")
        if isinstance(value, dict):
            faults += self._check_members(schema, value, path)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                faults += self._check(schema["items"], item, f"{path}[{index}]")
        return faults

    def _check_members(self, schema, value, path):
        prefix = f"{path}." if path else ""
        faults = [f"{prefix}{name}: is missing" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in schema.get("properties", {}):
                faults += self._check(schema["properties"][name], member, prefix + name)
        return faults
