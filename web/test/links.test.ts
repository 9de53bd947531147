import { expect, it } from "vitest";
import { curlLine, type Linked, readAccuracy, readLink, withLink } from "../src/links";

const HOME = "http://h/?lang=en#15/34.7/113.6";
const plain = readLink("");

it("a plain link is the live, plain map of everything that is on by default", () => {
  expect(plain).toEqual({
    point: null, accuracy_m: 0, at: null, topic: null, hidden: [], shown: [], plan: null, planned: false,
  });
  expect(withLink("http://h/?at=3&point=1,2&lang=en#9/1/2", plain)).toBe("http://h/?lang=en#9/1/2");
});

it("every state comes back from its link", () => {
  const states: Linked[] = [
    { ...plain, point: { lon: 113.6402, lat: 34.7254 }, accuracy_m: 25 },
    { ...plain, at: 2, topic: "households", hidden: ["roads", "places"] },
    { ...plain, plan: 7, planned: true, shown: ["devices"] },
  ];
  for (const state of states) expect(readLink(new URL(withLink(HOME, state)).search)).toEqual(state);
});

it("a link keeps the words of others and the map's own hash, and is read as it was typed", () => {
  const href = withLink(HOME, { ...plain, point: { lon: 113.6, lat: 34.7 }, accuracy_m: 30 });
  expect(href).toBe("http://h/?lang=en&point=113.6,34.7&accuracy=30#15/34.7/113.6");
});

it("what cannot be read is as if it were not there", () => {
  const odd = readLink("?point=nowhere&accuracy=-3&at=yesterday&plan=1.5&hide=a%22b,,roads&topic=%3Cb%3E");
  expect(odd).toEqual({ ...plain, hidden: ["roads"] });
});

it("an accuracy lies within what the API takes", () => {
  expect(["12.5", "5000", "5001", "-1", "x", "", null].map(readAccuracy)).toEqual([12.5, 5000, 0, 0, 0, 0, 0]);
});

it("the curl line asks the same server the same question", () => {
  expect(curlLine("http://h", "/locate?lon=1&lat=2")).toBe("curl 'http://h/locate?lon=1&lat=2'");
});
