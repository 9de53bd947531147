import { defineConfig } from "vitest/config";

const server = process.env.GRIDGEO_URL ?? "http://127.0.0.1:8000";
const faces = [
  "/locate", "/search", "/units", "/versions", "/plans", "/devices", "/events", "/tiles", "/styles",
  "/sprites", "/glyphs", "/health",
];

export default defineConfig({
  base: "./",
  build: { target: "es2022", chunkSizeWarningLimit: 1600, assetsInlineLimit: 0 },
  server: { proxy: Object.fromEntries(faces.map((face) => [face, server])) },
  test: { include: ["test/**/*.test.ts"] },
});
