"""The account of an order: as lines, as JSON, and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import datetime
from typing import Any

from redbook.cli.render.copies import short
from redbook.cli.render.words import plural
from redbook.production.events import OrderNow
from redbook.production.ledger import Ledger
from redbook.production.making import CopiesReport, CopyReport
from redbook.production.values import Order, cell

CSV_COLUMNS = (
    "order",
    "title",
    "copy",
    "attempt",
    "drive",
    "host",
    "state",
    "time",
    "speed",
    "offset_samples",
    "why",
)


def when(seconds: float) -> str:
    """In local time, as it is on a clock."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def order_line(order: Order, now: OrderNow) -> str:
    made = f"{now.good + now.checked} of {now.wanted} made"
    counted = (now.spoiled, "spoiled"), (now.unknown, "unknown"), (now.lost, "lost")
    more = [f"{count} {word}" for count, word in counted if count]
    what = f"{order.title}  " if order.title else ""
    by = f" by {order.made_by}" if order.made_by else ""
    return f"{order.id:>4}  {order.state:<9}  {', '.join([made, *more]):<34}  {what}{when(order.made_at)}{by}"


def order_shape(order: Order, now: OrderNow) -> dict[str, Any]:
    counts = asdict(now)
    del counts["order"]
    return {
        "order": order.id,
        "title": order.title,
        "master": order.master,
        "made_by": order.made_by,
        "made_at": order.made_at,
        "check": str(order.check),
        "speed": order.speed,
        **counts,
    }


def report_shape(report: CopiesReport) -> dict[str, Any]:
    return {"event": "copies", **asdict(report), "complete": report.complete}


def report_lines(report: CopiesReport) -> list[str]:
    lines = [f"order {report.order}: {report.title or 'copies'}", f"master {report.master}"]
    return lines + [_blank_line(one) for one in report.blanks]


def _blank_line(one: CopyReport) -> str:
    why = one.why.partition("\n")[0]
    drive = f"{short(one.drive)} on {one.host}" if one.host else short(one.drive)
    text = f"copy {one.number:>3}  {one.state:<9}  {drive:<6}  {when(one.at)}"
    return f"{text}  {why}" if why else text


def conclusion(report: CopiesReport) -> str:
    made = f"{report.good} of {report.wanted} good"
    if report.checked:
        made = f"{report.good + report.checked} of {report.wanted} made"
        made += f", {report.checked} of them checked quickly"
    parts = [f"order {report.order}: {made}"]
    if report.spoiled:
        parts.append(f"{plural(report.spoiled, 'blank')} spoiled")
    if report.lost:
        parts.append(f"{report.lost} lost")
    if report.unknown:
        parts.append(f"{report.unknown} unknown (`redbook copies resolve`)")
    if report.under_way:
        parts.append(f"{report.under_way} still in the drives, to be examined")
    text = ", ".join(parts)
    if report.complete:
        return text
    if report.state == "cancelled":
        return f"{text}; it was cancelled"
    why = f" ({report.why})" if report.why else ""
    return f"{text}; {report.state}{why}: `redbook copies resume {report.order}` continues"


def history_shape(ledger: Ledger, report: CopiesReport) -> dict[str, Any]:
    steps = {
        one.attempt: [
            {
                "from": None if step.before is None else str(step.before),
                "to": str(step.after),
                "at": step.at,
                "said": str(step.said),
                "who": step.who,
                "why": step.why,
            }
            for step in ledger.history(one.attempt)
        ]
        for one in report.blanks
    }
    shape = report_shape(report)
    for blank in shape["blanks"]:
        blank["history"] = steps[blank["attempt"]]
    order_steps = ledger.order_history(report.order)
    shape["history"] = [{"what": s.what, "at": s.at, "who": s.who, "why": s.why} for s in order_steps]
    return shape


def history_lines(ledger: Ledger, report: CopiesReport) -> list[str]:
    lines = [""]
    for step in ledger.order_history(report.order):
        by = f" by {step.who}" if step.who else ""
        lines.append(f"{when(step.at)}  order {step.what}{by}{f': {step.why}' if step.why else ''}")
    for one in report.blanks:
        host = f" on {one.host}" if one.host else ""
        lines.append(f"attempt {one.attempt}, copy {one.number}, {one.drive}{host}:")
        for made in ledger.history(one.attempt):
            by = f" ({made.said}{f', {made.who}' if made.who else ''})"
            why = made.why.partition("\n")[0]
            lines.append(f"  {when(made.at)}  {made.after}{by}{f': {why}' if why else ''}")
    return lines


def csv_lines(report: CopiesReport) -> list[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for one in report.blanks:
        writer.writerow(
            (
                report.order,
                cell(report.title),
                one.number,
                one.attempt,
                one.drive,
                one.host,
                one.state,
                when(one.at),
                one.details.get("speed") or "",
                "" if one.details.get("offset_samples") is None else one.details["offset_samples"],
                cell(one.why.replace("\n", " ")),
            )
        )
    return text.getvalue().splitlines()
