import assert from "node:assert/strict";
import { test } from "node:test";

import { CARD, layout, neighbour, passes } from "../src/flows/layout.js";

const node = (id, layer, row) => ({ id, kind: "menu", title: id, prompts: {}, layer, row });
const edge = (from, to, kind = "key", label = "1") => ({ from, to, kind, label });
const flow = {
  id: "principal",
  start: "a",
  nodes: [node("a", 0, 0), node("b", 1, 0), node("c", 1, 1), node("d", 2, 0), node("e", 3, 0)],
  edges: [
    edge("a", "b", "next", ""),
    edge("a", "e"),
    edge("b", "d"),
    edge("b", "e", "too_many", ""),
    edge("b", "e", "failure", ""),
    edge("c", "a"),
    edge("d", "e"),
    edge("d", "d", "again", ""),
  ],
};
const inside = (card, x, y) => x > card.x && x < card.x + CARD.width && y > card.y && y < card.y + card.height;

/** Points along a line, close together. */
function along(path) {
  const corners = [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  return corners.slice(1).flatMap(([x2, y2], at) => {
    const [x1, y1] = corners[at];
    const steps = Math.ceil(Math.hypot(x2 - x1, y2 - y1) / 3) || 1;
    return Array.from({ length: steps }, (_, step) => [x1 + ((x2 - x1) * step) / steps, y1 + ((y2 - y1) * step) / steps]);
  });
}

test("cards of a column do not touch, and columns follow each other", () => {
  const { cards } = layout(flow);

  for (const a of cards) {
    for (const b of cards) {
      if (a === b) continue;
      if (a.layer === b.layer && a.row < b.row) assert.ok(a.y + a.height < b.y, `${a.id} over ${b.id}`);
      if (a.layer < b.layer) assert.ok(a.x + CARD.width < b.x, `${a.id} beside ${b.id}`);
    }
  }
});

test("no line runs behind a card, whichever way it goes", () => {
  const { cards, lines } = layout(flow);

  for (const { from, to, path } of lines) {
    for (const [x, y] of along(path)) {
      const hit = cards.find((card) => inside(card, x, y));
      assert.equal(hit, undefined, `${from} to ${to} runs behind ${hit?.id}`);
    }
  }
});

test("every exit has its line, those to one place for one kind of reason share it", () => {
  const { lines, cards } = layout(flow);
  const told = lines.map(({ from, to, other }) => `${from}>${to}${other ? " other" : ""}`).sort();

  assert.deepEqual(told, ["a>b", "a>e", "b>d", "b>e other", "c>a", "d>d", "d>e"]);
  assert.equal(cards.find(({ id }) => id === "b").rows.at(-1).edges.length, 2);
});

test("everything lies inside the drawing", () => {
  const { cards, lines, width, height, top } = layout(flow);
  const points = [...cards.map(({ x, y }) => [x, y]), ...lines.flatMap(({ path }) => along(path))];

  for (const [x, y] of points) assert.ok(x >= 0 && x <= width && y >= top && y <= top + height, `${x}, ${y}`);
});

test("a line to a former column goes back through all between, and into its own left", () => {
  assert.deepEqual(passes(0, 1), []);
  assert.deepEqual(passes(0, 3), [1, 2]);
  assert.deepEqual(passes(2, 1), [2, 1]);
  assert.deepEqual(passes(1, 1), [1]);
});

test("arrow keys lead along the exits, back, and up and down a column", () => {
  const { cards } = layout(flow);
  const to = (id, key) => neighbour(cards, id, key)?.id ?? null;

  assert.equal(to("a", "ArrowRight"), "b");
  assert.equal(to("b", "ArrowDown"), "c");
  assert.equal(to("c", "ArrowUp"), "b");
  assert.equal(to("b", "ArrowUp"), null);
  assert.equal(to("d", "ArrowRight"), "e");
  assert.equal(to("e", "ArrowLeft"), "a");
  assert.equal(to("e", "ArrowRight"), null);
});

test("a flow of five hundred nodes is laid out before anybody notices", () => {
  const nodes = Array.from({ length: 500 }, (_, at) => node(`n${at}`, Math.floor(at / 10), at % 10));
  const edges = nodes.flatMap(({ id }, at) => [edge(id, `n${Math.min(499, at + 7)}`), edge(id, "n0", "failure"), edge(id, `n${(at * 13) % 500}`)]);
  const start = performance.now();
  const { lines } = layout({ id: "x", start: "n0", nodes, edges });

  assert.ok(lines.length > 1000);
  assert.ok(performance.now() - start < 5000);
});
