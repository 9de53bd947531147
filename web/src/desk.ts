/** The open question: asking, showing the card, keeping it true when the map changes. */
import { announce, clearAlert, notify, raiseAlert } from "./announce";
import { answerCard, type AnswerPorts, sentence, unitCard } from "./answer";
import { api, ApiError, locatePath } from "./api";
import type { Located, LonLat, Unit } from "./api";
import { onLattice, showPoint } from "./coords";
import { button, byId, element } from "./dom";
import { type Key, type Lang, say, sayProblem, type Values } from "./i18n";
import { curlLine, withPoint } from "./links";
import type { MapView } from "./map";

type Shown =
  | { kind: "answer"; answer: Located }
  | { kind: "unit"; unit: Unit }
  | { kind: "fault"; point: LonLat; error: unknown };

export class Desk {
  private readonly panel = byId("answer");
  private shown: Shown | null = null;
  private asked = new AbortController();
  private readonly ports: AnswerPorts = {
    showUnit: (code) => void this.showUnit(code),
    copyLink: () => void this.copy(location.href, "answer.copied_link"),
    copyCurl: () => void this.copy(this.curl(), "answer.copied_curl"),
    close: () => { this.close(); },
  };

  constructor(
    private readonly view: MapView | null,
    private lang: Lang,
    private readonly onVersion: (version: number) => void,
  ) {}

  private say(key: Key, values?: Values): string {
    return say(this.lang, key, values);
  }

  setLang(lang: Lang): void {
    this.lang = lang;
    this.draw();
  }

  /** A failure in words. */
  explain(error: unknown): string {
    if (error instanceof ApiError) return sayProblem(this.lang, error.code, error.detail);
    return this.say("answer.unreachable");
  }

  /** Asks whose this point is, and shows the answer, its outline and its place. */
  async ask(wished: LonLat): Promise<void> {
    const point = onLattice(wished);
    const signal = this.newQuestion();
    this.view?.mark(point);
    this.wait(point);
    try {
      const answer = await api.locate(point, signal);
      if (signal.aborted) return;
      this.show({ kind: "answer", answer });
      announce(sentence(answer, this.lang));
      history.replaceState(history.state, "", withPoint(location.href, point));
      this.view?.reveal(point);
      this.onVersion(answer.version);
      await this.outline(answer.placement.unit?.code ?? null, signal);
    } catch (error) {
      if (!signal.aborted) this.fail(point, error);
    }
  }

  /** Shows the whole of a unit on the map; for a leaf with a point in it, whose that point is. */
  async showUnit(code: string, within: LonLat | null = null): Promise<void> {
    const signal = this.newQuestion();
    try {
      const unit = await api.unit(code, signal);
      if (signal.aborted) return;
      this.view?.fit(unit.bbox);
      if (unit.is_leaf && within) {
        await this.ask(within);
        return;
      }
      this.show({ kind: "unit", unit });
      this.view?.mark(null);
      this.view?.highlight(unit.geometry);
      history.replaceState(history.state, "", withPoint(location.href, null));
      announce(this.say("unit.shown", { name: unit.name }));
    } catch (error) {
      if (!signal.aborted) raiseAlert(this.say("unit.failed", { code, detail: this.explain(error) }));
    }
  }

  /** Asks the open question again, quietly: the map behind it has changed. */
  async refresh(): Promise<void> {
    const { shown } = this;
    if (shown?.kind !== "answer") return;
    const signal = this.newQuestion();
    try {
      const answer = await api.locate(shown.answer.point, signal);
      if (signal.aborted) return;
      this.show({ kind: "answer", answer });
      await this.outline(answer.placement.unit?.code ?? null, signal);
    } catch (error) {
      if (!signal.aborted) this.fail(shown.answer.point, error);
    }
  }

  close(): void {
    this.newQuestion();
    this.shown = null;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.view?.mark(null);
    this.view?.highlight(null);
    history.replaceState(history.state, "", withPoint(location.href, null));
  }

  private newQuestion(): AbortSignal {
    this.asked.abort();
    this.asked = new AbortController();
    clearAlert();
    return this.asked.signal;
  }

  private async outline(code: string | null, signal: AbortSignal): Promise<void> {
    const unit = code === null ? null : await api.unit(code, signal);
    if (!signal.aborted) this.view?.highlight(unit?.geometry ?? null);
  }

  private wait(point: LonLat): void {
    const words = this.say("answer.loading", { point: showPoint(point) });
    this.panel.hidden = false;
    this.panel.setAttribute("aria-busy", "true");
    if (!this.shown) this.panel.replaceChildren(element("p", { class: "waiting", text: words }));
    announce(words);
  }

  private fail(point: LonLat, error: unknown): void {
    this.view?.highlight(null);
    this.show({ kind: "fault", point, error });
    announce(this.say("answer.failed", { detail: this.explain(error) }));
  }

  private show(shown: Shown): void {
    this.shown = shown;
    this.draw();
    this.panel.scrollTop = 0;
  }

  private draw(): void {
    if (!this.shown) return;
    this.panel.hidden = false;
    this.panel.removeAttribute("aria-busy");
    this.panel.replaceChildren(this.card(this.shown));
  }

  private card(shown: Shown): HTMLElement {
    if (shown.kind === "answer") return answerCard(shown.answer, this.lang, this.ports);
    if (shown.kind === "unit") return unitCard(shown.unit, this.lang, this.ports);
    return element(
      "article",
      { class: "fault" },
      element("p", { text: this.say("answer.failed", { detail: this.explain(shown.error) }) }),
      element(
        "div",
        { class: "actions" },
        button(this.say("answer.retry"), () => void this.ask(shown.point)),
        button(this.say("answer.close"), () => { this.close(); }),
      ),
    );
  }

  private curl(): string {
    const point = this.shown?.kind === "answer" ? this.shown.answer.point : null;
    return point ? curlLine(location.origin, locatePath(point)) : "";
  }

  private async copy(text: string, done: Key): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      notify(this.say(done));
    } catch {
      raiseAlert(this.say("answer.copy_failed", { text }));
    }
  }
}
