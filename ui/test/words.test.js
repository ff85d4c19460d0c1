import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { words as ofAgents } from "../src/agent/words.js";
import { catalogue as ofAllPages } from "../src/catalogue.js";
import { words as ofFlows } from "../src/flows/words.js";
import { ago, clockTime, count, day, duration, percent, phone, text } from "../src/format.js";

const places = (entry) => JSON.stringify(entry).match(/\{\w+\}/g)?.sort().join() ?? "";
const catalogue = Object.fromEntries(
  Object.entries(ofAllPages).map(([tag, texts]) => [tag, { ...texts, ...ofAgents[tag], ...ofFlows[tag] }]),
);
const sources = readdirSync(new URL("../src/", import.meta.url), { recursive: true })
  .filter((name) => /\.jsx?$/.test(name) && !/(catalogue|words)\.js$/.test(name))
  .map((name) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8"))
  .join("\n");

test("both languages have the same texts with the same places to fill in", () => {
  assert.deepEqual(Object.keys(catalogue.en).sort(), Object.keys(catalogue.es).sort());
  for (const key of Object.keys(catalogue.es)) {
    assert.equal(places(catalogue.en[key]), places(catalogue.es[key]), key);
    assert.equal(typeof catalogue.en[key], typeof catalogue.es[key], key);
  }
});

test("no page says something else with a word that all pages have", () => {
  for (const tag of Object.keys(ofAllPages)) {
    for (const key of Object.keys(ofAgents[tag])) assert.ok(!(key in ofAllPages[tag]), `${key} is in both`);
    for (const key of Object.keys(ofFlows[tag])) assert.ok(!(key in ofAllPages[tag] || key in ofAgents[tag]), `${key} is in both`);
  }
});

test("every text is used, and every text that is used exists", () => {
  const used = new Set([...sources.matchAll(/"([a-z][A-Za-z]+)"/g)].map((found) => found[1]));
  for (const key of Object.keys(catalogue.es)) assert.ok(used.has(key), `nobody uses ${key}`);
  for (const [, key] of sources.matchAll(/\bt\("(\w+)"/g)) assert.ok(key in catalogue.es, `no text ${key}`);
});

test("there is no text in the code", () => {
  const between = [...sources.matchAll(/>\s*([A-Za-zÀ-ÿ][^<>{}=;|&()]*)</g)].map((found) => found[1].trim());

  assert.deepEqual([...new Set(between)], ["Centralita"]);
});

test("one and many are told apart as each language does", () => {
  assert.equal(text(catalogue.es.waiting, { count: 1 }, "es"), "espera");
  assert.equal(text(catalogue.es.waiting, { count: 0 }, "es"), "esperan");
  assert.equal(text(catalogue.es.queueAnnounced, { queue: "ventas", count: 2, shown: "2" }, "es"), "ventas: esperan 2");
});

test("durations are read at a glance and never negative", () => {
  const cases = [
    [-5_000, "0:00"],
    [7_999, "0:07"],
    [754_000, "12:34"],
    [3_723_000, "1:02:03"],
    [360_000_000, "100:00:00"],
  ];
  for (const [ms, shown] of cases) assert.equal(duration(ms, "es"), shown);
});

test("how long ago something was is said in its largest unit", () => {
  assert.equal(ago(12 * 60_000 + 5, "es"), "hace 12 min");
  assert.equal(ago(12 * 60_000, "en"), "12 min. ago");
  assert.equal(ago(3 * 3_600_000, "es"), "hace 3 h");
  assert.equal(ago(50 * 3_600_000, "es"), "hace 2 d");
  assert.equal(ago(-5, "es"), "hace 0 min");
});

test("numbers and times follow the language", () => {
  const noon = new Date(2026, 0, 1, 12, 5).getTime();

  assert.equal(count(12345, "es"), "12.345");
  assert.equal(count(12345, "en"), "12,345");
  assert.equal(clockTime(noon, "es"), "12:05");
  assert.match(clockTime(noon, "en"), /^12:05.PM$/);
  assert.equal(day(noon, "es"), "1 ene");
  assert.equal(day(noon, "en"), "Jan 1");
  assert.match(percent(0.914, "es"), /^91.%$/);
  assert.equal(percent(0.914, "en"), "91%");
});

test("a number is grouped for the eye and otherwise left alone", () => {
  assert.equal(phone("+34911234567"), "+34 911 234 567");
  assert.equal(phone("+442079460958"), "+442079460958");
});
