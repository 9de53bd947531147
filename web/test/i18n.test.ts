// @vitest-environment jsdom
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyWords, dictionaries, pickLang, say, sayProblem } from "../src/i18n";

const marks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([mark]) => mark).sort();

describe("the two dictionaries", () => {
  it("have the same keys", () => {
    expect(Object.keys(dictionaries.en).sort()).toEqual(Object.keys(dictionaries.zh).sort());
  });

  it("leave no sentence empty and use the same values", () => {
    for (const [key, words] of Object.entries(dictionaries.zh)) {
      const english = dictionaries.en[key as keyof typeof dictionaries.en];
      expect(words.trim(), key).not.toBe("");
      expect(english.trim(), key).not.toBe("");
      expect(marks(english), key).toEqual(marks(words));
    }
  });

  it("know every key that the page's markup asks for", () => {
    const html = readFileSync("index.html", "utf8");
    const keys = [...html.matchAll(/data-say(?:-\w+)?="([^"]+)"/g)].map(([, key]) => key);
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(Object.keys(dictionaries.zh)).toContain(key);
  });
});

it("values are filled in, unknown marks stay visible", () => {
  expect(say("en", "version.label", { version: 7 })).toBe("Version 7");
  expect(say("zh", "version.label")).toBe("第 {version} 版");
});

it("a known problem is said in the reader's language, an unknown one as the server said it", () => {
  expect(sayProblem("zh", "swapped_axes", "look exchanged")).toContain("写反");
  expect(sayProblem("zh", "teapot", "short and stout")).toBe("short and stout");
  expect(sayProblem("en", "teapot", "")).toBe("teapot");
});

it("the link beats the stored choice, which beats the browser", () => {
  expect(pickLang("?lang=en", "zh", "zh-CN")).toBe("en");
  expect(pickLang("?lang=fr", "zh", "en-GB")).toBe("zh");
  expect(pickLang("", null, "zh-TW")).toBe("zh");
  expect(pickLang("", null, "de")).toBe("en");
});

it("words are put into texts, labels, titles and placeholders", () => {
  document.body.innerHTML =
    '<p data-say="title"></p><button data-say-label="map.zoom_in"></button><input data-say-placeholder="search.placeholder">';
  applyWords(document, "en");
  expect(document.querySelector("p")?.textContent).toBe("Zhengzhou Grid Map");
  expect(document.querySelector("button")?.title).toBe("Zoom in");
  expect(document.querySelector("input")?.placeholder).toContain("pinyin");
});
