"""The upstream's OpenAPI file, cut to the paths that we serve.

Everything in which we differ from that file on purpose is in DIFFERENCES, with its
reason; nothing else is changed but for generation: see add_known_values().
"""

import copy

SERVED = (
    "/costs/instant",
    "/costs/interval/{id}",
    "/costs/session/{id}",
    "/devices",
    "/devices/{id}",
    "/locations",
    "/locations/{id}",
    "/meters/batch",
    "/meters/cumulative/epoch",
    "/meters/interval",
    "/slots/time/{id}",
    "/tariffs/audit/{id}",
    "/tariffs/elements",
    "/tariffs/elements/{id}",
    "/tariffs/rates/{id}",
)

_METHODS = ("get", "put", "post", "patch", "delete")

# The body of every refusal of ours, as the upstream's guides show it.
_ERROR = {
    "type": "object",
    "required": ["object", "live_mode", "context", "type", "code", "message", "time_created"],
    "properties": {
        "object": {"type": "string", "enum": ["error"]},
        "live_mode": {"type": "boolean"},
        "context": {"type": "string", "pattern": "^api"},
        "type": {"type": "string", "enum": ["invalid_request", "rate_limit", "api_error"]},
        "code": {"type": "string", "pattern": "^[a-z_]+$"},
        "message": {"type": "string", "minLength": 1},
        "time_created": {"type": "string", "format": "date-time"},
    },
}


def _operations(document):
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _document_refusals(document):
    answer = {"description": "refused", "content": {"application/json": {"schema": _ERROR}}}
    for _, _, operation in _operations(document):
        for status in ("400", "403", "404", "409", "413", "415", "422", "429", "431"):
            operation["responses"][status] = answer


def _time_of_day(document):
    hours = document["components"]["schemas"]["TariffSchedule"]["items"]["properties"]["days_and_hours"]["items"]
    for name in ("valid_from", "valid_to"):
        schema = hours["properties"]["hours"]["items"]["properties"][name]
        del schema["format"]
        schema["pattern"] = "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"


def _open_contract(document):
    document["components"]["schemas"]["TariffElementNew"]["required"].remove("contract_end_date")


def _left_out_figures(document):
    document["components"]["schemas"]["EnergyCostResponse"]["required"].remove("tariff")
    document["components"]["schemas"]["SlotTime"]["properties"]["data"]["items"]["required"].remove("tariff")


def _closed(document, schema):
    """The schema without references, each of whose objects has the fields that it names and no others."""
    if isinstance(schema, list):
        return [_closed(document, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _closed(document, found)
    closed = {name: _closed(document, value) for name, value in schema.items()}
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


def _no_unknown_fields(document):
    for body in document["components"]["requestBodies"].values():
        for content in body["content"].values():
            content["schema"] = _closed(document, content["schema"])


_REQUIRED = {
    "EnergyCostByTime": ("start_time", "end_time"),
    "MeterRecordSubmit": ("location_id", "units", "value", "start_time", "end_time"),
    "MeterRecordsSubmit": ("location_id", "units", "value", "start_time", "end_time"),
    "MeterRecordsCumulativeSubmit": ("location_id", "units", "data"),
    "TariffElementCreateNew": ("direction", "type"),
}


def _required_fields(document):
    for body in document["components"]["requestBodies"].values():
        body["required"] = True
    for name, fields in _REQUIRED.items():
        schema = document["components"]["requestBodies"][name]["content"]["application/json"]["schema"]
        schema = schema.get("items", schema)
        schema["required"] = sorted({*schema.get("required", []), *fields})


# (what, reason, how)
DIFFERENCES = (
    (
        "refusals",
        "the file documents few of the refusals, or with an empty object; ours are 400, 403, 404, 409, 413, 415, 422, "
        "429 and 431 (a header or query of more than 8 KiB), each with the error object of the upstream's guides",
        _document_refusals,
    ),
    (
        "times of day",
        "the file says format: time, which is RFC 3339's time with an offset; its examples and ours are HH:MM:SS on "
        "the location's clock",
        _time_of_day,
    ),
    (
        "contract_end_date",
        "the file requires it in answers; a contract without an end has none",
        _open_contract,
    ),
    (
        "data.tariff",
        "the file requires it in the answer of /costs/instant, also where the call asks for include_tariff=false, and "
        "in a slot, also where a GREEN one was looked for at a location without a tariff",
        _left_out_figures,
    ),
    (
        "unknown fields",
        "the file leaves objects open; we ignore what else a meter record has, and refuse it elsewhere, for it may be a "
        "misspelt field",
        _no_unknown_fields,
    ),
    (
        "required fields",
        "the file requires no body and few fields of one; without these a call means nothing",
        _required_fields,
    ),
)


def served_api(upstream):
    """The document of what we serve; `upstream` is the parsed file, and stays as it is."""
    document = copy.deepcopy(upstream)
    document.pop("servers", None)
    document["paths"] = {path: document["paths"][path] for path in SERVED}
    for _, _, change in DIFFERENCES:
        change(document)
    return document


# Which the file tells in words only.
_TOLD_VALUES = {
    "direction": ("IMPORT", "EXPORT"),
    "aggregation": ("DAY", "MONTH"),
    "segment": ("LOW", "HIGH", "GREEN"),
    "tariff_rate": ("IMPORT", "EXPORT", "LOCAL"),
    "measurand": ("TRANSFERRED",),
    "units": ("W", "KW", "WH", "KWH"),
    "type": ("COMMODITY", "NON_COMMODITY"),
}

# Beside the ids that are known. Values that break a rule are Schemathesis's own negative cases.
_UNKNOWN_ID = "loc_none"


def add_known_values(document, known, examples):
    """Makes the generator use ids and times that exist, lest every call is of something unknown.

    `known`: path -> ids for GET, PATCH and POST of it; "DELETE path" -> ids that may go; field -> values.
    `examples`: path -> a body to POST.
    """
    known = {**_TOLD_VALUES, **known}
    components = document["components"]
    for path, example in examples.items():
        reference = document["paths"][path]["post"]["requestBody"]["$ref"].rsplit("/", 1)[-1]
        components["requestBodies"][reference]["content"]["application/json"]["example"] = example
    for parameter in components["parameters"].values():
        if parameter["name"] in known:
            parameter["schema"] = _one_of(known[parameter["name"]])
    for path, method, operation in _operations(document):
        for parameter in operation.get("parameters", []):
            if parameter.get("name") in known:
                parameter["schema"] = _one_of(known[parameter["name"]])
        ids = known.get(f"DELETE {path}" if method == "delete" else path)
        if ids:
            (parameter,) = [p for p in document["paths"][path]["parameters"] if p.get("name") == "id"]
            operation.setdefault("parameters", []).append({**parameter, "schema": _one_of(ids)})
    for body in components["requestBodies"].values():
        for content in body["content"].values():
            _add_to_properties(content["schema"], known)


def _one_of(values):
    ids = isinstance(values[0], str) and "_" in values[0]
    return {"enum": [*values, *([_UNKNOWN_ID] if ids else [])]}


def _add_to_properties(node, known):
    if isinstance(node, list):
        for item in node:
            _add_to_properties(item, known)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "properties":
                for field, values in known.items():
                    if field in value and "enum" not in value[field]:
                        value[field] = _one_of(values)
            _add_to_properties(value, known)
