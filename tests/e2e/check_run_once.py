"""Checks what ./run --once prints: the documentation's answer twice, and nothing else.

./run --once > OUTPUT; python3 -m tests.e2e.check_run_once < OUTPUT
"""

import decimal
import json
import sys

from tests.e2e import documentation_example

_DIFFERS = ("id", "time_created", "account_id")


def documents(text):
    """The JSON documents of a text that holds nothing else."""
    decoder = json.JSONDecoder(parse_float=decimal.Decimal)
    found = []
    text = text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


def main():
    text = sys.stdin.read()
    try:
        found = documents(text)
    except json.JSONDecodeError as error:
        sys.exit(f"standard output holds something else than JSON: {error}\n{text}")
    if len(found) != 2:
        sys.exit(f"standard output holds {len(found)} JSON documents, not 2:\n{text}")
    for face, document in zip(("gRPC", "REST"), found):
        if {name: value for name, value in document.items() if name not in _DIFFERS} != documentation_example.ANSWER:
            sys.exit(f"the answer over {face} is not the documentation's:\n{json.dumps(document, indent=2, default=str)}")
        if any(name not in document for name in _DIFFERS):
            sys.exit(f"the answer over {face} lacks one of {', '.join(_DIFFERS)}")
    if found[0]["id"] != found[1]["id"]:
        sys.exit("the two answers have different ids")


if __name__ == "__main__":
    main()
