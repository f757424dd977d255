"""The places of a day schedule as classes: its policy allows no style attributes that could say what stands where."""

STEPS = 300  # of five minutes: the 25 hours of the day on which summer time ends
COLUMNS = 40  # clerks of one office
HOUR = 12


def sheet() -> str:
    """Return rules for ``r-7`` (row 7 of the axis), ``n-3`` (three rows high), ``c-2``, ``steps-96``, ``cols-4``."""
    lines = [f".r-{row}{{--r:{row}}}" for row in range(1, STEPS + 2)]
    lines += [f".n-{rows}{{--n:{rows}}}" for rows in range(1, STEPS + 1)]
    lines += [f".c-{column}{{--c:{column}}}.cols-{column}{{--cols:{column}}}" for column in range(1, COLUMNS + 1)]
    lines += [f".steps-{steps}{{--steps:{steps}}}" for steps in range(HOUR, STEPS + 1, HOUR)]
    return "\n".join(lines) + "\n"
