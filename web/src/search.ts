/** The search box: an ARIA combobox over `GET /search`, which also reads coordinates. */
import { announce } from "./announce";
import type { LonLat, SearchResult } from "./api";
import { readPoint, showPoint } from "./coords";
import { byId, element } from "./dom";
import { type Key, type Values } from "./i18n";

export interface Choice {
  name: string;
  detail: string;
  point: LonLat;
  /** The unit or place chosen; null for typed coordinates. */
  result: SearchResult | null;
}

type Say = (key: Key, values?: Values) => string;

export interface SearchPorts {
  find(query: string, signal: AbortSignal): Promise<SearchResult[]>;
  choose(choice: Choice): void;
  say: Say;
  explain(error: unknown): string;
}

const TYPING_MS = 160;

/** The choices that the text itself is, before the server is asked. */
export function choicesFromText(text: string, say: Say): Choice[] {
  const read = readPoint(text);
  if (!read) return [];
  const name = say("search.point", { point: showPoint(read.point) });
  const detail = say(read.swapped ? "search.swapped" : "search.point_detail");
  return [{ name, detail, point: read.point, result: null }];
}

function kindOf({ kind, level }: SearchResult, say: Say): string {
  if (level) return say(`level.${level}`);
  return say(kind === "exclusive_grid" ? "search.kind_exclusive_grid" : "search.kind_place");
}

export function choiceOf(result: SearchResult, say: Say): Choice {
  const code = result.kind === "place" ? null : result.code;
  return {
    name: result.name,
    detail: [kindOf(result, say), code, result.detail].filter(Boolean).join(" · "),
    point: { lon: result.lon, lat: result.lat },
    result,
  };
}

/** The row after `active` when moving by `step`, going round; -1 is "none yet". */
export function nextRow(active: number, step: number, count: number): number {
  if (count === 0) return -1;
  if (active < 0) return step > 0 ? 0 : count - 1;
  return (active + step + count) % count;
}

export class SearchBox {
  private readonly input = byId("query") as HTMLInputElement;
  private readonly list = byId("results");
  private readonly none = byId("no-results");
  private readonly clearButton = byId("clear");
  private choices: Choice[] = [];
  private active = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = new AbortController();

  constructor(private readonly ports: SearchPorts) {
    this.input.addEventListener("input", () => { this.typed(); });
    this.input.addEventListener("keydown", (event) => { this.key(event); });
    this.input.addEventListener("focus", () => { if (this.choices.length > 0) this.open(); });
    this.input.addEventListener("blur", () => { this.close(); });
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.clearButton.addEventListener("click", () => { this.clear(); });
  }

  private typed(): void {
    clearTimeout(this.timer);
    this.asked.abort();
    const text = this.input.value.trim();
    this.clearButton.hidden = text === "";
    this.show(choicesFromText(text, this.ports.say));
    if (text !== "") this.timer = setTimeout(() => void this.ask(text), TYPING_MS);
  }

  private async ask(text: string): Promise<void> {
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    try {
      const found = await this.ports.find(text, signal);
      if (signal.aborted) return;
      const { say } = this.ports;
      this.show([...choicesFromText(text, say), ...found.map((row) => choiceOf(row, say))]);
      this.tellCount(text);
    } catch (error) {
      if (!signal.aborted) this.tell(this.ports.say("search.failed", { detail: this.ports.explain(error) }));
    }
  }

  private tellCount(query: string): void {
    const { say } = this.ports;
    if (this.choices.length === 0) this.tell(say("search.none", { query }));
    else announce(say("search.count", { count: this.choices.length }));
  }

  private tell(words: string): void {
    this.none.textContent = words;
    this.none.hidden = false;
    announce(words);
  }

  /** Enter before the list has come: ask at once and take the first row. */
  private async submit(): Promise<void> {
    clearTimeout(this.timer);
    if (this.active < 0 && this.input.value.trim() !== "") await this.ask(this.input.value.trim());
    const choice = this.choices[Math.max(this.active, 0)];
    if (choice) this.take(choice);
  }

  private take(choice: Choice): void {
    this.asked.abort();
    clearTimeout(this.timer);
    if (choice.result) this.input.value = choice.name;
    this.clearButton.hidden = false;
    this.close();
    this.ports.choose(choice);
  }

  private clear(): void {
    this.input.value = "";
    this.typed();
    this.input.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.open();
      this.mark(nextRow(this.active, step, this.choices.length));
    } else if (event.key === "Escape") {
      if (this.list.hidden) this.clear();
      else this.close();
    }
  }

  private show(choices: Choice[]): void {
    this.choices = choices;
    this.none.hidden = true;
    this.list.replaceChildren(...choices.map((choice, row) => this.row(choice, row)));
    this.mark(-1);
    if (choices.length > 0) this.open();
    else this.close();
  }

  private row(choice: Choice, row: number): HTMLLIElement {
    const item = element(
      "li",
      { attrs: { role: "option", id: `result-${row}`, "aria-selected": "false" } },
      element("span", { class: "row-name", text: choice.name }),
      element("span", { class: "row-detail", text: choice.detail }),
    );
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); });
    item.addEventListener("click", () => { this.take(choice); });
    return item;
  }

  private mark(row: number): void {
    this.active = row;
    for (const [at, item] of [...this.list.children].entries()) {
      item.setAttribute("aria-selected", String(at === row));
    }
    if (row < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `result-${row}`);
      this.list.children[row]?.scrollIntoView({ block: "nearest" });
    }
  }

  private open(): void {
    const any = this.choices.length > 0;
    this.list.hidden = !any;
    this.input.setAttribute("aria-expanded", String(any));
  }

  private close(): void {
    this.list.hidden = true;
    this.none.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }
}
