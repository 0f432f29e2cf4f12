"""Units that are understood, and which of them say the same."""

SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "t": 1e12, "tn": 1e12}
SCALES |= {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

# dimension: {unit: factor}; within one dimension units convert
_DIMENSIONS: dict[str, dict[str, float]] = {
    "time": {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0, "week": 604800.0},
    "calendar": {"month": 1.0, "quarter": 3.0, "year": 12.0, "decade": 120.0},
    "bytes": {"byte": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15},
    "frequency": {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "flops": {"gflops": 1.0, "tflops": 1e3, "pflops": 1e6, "eflops": 1e9},
    "power": {"mw": 1e-3, "w": 1.0, "kw": 1e3},
    "energy": {"wh": 1.0, "kwh": 1e3, "mwh": 1e6},
    "length": {"nm": 1e-9, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "km": 1e3, "inch": 0.0254, "mile": 1609.344},
    "mass": {"ug": 1e-6, "mg": 1e-3, "g": 1.0, "kg": 1e3},
    "volume": {"ml": 1e-3, "litre": 1.0},
}
_WORDS = """
    ns nanosecond nanoseconds | us µs microsecond microseconds | ms msec millisecond milliseconds
    s sec secs second seconds | min mins minute minutes | h hr hrs hour hours | day days d | week weeks wk wks
    month months mo | quarter quarters | year years yr yrs | decade decades
    byte bytes | kb kib kilobyte kilobytes | mb mib megabyte megabytes | gb gib gigabyte gigabytes
    tb tib terabyte terabytes | pb pib petabyte petabytes | hz hertz | khz | mhz | ghz
    gflops gflop | tflops tflop teraflops | pflops pflop petaflops | eflops | w watt watts | kw kilowatt kilowatts
    wh | kwh | mwh | nm | um µm | mm millimetres millimeters | cm centimetres centimeters | km kilometres kilometers
    inch inches | mile miles | ug µg | mg | g gram grams | kg kilograms kilogram | ml | litre litres liter liters l
    usd $ dollar dollars | eur € euro euros | gbp £ pound pounds | jpy ¥ yen | cent cents
    celsius °c | fahrenheit °f | x × times fold | db | px pixel pixels | dpi
    token tokens | parameter parameters params | step steps | epoch epochs | iteration iterations | sample samples
    gpu gpus | cpu cpus | node nodes | core cores | layer layers | head heads | bit bits | row rows | image images
"""
UNITS: dict[str, str] = {
    word: group.split()[0]
    for line in _WORDS.strip().splitlines()
    for group in line.split("|")
    for word in group.split()
} | {"minute": "min", "minutes": "min"}
_OF = {unit: (dimension, value) for dimension, units in _DIMENSIONS.items() for unit, value in units.items()}


def spelled(word: str) -> str:
    """The unit a word names, "" for none. `M`, `B` and `T` alone are scales, `Min` and `S` no units."""
    return UNITS.get(word) or (UNITS.get(word.lower(), "") if len(word) > 1 or word == "W" else "")


def convertible(one: str, other: str) -> bool:
    return one in _OF and other in _OF and _OF[one][0] == _OF[other][0]


def factor(one: str, other: str) -> float:
    """How many of `other` one `one` is. Raises KeyError where they do not convert."""
    return _OF[one][1] / _OF[other][1]
