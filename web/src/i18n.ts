/** Saying things in the reader's language, and putting words into the page. */
import { en } from "./words.en";
import { type Key, zh } from "./words.zh";

export type { Key };

export type Lang = "zh" | "en";

export const dictionaries: Record<Lang, Record<Key, string>> = { zh, en };

export type Values = Record<string, string | number>;

/** The sentence for `key` with its values filled in. */
export function say(lang: Lang, key: Key, values: Values = {}): string {
  return dictionaries[lang][key].replace(/\{(\w+)\}/g, (mark, name: string) =>
    String(values[name] ?? mark),
  );
}

/** The server's problem in the reader's language: by its stable code, else its own sentence. */
export function sayProblem(lang: Lang, code: string, detail: string): string {
  const key = `problem.${code}`;
  return key in dictionaries[lang] ? say(lang, key as Key) : detail || code;
}

/** Link first, then what was chosen before, then the browser's language. */
export function pickLang(search: string, stored: string | null, browser: string): Lang {
  for (const wish of [new URLSearchParams(search).get("lang"), stored]) {
    if (wish === "zh" || wish === "en") return wish;
  }
  return browser.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Fills every `data-say` text and `data-say-label|placeholder` attribute below `root`. */
export function applyWords(root: ParentNode, lang: Lang): void {
  for (const node of root.querySelectorAll<HTMLElement>("[data-say]")) {
    node.textContent = say(lang, node.dataset.say as Key);
  }
  for (const node of root.querySelectorAll<HTMLElement>("[data-say-label]")) {
    const words = say(lang, node.dataset.sayLabel as Key);
    node.setAttribute("aria-label", words);
    if (node.tagName === "BUTTON") node.title = words;
  }
  for (const node of root.querySelectorAll<HTMLInputElement>("[data-say-placeholder]")) {
    node.placeholder = say(lang, node.dataset.sayPlaceholder as Key);
  }
}
