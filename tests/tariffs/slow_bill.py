"""What a tariff file asks for readings, worked out slowly, hour by hour.

An independent reading of the tariff collection's schema and of the Utility Rate
Database's records: no importer and no engine of ours, but the file itself,
Python's decimal and zoneinfo, and holidays found by walking the calendar.

A reading is at most an hour long and lies in one hour of local time; zones whose
offset is no whole hour, and tariffs by other units than kWh, are out of scope.
"""

import calendar
import dataclasses
import datetime
import decimal
import zoneinfo

decimal.getcontext().prec = 60
Decimal = decimal.Decimal

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6


@dataclasses.dataclass
class Tier:
    rate: Decimal
    end: Decimal | None  # kWh
    daily: bool  # `end` is for each day of the month
    sell: Decimal | None


@dataclasses.dataclass
class Priced:
    """A reading and what it should cost."""
    start: datetime.datetime  # local
    period: int
    kwh: Decimal
    cost: Decimal  # exact
    tiers: int  # how many it is spread over
    highest: int  # the number of the last of them


def _number(value):
    # Of a JSON number the digits, as parse_float=str leaves them.
    return None if value is None else Decimal(str(value))


def _is_nth(day, weekday, nth):
    """Whether `day` is the month's nth such weekday (-1: the last)."""
    if day.weekday() != weekday:
        return False
    if nth > 0:
        return (day.day - 1) // 7 + 1 == nth
    return (day + datetime.timedelta(days=7)).month != day.month


_ONE_DAY = datetime.timedelta(days=1)

_HOLIDAYS = {
    "new_years_day": lambda day: (day.month, day.day) == (1, 1),
    "mlk_day": lambda day: day.month == 1 and _is_nth(day, MONDAY, 3),
    "washingtons_birthday": lambda day: day.month == 2 and _is_nth(day, MONDAY, 3),
    "memorial_day": lambda day: day.month == 5 and _is_nth(day, MONDAY, -1),
    "juneteenth": lambda day: (day.month, day.day) == (6, 19),
    "independence_day": lambda day: (day.month, day.day) == (7, 4),
    "labor_day": lambda day: day.month == 9 and _is_nth(day, MONDAY, 1),
    "columbus_day": lambda day: day.month == 10 and _is_nth(day, MONDAY, 2),
    "veterans_day": lambda day: (day.month, day.day) == (11, 11),
    "thanksgiving": lambda day: day.month == 11 and _is_nth(day, THURSDAY, 4),
    "day_after_thanksgiving": lambda day: _HOLIDAYS["thanksgiving"](day - _ONE_DAY),
    "christmas": lambda day: (day.month, day.day) == (12, 25),
}


class SlowBill:
    """One tariff."""

    def __init__(self, periods, weekday, weekend, holidays=(), sunday_to_monday=True):
        self.periods = periods
        self.weekday = weekday
        self.weekend = weekend
        self.holidays = holidays
        self.sunday_to_monday = sunday_to_monday
        self._kept = {}

    @classmethod
    def of_ratebook(cls, tariff):
        periods = [[
            Tier(_number(tier["rate"]) + (_number(tier.get("adj")) or 0), _number(tier.get("max")),
                 tier.get("max_unit") == "kWh daily", _number(tier.get("sell"))) for tier in period["tiers"]
        ] for period in tariff["energy"]["periods"]]
        schedule = tariff["schedule"]
        holidays = schedule.get("holidays") or [] if schedule["holiday_policy"] == "as_weekend" else []
        return cls(periods, schedule["weekday"], schedule["weekend"], holidays,
                   schedule.get("holiday_observance", "sunday_to_monday") == "sunday_to_monday")

    @classmethod
    def of_urdb(cls, record):
        periods = [[
            Tier(_number(tier["rate"]) + (_number(tier.get("adj")) or 0), _number(tier.get("max")),
                 tier.get("unit") == "kWh daily", _number(tier.get("sell"))) for tier in period
        ] for period in record["energyratestructure"]]
        return cls(periods, record["energyweekdayschedule"], record["energyweekendschedule"])

    def _is_kept(self, day):
        """Whether a holiday is kept on `day`."""
        if day not in self._kept:
            kept = any(_HOLIDAYS[name](day) for name in self.holidays)
            if self.sunday_to_monday and day.weekday() == MONDAY:
                kept = kept or any(_HOLIDAYS[name](day - _ONE_DAY) for name in self.holidays)
            self._kept[day] = kept
        return self._kept[day]

    def period_at(self, local):
        day = local.date()
        off = day.weekday() in (SATURDAY, SUNDAY) or self._is_kept(day)
        return (self.weekend if off else self.weekday)[local.month - 1][local.hour]

    def price(self, readings, zone):
        """A Priced for each (start in UTC, kWh as text), in the order of time."""
        zone = zoneinfo.ZoneInfo(zone)
        month = None
        used = Decimal(0)
        for start, text in readings:
            local = start.astimezone(zone)
            if (local.year, local.month) != month:
                month = (local.year, local.month)
                used = Decimal(0)
            kwh = Decimal(text)
            period = self.period_at(local)
            parts = list(self._split(self.periods[period], used, kwh, calendar.monthrange(*month)[1]))
            used += kwh
            tiers = self.periods[period]
            cost = sum((part * tiers[number].rate for part, number in parts), Decimal(0))
            yield Priced(local, period, kwh, cost, len(parts), parts[-1][1] if parts else 0)

    def price_export(self, readings, zone):
        """The same of exported energy, whose price knows no tiers."""
        zone = zoneinfo.ZoneInfo(zone)
        for start, text in readings:
            local = start.astimezone(zone)
            period = self.period_at(local)
            kwh = Decimal(text)
            yield Priced(local, period, kwh, kwh * self.periods[period][0].sell, 1, 0)

    @staticmethod
    def _split(tiers, used, kwh, days):
        """kWh after `used` of them, by tier: pairs of (kWh, number of the tier)."""
        for number, tier in enumerate(tiers):
            if number == len(tiers) - 1:
                part = kwh
            else:
                end = tier.end * days if tier.daily else tier.end
                part = min(kwh, max(Decimal(0), end - used))
            if part:
                yield part, number
            used += part
            kwh -= part
        assert kwh == 0


def to_micros(cost):
    """Rounded as the service rounds each record: half-even at 6 decimals."""
    return int(cost.quantize(Decimal("0.000001"), decimal.ROUND_HALF_EVEN).scaleb(6))
