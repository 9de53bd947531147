import { expect, it } from "vitest";
import { curlLine, pointOf, withPoint } from "../src/links";

const point = { lon: 113.7, lat: 34.8 };

it("a link made for a point gives that point back and keeps the rest", () => {
  const href = withPoint("http://city.test/?lang=en&point=1,2#14/34.8/113.7", point);
  expect(href).toBe("http://city.test/?lang=en&point=113.7,34.8#14/34.8/113.7");
  expect(pointOf(new URL(href).search)).toEqual(point);
});

it("without a point the link loses it", () => {
  expect(withPoint("http://city.test/?point=1,2#9/1/2", null)).toBe("http://city.test/#9/1/2");
  expect(pointOf("?lang=en")).toBeNull();
  expect(pointOf("?point=nowhere")).toBeNull();
});

it("curl asks the same question", () => {
  expect(curlLine("http://city.test", "/locate?lon=1&lat=2")).toBe("curl 'http://city.test/locate?lon=1&lat=2'");
});
