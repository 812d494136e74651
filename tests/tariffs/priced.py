"""Runs price_readings: what our importers and engine make of a tariff file."""

import dataclasses
import pathlib
import subprocess

PRICE_READINGS = pathlib.Path(__file__).parent / "price_readings"


@dataclasses.dataclass
class Segment:
    rate: str
    micros: int
    wh: int


@dataclasses.dataclass
class Answer:
    micros: int
    confidence: int  # thousandths
    segments: list[Segment]


@dataclasses.dataclass
class Outcome:
    refused: list[tuple[str, str]]  # (reason, field)
    answers: list[Answer]


def price(form, path, zone, readings, leave_out=(), direction="IMPORT", segments=False):
    """`readings`: start and end in seconds, kWh and the month's kWh before. Without `segments` there are none."""
    text = "".join(f"{start} {end} {kwh} {before}\n" for start, end, kwh, before in readings)
    done = subprocess.run([PRICE_READINGS, form, path, zone, direction, ",".join(leave_out) or "-",
                           "segments" if segments else "sums"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{path}: {done.stderr}")
    lines = done.stdout.splitlines()
    if lines[0] != "imported":
        return Outcome([tuple(line.split(" ", 2)[1:]) for line in lines], [])
    answers = []
    for line in lines[1:]:
        micros, confidence, *parts = line.split(" ")
        cut = [part.split(":") for part in parts]
        answers.append(Answer(int(micros), int(confidence), [Segment(rate, int(cost), int(wh)) for rate, cost, wh in cut]))
    return Outcome([], answers)
