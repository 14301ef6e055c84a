"""Tables of the page."""

from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a table; words stand left, figures right."""
    head, rows = tuple(head), [tuple(row) for row in rows]
    rules = [
        "---" if any(isinstance(row[place], str) and not _is_figure(row[place]) for row in rows) else "---:"
        for place in range(len(head))
    ]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in (head, rules, *rows)) + "\n"


def _is_figure(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "").replace("%", "").replace(" ", "").isdigit()


def percent(part: int, whole: int) -> str:
    """Write a share."""
    return f"{100 * part / whole:.2f} %" if whole else "-"


def quantile(values: list[float], share: float) -> float:
    """Return the smallest value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
