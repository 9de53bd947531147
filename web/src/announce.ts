/** What the page says: a polite live line, seen for a while when it is news, and an alert. */
import { byId } from "./dom";

const SEEN_MS = 6000;
let fading: ReturnType<typeof setTimeout> | undefined;

/** Says it to screen readers only: what changed can be seen on the page anyway. */
export function announce(words: string): void {
  const status = byId("status");
  clearTimeout(fading);
  status.classList.remove("seen");
  status.textContent = words;
}

/** Says it to everybody, for a few seconds on the screen. */
export function notify(words: string): void {
  announce(words);
  byId("status").classList.add("seen");
  fading = setTimeout(() => { byId("status").classList.remove("seen"); }, SEEN_MS);
}

/** A fault; it stays until the next question or the next version. */
export function raiseAlert(words: string): void {
  const alert = byId("alert");
  alert.textContent = words;
  alert.hidden = false;
}

export function clearAlert(): void {
  const alert = byId("alert");
  alert.hidden = true;
  alert.textContent = "";
}
