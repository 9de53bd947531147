"""A plan on paper: what it changes, its problems, its balance, its impact, as HTML or Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from gridgeo.geometry.problem import Problem
from gridgeo.plans.balance import LevelBalance, Standing, Tally
from gridgeo.plans.diff import Page
from gridgeo.plans.impact import Impact, Moves, flows
from gridgeo.plans.model import Plan
from gridgeo.plans.problems import Finding
from gridgeo.plans.report_map import svg_map
from gridgeo.plans.report_words import Language, words
from gridgeo.units.model import Profile

MOST_ROWS = 200

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Review:
    """All that was found about a plan."""

    plan: Plan
    live_version: int
    profile: Profile
    page: Page
    findings: Sequence[Finding]
    levels: Sequence[LevelBalance]
    impact: Impact

    @property
    def synthetic(self) -> bool:
        """Whether any unit of the plan is generated."""
        return any(row.changed.unit.synthetic for row in self.page.shown)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence, a picture, and a table; each of the last three may be missing."""

    title: str
    text: str = ""
    svg: str | None = None
    columns: Cells = ()
    rows: Sequence[Cells] = ()


def as_html(review: Review, language: Language) -> str:
    """Return the report as one HTML page that asks no other host."""
    w = words(language)
    title = escape(_title(review, w))
    body = "".join(_section_html(section, w) for section in _sections(review, w))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .6em;"
        "text-align:left}svg{max-width:100%;border:1px solid #bbb}</style></head>"
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )


def as_markdown(review: Review, language: Language) -> str:
    """Return the report as Markdown, without the picture."""
    w = words(language)
    parts = [f"# {_plain(_title(review, w))}"]
    for section in _sections(review, w):
        parts += [] if section.svg else _section_markdown(section, w)
    return "\n\n".join(parts) + "\n"


def _title(review: Review, w: Mapping[str, str]) -> str:
    return f"{w['plan']} {review.plan.plan_id}: {review.plan.title}"


def _section_html(section: Section, w: Mapping[str, str]) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>"]
    parts += [section.svg] if section.svg else []
    parts += [f"<p>{escape(section.text)}</p>"] if section.text else []
    if section.rows:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in section.columns)
        rows = (
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in section.rows[:MOST_ROWS]
        )
        top = f"<tr>{head}</tr>" if any(section.columns) else ""
        parts.append(f"<table>{top}{''.join(rows)}</table>")
        parts += [f"<p>{escape(line)}</p>" for line in _rest(section, w)]
    return "".join(parts)


def _section_markdown(section: Section, w: Mapping[str, str]) -> Iterator[str]:
    yield f"## {_plain(section.title)}"
    if section.text:
        yield _plain(section.text)
    if section.rows:
        lines = [section.columns, ["---"] * len(section.columns), *section.rows[:MOST_ROWS]]
        yield "\n".join(f"| {' | '.join(_plain(cell) for cell in line)} |" for line in lines)
        yield from _rest(section, w)


def _rest(section: Section, w: Mapping[str, str]) -> Iterator[str]:
    if len(section.rows) > MOST_ROWS:
        yield f"{len(section.rows) - MOST_ROWS} {w['more']}"


def _plain(text: str) -> str:
    """Return text that Markdown takes as it is, in one line."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _sections(review: Review, w: Mapping[str, str]) -> Iterator[Section]:
    label = w["synthetic"] if review.synthetic else ""
    yield Section(w["about"], label, columns=("", ""), rows=_facts(review, w))
    drawn = svg_map(review.page, review.plan.title)
    if drawn is not None:
        yield Section(w["map"], w["map_says"], drawn)
    yield _changes(review, w)
    if review.page.moves:
        yield _moved(review, w)
    yield _problems(review, w)
    yield from (_balance(level, review.profile, w) for level in review.levels)
    yield _impact(review, w)


def _facts(review: Review, w: Mapping[str, str]) -> list[Cells]:
    plan = review.plan
    return [
        (w["state"], w[plan.state]),
        (w["document_no"], plan.document_no or ""),
        (w["base"], str(plan.base_version)),
        (w["live"], str(review.live_version)),
        (w["revision"], str(plan.revision)),
        (w["by"], f"{plan.created_by}, {plan.updated_at:%Y-%m-%d %H:%M}"),
    ]


def _changes(review: Review, w: Mapping[str, str]) -> Section:
    columns = tuple(w[k] for k in ("code", "level", "name", "change", "area_before", "area_after"))
    rows = [
        (
            row.changed.code,
            _level(row.changed.unit.level, review.profile, w),
            row.changed.unit.name,
            ", ".join(w[f"change_{kind}"] for kind in row.changed.kinds),
            "" if row.old_m2 is None else f"{row.old_m2:,.1f}",
            "" if row.new_m2 is None else f"{row.new_m2:,.1f}",
        )
        for row in review.page.shown
    ]
    return Section(w["changes"], "" if rows else w["nobody_moves"], None, columns, rows)


def _level(name: str, profile: Profile, w: Mapping[str, str]) -> str:
    level = profile.level(name)
    return level.name_zh if w["language"] == "zh" else level.name_en


def _moved(review: Review, w: Mapping[str, str]) -> Section:
    columns = (w["from"], w["to"], w["area_m2"])
    rows = [(m.from_code, m.to_code, f"{m.area_m2:,.2f}") for m in review.page.moves]
    return Section(w["moved"], "", None, columns, rows)


def _problems(review: Review, w: Mapping[str, str]) -> Section:
    columns = tuple(w[key] for key in ("severity", "kind", "place", "what", "mend"))
    rows = [
        (
            w[finding.severity],
            w[finding.problem.kind],
            f"{finding.problem.lon:.7f}, {finding.problem.lat:.7f}",
            _what(finding.problem, w),
            w["yes"] if finding.mend else "",
        )
        for finding in review.findings
    ]
    return Section(w["problems"], "" if rows else w["no_problems"], None, columns, rows)


def _what(problem: Problem, w: Mapping[str, str]) -> str:
    """Return the sentence of a problem; in Chinese its units and measures, for it is English."""
    if w["language"] == "en":
        return problem.message
    size = "" if problem.size_m is None else f"{problem.size_m:,.1f} 米"
    area = "" if problem.area_m2 is None else f"{problem.area_m2:,.1f} 平方米"
    return "，".join(part for part in ("、".join(problem.codes), size, area) if part)


def _balance(level: LevelBalance, profile: Profile, w: Mapping[str, str]) -> Section:
    rule = level.rule
    name = _level(rule.level, profile, w)
    unit = w["households"] if rule.measure == "households" else w["area_m2"]
    text = (
        f"{w['measure']}: {rule.least:g} - {rule.most:g} ({unit}). {w['city_counts']}: "
        f"{_tally(level.before)} → {_tally(level.after)}"
    )
    rows = [
        (row.code, row.name, _standing(row.before, level, w), _standing(row.after, level, w))
        for row in level.units
    ]
    columns = tuple(w[key] for key in ("code", "name", "before", "after"))
    return Section(f"{w['balance']}: {name}", text, None, columns, rows)


def _tally(tally: Tally) -> str:
    return f"{tally.green} / {tally.amber} / {tally.red}"


def _standing(standing: Standing | None, level: LevelBalance, w: Mapping[str, str]) -> str:
    if standing is None:
        return ""
    value = standing.sizes.value(level.rule.measure)
    return f"{value:,.0f} ({w[standing.status]})"


def _impact(review: Review, w: Mapping[str, str]) -> Section:
    found = review.impact
    rows: list[Cells] = []
    for key in ("devices", "open_events", "year_events", "parties", "residents", "duty_posts"):
        rows += _flows(w[key], getattr(found, key), w)
    rows += [
        (w["households"], row.code, f"{_number(row.before)} → {_number(row.after)}", "")
        for row in found.households
    ]
    columns = (w["what"], w["from"], w["to"], w["number"])
    return Section(w["impact"], "" if rows else w["nobody_moves"], None, columns, rows)


def _number(households: int | None) -> str:
    return "" if households is None else str(households)


def _flows(what: str, moves: Moves, w: Mapping[str, str]) -> Iterator[Cells]:
    for (start, end), count in flows(moves):
        yield (what, start or w["outside"], end or w["outside"], str(count))
