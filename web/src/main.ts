/** The console: where language, theme, moment, plan, map, search and answers meet. */
import { announce, clearAlert, notify, raiseAlert } from "./announce";
import { api, type Bbox, type LonLat, type SearchResult, type Versions } from "./api";
import { Desk } from "./desk";
import { byId } from "./dom";
import { findFix } from "./fix";
import { Freshness } from "./freshness";
import { applyWords, type Key, type Lang, pickLang, say as sayIn, type Values } from "./i18n";
import { keptKey } from "./key";
import { LayerPanel } from "./layers";
import { MAX_ACCURACY_M } from "./links";
import { MapView } from "./map";
import { drawVersion as drawVersionLine } from "./masthead";
import { type DrawnAnswer, inOrder, isOffline, matching, Offline } from "./offline";
import { type PlanChoice, PlanPanel } from "./plans";
import { type Choice, SearchBox } from "./search";
import { PageState } from "./state";
import { EMPTY, Stylist } from "./stylist";
import { other, pickTheme, type Theme } from "./theme";
import { TimePanel } from "./time";
import "./style.css";

/** The pause before a question is asked again that a worker answered of another version than the head. */
const BEHIND_MS = 1000;
const root = document.documentElement;
const state = new PageState();
let lang: Lang = pickLang(location.search, localStorage.getItem("gridgeo.lang"), navigator.language);
let theme: Theme = pickTheme(
  location.search,
  localStorage.getItem("gridgeo.theme"),
  matchMedia("(prefers-color-scheme: dark)").matches,
);
let head: Versions | null = null;
let connected = true;
let view: MapView | null = null;
let offline: Offline | null = null;
/** Whether the head changed while the first view was being drawn. */
let outgrown = false;
let behind: ReturnType<typeof setTimeout> | undefined;

const say = (key: Key, values?: Values): string => sayIn(lang, key, values);

function drawVersion(): void {
  drawVersionLine({ head, connected, at: state.now.at, filed: offline?.config.version ?? null }, lang);
}

function drawBanner(): void {
  const { at, plan, planned } = state.now;
  const asPlanned = planned && plan !== null && keptKey() !== null;
  byId("banner").hidden = at === null && !asPlanned;
  byId("banner-words").textContent = at !== null ? time.banner(at) : asPlanned ? say("plans.banner", { plan }) : "";
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
  layers.draw();
  drawVersion();
  drawBanner();
}

/** Draws the map anew by topic, theme, moment and plan. */
async function restyle(): Promise<void> {
  const style = await stylist.read(theme);
  if (style) view?.setStyle(style, theme);
}

function chooseMoment(at: number | null): void {
  if (at === state.now.at && !state.now.planned) return;
  const { plan, planned } = at === null && !state.now.planned ? state.now : { plan: null, planned: false };
  state.set({ at, plan, planned });
  view?.overlay.set({ plan });
  plans.show({ plan, planned });
  turnTo(at === null ? say("time.is_live") : time.banner(at));
}

function choosePlan({ plan, planned }: PlanChoice): void {
  const before = state.now;
  state.set({ plan, planned, at: null });
  view?.overlay.set({ plan });
  plans.show({ plan, planned });
  if (before.planned === planned && before.at === null && !(planned && before.plan !== plan)) return;
  turnTo(planned ? say("plans.banner", { plan: plan ?? "" }) : say("time.is_live"));
}

/** The key has come, changed or gone: what needs one is drawn, or is not. */
function useKey(): void {
  const { plan, planned } = state.now;
  view?.overlay.set({ plan: keptKey() === null ? null : plan });
  if (planned) void restyle();
  drawBanner();
  void layers.readPermissions();
}

/** Another map is shown: say so, draw it, and ask the open question again. */
function turnTo(words: string): void {
  clearAlert();
  time.show(state.now.at);
  drawVersion();
  drawBanner();
  announce(words);
  void restyle();
  void desk.refresh();
}

function onHead(answer: Versions, previous: number | null): void {
  head = answer;
  drawVersion();
  if (previous === null) return;
  if (root.dataset.state === "loading") outgrown = true;
  else follow();
}

/** The head is another than what is drawn: draw it, and ask the open question again. */
function follow(): void {
  if (!head) return;
  void readVersions();
  if (state.now.at !== null) return;
  clearAlert();
  view?.follow();
  void desk.refresh();
  notify(say("version.new", { version: head.head }));
}

/** An answer of another version than the head: one of the two is old, so both are asked again. */
function compare(version: number): void {
  clearTimeout(behind);
  if (!head || version === head.head) return;
  void freshness.look();
  behind = setTimeout(() => { if (state.now.at === null) void desk.refresh(); }, BEHIND_MS);
}

function setConnected(now: boolean): void {
  connected = now;
  drawVersion();
  notify(say(now ? "version.back" : "version.lost"));
}

/** The versions of the slider; when they cannot be read, the watch over the head says so. */
async function readVersions(): Promise<void> {
  await time.read().catch(() => undefined);
  drawBanner();
}

async function openMap(bounds: Bbox | null): Promise<MapView | null> {
  const style = await stylist.read(theme);
  const start = {
    container: byId("map"),
    style: style ?? EMPTY,
    theme,
    bounds,
    point: state.now.point,
    switched: new Map(state.now.hidden.map((group) => [group, false])),
    probed: offline !== null,
  };
  try {
    return new MapView(start, {
      onAsk: (point) => void desk.ask(point),
      onReady: () => {
        root.dataset.state = "ready";
        announce(say("map.ready"));
        if (outgrown) follow();
        if (offline && state.now.point) void desk.ask(state.now.point);
      },
      onFault: () => { raiseAlert(say("map.tiles_failed")); },
      onDrawing: (drawing) => { root.dataset.drawing = String(drawing); },
      onView: () => { if (view) layers.draw(); },
    });
  } catch {
    root.dataset.state = "no-map";
    raiseAlert(say("map.no_webgl"));
    return null;
  }
}

/** How a point is answered without a server. */
function drawnAnswers(): ((point: LonLat) => DrawnAnswer) | null {
  const [files, map] = [offline, view];
  if (!files || !map) return null;
  return (point) => files.answer(point, inOrder(map.unitsAt(point)), map.zoom);
}

function choose(choice: Choice): void {
  const { result, point } = choice;
  if (!offline && result?.kind === "unit" && result.code !== null) {
    void desk.showUnit(result.code, point);
    return;
  }
  if (result?.bbox) view?.fit(result.bbox);
  else view?.goTo(point);
  if (!offline) void desk.ask(point);
}

async function find(query: string, signal: AbortSignal): Promise<SearchResult[]> {
  if (offline) return matching(query, view?.names() ?? []);
  return (await api.search(query, state.now.at, signal)).results;
}

async function askMyPlace(): Promise<void> {
  announce(say("fix.waiting"));
  const fix = await findFix();
  if (typeof fix === "string") { raiseAlert(say(fix)); return; }
  if (fix.accuracy_m > MAX_ACCURACY_M) { raiseAlert(say("fix.too_far", { metres: fix.accuracy_m })); return; }
  view?.goTo(fix.point);
  await desk.askFix(fix.point, fix.accuracy_m);
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
    for (const part of [desk, time, plans]) part.setLang(lang);
    drawBanner();
  });
  byId("theme").addEventListener("click", () => {
    theme = other(theme);
    localStorage.setItem("gridgeo.theme", theme);
    root.dataset.theme = theme;
    plans.setTheme(theme);
    void restyle();
    speak();
  });
  byId("zoom-in").addEventListener("click", () => view?.zoomBy(1));
  byId("zoom-out").addEventListener("click", () => view?.zoomBy(-1));
  byId("home").addEventListener("click", () => view?.home());
  byId("ask-centre").addEventListener("click", () => view?.askCentre());
  byId("my-place").addEventListener("click", () => void askMyPlace());
  byId("banner-live").addEventListener("click", () => {
    if (state.now.at !== null) chooseMoment(null);
    else choosePlan({ plan: state.now.plan, planned: false });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === byId("map").querySelector("canvas")) desk.close();
  });
}

async function openFiles(): Promise<Offline | null> {
  try {
    return isOffline(document) ? await Offline.open() : null;
  } catch (error) {
    raiseAlert(say("map.failed", { detail: String(error) }));
    throw error;
  }
}

const freshness = new Freshness(() => api.head(), {
  onHead,
  onLost: () => { setConnected(false); },
  onBack: () => { setConnected(true); },
});
const time = new TimePanel({ choose: chooseMoment }, lang);
const plans = new PlanPanel(
  {
    choose: choosePlan,
    fit: (box) => view?.fit(box),
    onKey: useKey,
    explain: (error) => desk.explain(error),
    tell: announce,
  },
  { plan: state.now.plan, planned: state.now.planned },
  lang,
  theme,
);

root.dataset.theme = theme;
byId("layers").toggleAttribute("open", matchMedia("(min-width: 1100px)").matches);
announce(say("map.loading"));
offline = await openFiles();
const stylist = new Stylist(offline, state, (detail) => { raiseAlert(say("map.failed", { detail })); });
root.dataset.offline = String(offline !== null);
// The head is known before the first tile is asked for, so no tile can be older than it unnoticed.
const bounds = offline?.bounds ?? (await api.tileJson("micro_grid").then((json) => json.bounds, () => null));
if (!offline) await freshness.start();
await stylist.open();
view = await openMap(bounds);
const layers = new LayerPanel(view, state, { styles: stylist.names, lang: () => lang, onTopic: () => void restyle() });
const desk = new Desk(view, state, lang, compare, drawnAnswers());
view?.furnish(byId("scale"));
new SearchBox({ find, choose, say, explain: (error) => desk.explain(error) });
wire();
speak();
if (!offline) {
  time.show(state.now.at);
  useKey();
  void readVersions();
  void plans.open();
  if (state.now.point) await desk.ask(state.now.point);
}
