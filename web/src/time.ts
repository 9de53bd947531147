/** Choosing a moment: a slider over the published versions, and a date. */
import { api, type Version } from "./api";
import { byId, element } from "./dom";
import { showDay, showInstant, shownDay } from "./format";
import { type Key, type Lang, say as sayIn, type Values } from "./i18n";

/** The version that was in force at the end of a day ("2026-11-22"), or null before the first. */
export function versionOn(versions: Version[], day: string): Version | null {
  return versions.findLast((one) => shownDay(one.valid_from) <= day) ?? null;
}

export interface TimePorts {
  /** Asks for the map of a version; null is the live one. */
  choose(version: number | null): void;
}

export class TimePanel {
  private readonly slider = byId("time-slider") as HTMLInputElement;
  private readonly day = byId("time-day") as HTMLInputElement;
  private versions: Version[] = [];
  private chosen: number | null = null;

  constructor(
    private readonly ports: TimePorts,
    private lang: Lang,
  ) {
    this.slider.addEventListener("input", () => { this.tell(this.at(this.slider.valueAsNumber)); });
    this.slider.addEventListener("change", () => { this.choose(this.at(this.slider.valueAsNumber)); });
    this.day.addEventListener("change", () => { this.chooseDay(); });
    byId("time-live").addEventListener("click", () => { this.ports.choose(null); });
  }

  setLang(lang: Lang): void {
    this.lang = lang;
    this.draw();
  }

  /** Reads the published versions; the last of them is the live one. */
  async read(): Promise<void> {
    const found: Version[] = [];
    for (let before: number | null = null; before === null || before > 1;) {
      const page: Version[] = (await api.versions(before)).versions;
      found.push(...page);
      before = page.at(-1)?.version ?? 1;
    }
    this.versions = found.reverse();
    this.draw();
  }

  /** Shows which moment the map is of. */
  show(version: number | null): void {
    this.chosen = version;
    this.draw();
  }

  private say(key: Key, values?: Values): string {
    return sayIn(this.lang, key, values);
  }

  private at(place: number): Version | undefined {
    return this.versions[place];
  }

  private choose(version: Version | undefined): void {
    if (!version) return;
    const live = version.version === this.versions.at(-1)?.version;
    this.ports.choose(live ? null : version.version);
  }

  private chooseDay(): void {
    if (this.day.value === "") return;
    const found = versionOn(this.versions, this.day.value) ?? this.versions[0];
    this.choose(found);
  }

  private tell(version: Version | undefined): void {
    if (!version) return;
    const live = version.version === this.versions.at(-1)?.version;
    const words = this.say(live ? "time.of_live" : "time.of", {
      version: version.version,
      date: showInstant(version.valid_from, this.lang),
    });
    this.slider.setAttribute("aria-valuetext", words);
    const about = [version.note, version.document_no].filter(Boolean).join(" · ");
    byId("time-chosen").replaceChildren(words, about ? element("span", { class: "quiet", text: about }) : "");
  }

  private draw(): void {
    const last = Math.max(this.versions.length - 1, 0);
    const found = this.versions.findIndex((one) => one.version === this.chosen);
    this.slider.max = String(last);
    this.slider.value = String(this.chosen === null || found < 0 ? last : found);
    this.slider.disabled = last === 0;
    byId("time-only").hidden = last > 0;
    byId("time-live").hidden = this.chosen === null;
    this.drawDays();
    this.tell(this.at(this.slider.valueAsNumber));
  }

  private drawDays(): void {
    const [first, latest] = [this.versions[0], this.versions.at(-1)];
    this.day.min = first ? shownDay(first.valid_from) : "";
    this.day.max = shownDay(new Date().toISOString());
    const shown = this.versions.find((one) => one.version === this.chosen) ?? latest;
    this.day.value = shown ? shownDay(shown.valid_from) : "";
    byId("time-first").textContent = first ? showDay(first.valid_from, this.lang) : "";
    byId("time-last").textContent = this.say("version.live");
  }

  /** What the page says while it shows a past map. */
  banner(version: number): string {
    const past = this.versions.find((one) => one.version === version);
    return past
      ? this.say("time.banner", { version, date: showInstant(past.valid_from, this.lang) })
      : this.say("time.banner_bare", { version });
  }
}
