/** The open question: asking, showing the card, keeping it true when the map changes. */
import { announce, clearAlert, notify, raiseAlert } from "./announce";
import { answerCard, type AnswerPorts, sentence, unitCard } from "./answer";
import { api, ApiError, locatePath } from "./api";
import type { Located, LonLat, Question, Unit } from "./api";
import { onLattice, showPoint } from "./coords";
import { button, byId, element } from "./dom";
import { drawnCard, drawnSentence } from "./drawncard";
import { showMetres } from "./format";
import { type Key, type Lang, say, sayProblem, type Values } from "./i18n";
import { curlLine } from "./links";
import type { MapView } from "./map";
import type { DrawnAnswer } from "./offline";
import type { PageState } from "./state";

type Shown =
  | { kind: "answer"; answer: Located; question: Question }
  | { kind: "drawn"; drawn: DrawnAnswer }
  | { kind: "unit"; unit: Unit }
  | { kind: "fault"; point: LonLat; error: unknown };

export class Desk {
  private readonly panel = byId("answer");
  private shown: Shown | null = null;
  private asked = new AbortController();
  /** Asks the reader's question that is on its way once more; null when none is. */
  private pending: (() => Promise<void>) | null = null;
  private readonly ports: AnswerPorts = {
    setAccuracy: (accuracy_m) => void this.setAccuracy(accuracy_m),
    showUnit: (code) => void this.showUnit(code),
    copyLink: () => void this.copy(location.href, "answer.copied_link"),
    copyCurl: () => void this.copy(this.curl(), "answer.copied_curl"),
    close: () => { this.close(); },
  };

  constructor(
    private readonly view: MapView | null,
    private readonly state: PageState,
    private lang: Lang,
    private readonly onVersion: (version: number) => void,
    /** How the drawn map answers where there is no server; null where there is one. */
    private readonly drawn: ((point: LonLat) => DrawnAnswer) | null,
  ) {}

  private say(key: Key, values?: Values): string {
    return say(this.lang, key, values);
  }

  setLang(lang: Lang): void {
    this.lang = lang;
    this.draw();
    if (this.shown?.kind === "answer") this.drawOnMap(this.shown.answer, this.shown.question);
  }

  /** A failure in words. */
  explain(error: unknown): string {
    if (error instanceof ApiError) return sayProblem(this.lang, error.code, error.detail);
    return this.say("answer.unreachable");
  }

  /** Asks whose this point is, and shows the answer, its outline and its place. */
  async ask(wished: LonLat): Promise<void> {
    const point = onLattice(wished);
    const signal = this.newQuestion(() => this.ask(wished));
    this.view?.mark(point);
    if (this.drawn) {
      this.showDrawn(this.drawn(point));
      return;
    }
    this.wait(point);
    const { accuracy_m } = this.state.now;
    if (!(await this.answer({ point, accuracy_m, at: this.state.now.at }, signal))) return;
    this.view?.reveal(point, accuracy_m);
  }

  /** Asks about a fix: a point, and how far off it may be. */
  async askFix(point: LonLat, accuracy_m: number): Promise<void> {
    this.state.set({ accuracy_m });
    await this.ask(point);
  }

  private async setAccuracy(accuracy_m: number): Promise<void> {
    this.state.set({ accuracy_m });
    if (this.shown?.kind === "answer") await this.ask(this.shown.answer.point);
  }

  /** Whether the answer has come; a newer question leaves it unsaid. */
  private async answer(question: Question, signal: AbortSignal, quiet = false): Promise<boolean> {
    try {
      const answer = await api.locate(question, signal);
      if (signal.aborted) return false;
      this.show({ kind: "answer", answer, question });
      if (!quiet) announce(sentence(answer, question.accuracy_m, this.lang));
      this.state.set({ point: question.point });
      this.drawOnMap(answer, question);
      if (question.at === null) this.onVersion(answer.version);
      await this.outline(answer.placement.unit?.code ?? null, signal);
      return !signal.aborted;
    } catch (error) {
      if (!signal.aborted) this.fail(question.point, error);
      return false;
    }
  }

  private showDrawn(drawn: DrawnAnswer): void {
    this.show({ kind: "drawn", drawn });
    announce(drawnSentence(drawn, this.lang));
    this.state.set({ point: drawn.point });
    const leaf = drawn.units.at(-1);
    this.view?.overlay.set({ candidates: leaf ? [{ ...leaf, probability: 0.2 }] : [] });
  }

  /** The way to the border, the disc of the fix, and the leaves it may be. */
  private drawOnMap(answer: Located, { point, accuracy_m }: Question): void {
    const { border } = answer.placement;
    const fix = accuracy_m > 0 ? { centre: point, radius_m: accuracy_m } : null;
    this.view?.overlay.set({ disc: fix, candidates: answer.decision === "ask" ? answer.candidates : [] });
    this.view?.showBorder(
      border && { from: point, to: border.point },
      border ? showMetres(border.distance_m, this.lang) : "",
      border?.neighbour ? border.neighbour.name : this.say("answer.city_edge"),
    );
  }

  private wipe(): void {
    this.view?.overlay.set({ shape: null, disc: null, candidates: [] });
    this.view?.showBorder(null);
  }

  /** Shows the whole of a unit on the map; for a leaf with a point in it, whose that point is. */
  async showUnit(code: string, within: LonLat | null = null, moving = true): Promise<void> {
    const signal = this.newQuestion(() => this.showUnit(code, within, moving));
    try {
      const unit = await api.unit(code, this.state.now.at, signal);
      if (signal.aborted) return;
      if (moving) this.view?.fit(unit.bbox);
      if (unit.is_leaf && within) {
        await this.ask(within);
        return;
      }
      this.presentUnit(unit);
      if (moving) announce(this.say("unit.shown", { name: unit.name }));
    } catch (error) {
      if (signal.aborted) return;
      this.pending = null;
      raiseAlert(this.say("unit.failed", { code, detail: this.explain(error) }));
    }
  }

  private presentUnit(unit: Unit): void {
    this.show({ kind: "unit", unit });
    this.view?.mark(null);
    this.wipe();
    this.view?.overlay.set({ shape: unit.geometry });
    this.state.set({ point: null });
  }

  /** Asks the open question again, quietly: the map behind it has changed. One on its way goes first. */
  async refresh(): Promise<void> {
    if (this.pending) {
      await this.pending();
      return;
    }
    const { shown } = this;
    const { accuracy_m, at } = this.state.now;
    if (shown?.kind === "answer" || shown?.kind === "fault") {
      const point = shown.kind === "answer" ? shown.answer.point : shown.point;
      await this.answer({ point, accuracy_m, at }, this.newQuestion(), true);
    } else if (shown?.kind === "unit") {
      await this.showUnit(shown.unit.code, null, false);
    }
  }

  close(): void {
    this.newQuestion();
    this.shown = null;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.view?.mark(null);
    this.wipe();
    this.state.set({ point: null });
  }

  private newQuestion(pending: (() => Promise<void>) | null = null): AbortSignal {
    this.pending = pending;
    this.asked.abort();
    this.asked = new AbortController();
    clearAlert();
    return this.asked.signal;
  }

  private async outline(code: string | null, signal: AbortSignal): Promise<void> {
    const unit = code === null ? null : await api.unit(code, this.state.now.at, signal);
    if (!signal.aborted) this.view?.overlay.set({ shape: unit?.geometry ?? null });
  }

  private wait(point: LonLat): void {
    const words = this.say("answer.loading", { point: showPoint(point) });
    this.panel.hidden = false;
    this.panel.setAttribute("aria-busy", "true");
    if (!this.shown) this.panel.replaceChildren(element("p", { class: "waiting", text: words }));
    announce(words);
  }

  private fail(point: LonLat, error: unknown): void {
    this.wipe();
    this.show({ kind: "fault", point, error });
    announce(this.say("answer.failed", { detail: this.explain(error) }));
  }

  private show(shown: Shown): void {
    this.pending = null;
    this.shown = shown;
    const { scrollTop } = this.panel;
    this.draw();
    if (this.panel.contains(document.activeElement)) this.panel.scrollTop = scrollTop;
    else this.panel.scrollTop = 0;
  }

  private draw(): void {
    if (!this.shown) return;
    this.panel.hidden = false;
    this.panel.removeAttribute("aria-busy");
    const focused = this.panel.contains(document.activeElement) ? document.activeElement?.id : undefined;
    this.panel.replaceChildren(this.card(this.shown));
    if (focused) document.getElementById(focused)?.focus();
  }

  private card(shown: Shown): HTMLElement {
    if (shown.kind === "answer") return answerCard(shown.answer, shown.question.accuracy_m, this.lang, this.ports);
    if (shown.kind === "drawn") return drawnCard(shown.drawn, this.lang, this.ports);
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
    return this.shown?.kind === "answer" ? curlLine(location.origin, locatePath(this.shown.question)) : "";
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
