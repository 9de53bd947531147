/** The console: where language, theme, map, search, answers and freshness meet. */
import { announce, clearAlert, notify, raiseAlert } from "./announce";
import { api, type Versions } from "./api";
import { Desk } from "./desk";
import { byId } from "./dom";
import { showInstant } from "./format";
import { Freshness } from "./freshness";
import { applyWords, type Key, type Lang, pickLang, say as sayIn, type Values } from "./i18n";
import { drawLegend, drawToggles } from "./legend";
import { pointOf } from "./links";
import { MapView } from "./map";
import { type Choice, SearchBox } from "./search";
import { other, pickTheme, type Theme } from "./theme";
import "./style.css";

const root = document.documentElement;
const hiddenGroups = new Set<string>();
let lang: Lang = pickLang(location.search, localStorage.getItem("gridgeo.lang"), navigator.language);
let theme: Theme = pickTheme(
  location.search,
  localStorage.getItem("gridgeo.theme"),
  matchMedia("(prefers-color-scheme: dark)").matches,
);
let head: Versions | null = null;
let connected = true;
let view: MapView | null = null;

const say = (key: Key, values?: Values): string => sayIn(lang, key, values);

function drawVersion(): void {
  const line = byId("version");
  const first = head?.versions[0];
  line.dataset.head = String(head?.head ?? "");
  line.dataset.connected = String(connected);
  const label = head ? say("version.label", { version: head.head }) : say("version.unknown");
  line.textContent = `${label} · ${say(connected ? "version.live" : "version.stale")}`;
  line.title = first ? showInstant(first.valid_from, lang) : "";
}

function drawLegendNow(): void {
  if (view) drawLegend(view.legend(), lang);
}

function speak(): void {
  root.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  applyWords(document, lang);
  const night = theme === "night";
  byId("lang").textContent = say("lang.switch");
  byId("lang").setAttribute("aria-label", say("lang.switch_label"));
  byId("theme").textContent = say(night ? "theme.to_day" : "theme.to_night");
  byId("theme").setAttribute("aria-label", say(night ? "theme.to_day_label" : "theme.to_night_label"));
  view?.setLabel(say("map.label"));
  drawToggles(hiddenGroups, lang, toggleGroup);
  drawVersion();
  drawLegendNow();
}

function toggleGroup(group: string, visible: boolean): void {
  if (visible) hiddenGroups.delete(group);
  else hiddenGroups.add(group);
  view?.setGroup(group, visible);
}

function openMap(bounds: Awaited<ReturnType<typeof api.tileJson>>["bounds"] | null): MapView | null {
  const start = { container: byId("map"), theme, bounds, point: pointOf(location.search) };
  try {
    return new MapView(start, {
      onAsk: (point) => void desk.ask(point),
      onReady: () => {
        root.dataset.state = "ready";
        announce(say("map.ready"));
      },
      onFault: (tile, detail) => {
        raiseAlert(tile ? say("map.tiles_failed") : say("map.failed", { detail }));
      },
      onView: drawLegendNow,
    });
  } catch {
    root.dataset.state = "no-map";
    raiseAlert(say("map.no_webgl"));
    return null;
  }
}

function onHead(answer: Versions, previous: number | null): void {
  head = answer;
  drawVersion();
  if (previous === null || root.dataset.state === "loading") return;
  clearAlert();
  view?.refresh();
  void desk.refresh();
  notify(say("version.new", { version: answer.head }));
}

function setConnected(now: boolean): void {
  connected = now;
  drawVersion();
  notify(say(now ? "version.back" : "version.lost"));
}

function choose(choice: Choice): void {
  const { result, point } = choice;
  if (result?.kind === "unit" && result.code !== null) {
    void desk.showUnit(result.code, point);
    return;
  }
  if (result?.bbox) view?.fit(result.bbox);
  else view?.goTo(point);
  void desk.ask(point);
}

function wire(): void {
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    view?.focus();
  });
  byId("lang").addEventListener("click", () => {
    lang = lang === "zh" ? "en" : "zh";
    localStorage.setItem("gridgeo.lang", lang);
    speak();
    desk.setLang(lang);
  });
  byId("theme").addEventListener("click", () => {
    theme = other(theme);
    localStorage.setItem("gridgeo.theme", theme);
    root.dataset.theme = theme;
    view?.setTheme(theme);
    speak();
  });
  byId("zoom-in").addEventListener("click", () => view?.zoomBy(1));
  byId("zoom-out").addEventListener("click", () => view?.zoomBy(-1));
  byId("home").addEventListener("click", () => view?.home());
  byId("ask-centre").addEventListener("click", () => view?.askCentre());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === byId("map").querySelector("canvas")) desk.close();
  });
}

const freshness = new Freshness(() => api.versions(), {
  onHead,
  onLost: () => { setConnected(false); },
  onBack: () => { setConnected(true); },
});

root.dataset.theme = theme;
byId("layers").toggleAttribute("open", matchMedia("(min-width: 1100px)").matches);
announce(say("map.loading"));
// The head is known before the first tile is asked for, so no tile can be older than it unnoticed.
const [bounds] = await Promise.all([
  api.tileJson("micro_grid").then((json) => json.bounds, () => null),
  freshness.start(),
]);
view = openMap(bounds);
const desk = new Desk(view, lang, (version) => {
  if (head && version !== head.head) void freshness.look();
});
view?.furnish(byId("scale"));
new SearchBox({
  find: async (query, signal) => (await api.search(query, signal)).results,
  choose,
  say,
  explain: (error) => desk.explain(error),
});
wire();
speak();
const linked = pointOf(location.search);
if (linked) await desk.ask(linked);
