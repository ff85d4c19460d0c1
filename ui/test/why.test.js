import assert from "node:assert/strict";
import { test } from "node:test";

import { catalogue } from "../src/catalogue.js";
import { count, languageName, list, text } from "../src/format.js";
import { whySentence } from "../src/why.js";

const words = (language) => ({
  t: (key, places = {}) => text(catalogue[language][key], places, language),
  count: (value) => count(value, language),
  list: (parts) => list(parts, language),
  languageName: (tag) => languageName(tag, language),
});
const says = (why, language = "es") => whySentence(why, words(language));
const reason = (code, agents = 0, skill = null) => ({ code, agents, skill });

test("who waits is told in one sentence what everybody is doing", () => {
  const why = [reason("not_ready", 2), reason("talking", 5), reason("skill", 1, "lang.en")];

  assert.equal(says(why), "5 agentes hablando y 2 en pausa; 1 sin inglés");
  assert.equal(says(why, "en"), "5 agents talking and 2 away; 1 without English");
});

test("one agent is one", () => {
  assert.equal(says([reason("wrap_up", 1)]), "1 agente tras llamada");
  assert.equal(says([reason("resting", 1)], "en"), "1 agent resting");
});

test("every reason that the engine can give has its words in both languages", () => {
  const codes = ["logged_out", "not_ready", "offered", "talking", "wrap_up", "no_phone", "own_call", "desktop_gone", "resting"];
  for (const language of ["es", "en"]) {
    const sentences = codes.map((code) => says([reason(code, 3)], language));
    assert.equal(new Set(sentences).size, codes.length);
    for (const sentence of sentences) assert.match(sentence, /^3 agent/);
  }
});

test("agents of other queues are not counted, unless there is nobody else", () => {
  assert.equal(says([reason("talking", 1), reason("skill", 40, "ventas")]), "1 agente hablando");
  assert.equal(
    says([reason("nobody"), reason("skill", 40, "ventas")]),
    "Ningún agente puede atender esta llamada; 40 agentes sin nivel de ventas",
  );
});

test("hope that a later step brings is told from no hope", () => {
  assert.notEqual(says([reason("nobody_yet")]), says([reason("nobody")]));
  assert.match(says([reason("nobody_yet")], "en"), /yet$/);
});

test("free agents mean that others are first", () => {
  assert.equal(says([reason("turn", 1), reason("talking", 2)]), "Hay agentes libres para quienes van antes; 2 agentes hablando");
});

test("no reasons, no sentence; reasons never heard of do no harm", () => {
  assert.equal(says([]), "");
  assert.equal(says([reason("from_the_future", 3)]), "");
});
