// Where the cards of a flow stand and how lines run between them. Pure: layers and rows in, coordinates out.
//
// Columns from left to right. All lines into the same card that weigh the same share one line ("bus"): in every
// channel between two columns it has a track of its own, and where it has to pass a column it goes through a gap
// between cards, never behind one.

export const CARD = { width: 220, head: 46, row: 20, foot: 6 };
const GAP = 26;
const TRACK = 9;
const CHANNEL = 26;
const MARGIN = 24;
const BEND = 6;
const ROUNDS = 20;

/** Exits by which nobody goes who uses the flow as it is meant. */
export const OTHER = new Set(["no_input", "no_match", "too_many", "failure", "hang_up", "other"]);

/**
 * `{width, height, cards, lines}` of a flow as the server gives it.
 *
 * A card has its node's members and `x, y, height, rows`; a row stands for the exits that lead from it to one
 * place: `{to, other, edges, y}`. A line is `{from, to, other, path, tip}`.
 */
export function layout(flow) {
  const cards = new Map(flow.nodes.map((node) => [node.id, cardOf(node, flow.edges)]));
  const columns = columnsOf([...cards.values()]);
  place(columns, cards);
  const buses = busesOf(columns, cards);
  for (const bus of buses) chooseGaps(bus, columns);
  place(columns, cards, buses);
  const width = widen(columns, buses);
  const lines = buses.flatMap((bus) => bus.sources.map((source) => lineOf(bus, source)));
  const all = [...cards.values()];
  const ys = [...all.flatMap(({ y, height }) => [y, y + height]), ...lines.flatMap((line) => line.ys)];
  const top = ys.reduce((least, y) => Math.min(least, y), Infinity);
  const bottom = ys.reduce((most, y) => Math.max(most, y), -Infinity);
  return { width, height: bottom - top + 2 * MARGIN, top: top - MARGIN, cards: all, lines };
}

/** An exit that is a row of its own needs a label; the only way on goes out of the card's head. */
function cardOf(node, edges) {
  const rows = [];
  for (const edge of edges) {
    if (edge.from !== node.id) continue;
    const other = OTHER.has(edge.kind);
    // What is meant to be chosen has a row each; the rest is gathered by where it leads.
    const row = other && rows.find((each) => each.other && each.to === edge.to);
    if (row) row.edges.push(edge);
    else rows.push({ to: edge.to, other, edges: [edge], head: !other && edge.kind === "next" });
  }
  rows.sort((a, b) => a.other - b.other);
  const shown = rows.filter(({ head }) => !head);
  shown.forEach((row, place) => (row.at = CARD.head + (place + 0.5) * CARD.row));
  for (const row of rows) row.at ??= CARD.head / 2;
  const height = CARD.head + (shown.length > 0 ? shown.length * CARD.row + CARD.foot : 0);
  return { ...node, rows, height };
}

function columnsOf(cards) {
  const layers = [...new Set(cards.map(({ layer }) => layer))].sort((a, b) => a - b);
  return layers.map((layer, index) => {
    const column = cards.filter((card) => card.layer === layer);
    column.sort((a, b) => a.row - b.row || (a.id < b.id ? -1 : 1));
    column.forEach((card, place) => Object.assign(card, { column: index, place }));
    return column;
  });
}

/** Each card as high as those that lead to it, as far as there is room. */
function place(columns, cards, buses = []) {
  const gaps = new Map();
  for (const bus of buses) {
    for (const [index, at] of bus.gaps) {
      const key = `${index} ${at}`;
      gaps.set(key, [...(gaps.get(key) ?? []), bus]);
    }
  }
  const through = (index, at) => gaps.get(`${index} ${at}`) ?? [];
  columns.forEach((column, index) => {
    const wanted = column.map((card) => wantedY(card, cards, index));
    let free = -Infinity;
    column.forEach((card, at) => {
      const gap = GAP + TRACK * through(index, at).length;
      card.y = Math.max(wanted[at], free + gap);
      free = card.y + card.height;
    });
    const low = column.reduce((sum, card, at) => sum + card.y - wanted[at], 0) / column.length;
    for (const card of column) card.y -= low;
  });
  for (const bus of buses) {
    bus.ys = new Map([...bus.gaps].map(([index, at]) => [index, gapY(bus, through(index, at), columns[index], at)]));
  }
}

function wantedY(card, cards, index) {
  const before = (card.leads ??= [...cards.values()].filter((other) => index > other.column && other.rows.some(({ to }) => to === card.id)));
  const ports = before.flatMap((other) => other.rows.filter(({ to }) => to === card.id).map(({ at }) => other.y + at));
  if (ports.length === 0) return 0;
  return ports.reduce((sum, y) => sum + y, 0) / ports.length - CARD.head / 2;
}

function gapY(bus, mates, column, at) {
  const slot = mates.indexOf(bus);
  // Above the first and below the last card there is all the room that is needed.
  if (at === 0) return column[0].y - GAP / 2 - TRACK * (mates.length - 1 - slot);
  const above = column[at - 1];
  return above.y + above.height + GAP / 2 + TRACK * slot;
}

function busesOf(columns, cards) {
  const buses = new Map();
  for (const from of columns.flat()) {
    for (const row of from.rows) {
      const to = cards.get(row.to);
      if (!to) continue;
      const key = `${to.id} ${row.other}`;
      if (!buses.has(key)) buses.set(key, { key, to, other: row.other, sources: [], gaps: new Map(), tracks: new Map() });
      buses.get(key).sources.push({ from, row });
    }
  }
  const found = [...buses.values()];
  found.sort((a, b) => a.to.y - b.to.y || (a.key < b.key ? -1 : 1));
  return found;
}

/** The columns that a line from column `from` passes to reach column `to`, in its order. */
export function passes(from, to) {
  const found = [];
  for (let index = from + 1; index < to; index++) found.push(index);
  for (let index = from; index >= to; index--) found.push(index);
  return found;
}

const isPassed = (from, to, index) => (from < to ? index > from && index < to : index >= to && index <= from);

function chooseGaps(bus, columns) {
  const target = bus.to.y + CARD.head / 2;
  const ys = bus.sources.map(({ from, row }) => from.y + row.at);
  const middle = (target + ys.reduce((sum, y) => sum + y, 0) / ys.length) / 2;
  for (const { from } of bus.sources) {
    for (const index of passes(from.column, bus.to.column)) {
      if (!bus.gaps.has(index)) bus.gaps.set(index, nearestGap(columns[index], middle));
    }
  }
}

function nearestGap(column, y) {
  const last = column.at(-1);
  const middles = column.map((card, at) => (at === 0 ? card.y - GAP / 2 : (card.y + column[at - 1].y + column[at - 1].height) / 2));
  middles.push(last.y + last.height + GAP / 2);
  let best = 0;
  middles.forEach((middle, at) => {
    if (Math.abs(middle - y) < Math.abs(middles[best] - y)) best = at;
  });
  return best;
}

/** The channels (channel k is right of column k) that a line runs through. */
function channels(from, to) {
  const [first, last] = from < to ? [from, to - 1] : [to - 1, from];
  return Array.from({ length: last - first + 1 }, (_, step) => first + step);
}

function widen(columns, buses) {
  let x = MARGIN;
  for (let index = -1; index < columns.length; index++) {
    for (const card of columns[index] ?? []) card.x = x;
    if (index >= 0) x += CARD.width;
    const inside = untangled(buses.map((bus) => [bus, ends(bus, index)]).filter(([, { all }]) => all.length > 0));
    inside.forEach((bus, place) => bus.tracks.set(index, x + CHANNEL + place * TRACK));
    const needed = inside.length > 0 ? 2 * CHANNEL + (inside.length - 1) * TRACK : 0;
    x += index === -1 || index === columns.length - 1 ? needed : Math.max(needed, 2 * CHANNEL);
  }
  return x + MARGIN;
}

/** Heights at which a line comes into a channel or leaves it, on its left and on its right. */
function ends(bus, channel) {
  const found = { left: [], right: [], all: [] };
  const to = bus.to.column;
  for (const { from, row } of bus.sources) {
    if (channel < Math.min(from.column, to - 1) || channel > Math.max(from.column, to - 1)) continue;
    if (channel === from.column) found.left.push(from.y + row.at);
    if (channel === to - 1) found.right.push(bus.to.y + CARD.head / 2);
    if (isPassed(from.column, to, channel)) found.left.push(bus.ys.get(channel));
    if (isPassed(from.column, to, channel + 1)) found.right.push(bus.ys.get(channel + 1));
  }
  found.all = [...found.left, ...found.right];
  found.span = [Math.min(...found.all), Math.max(...found.all)];
  return found;
}

/** Side by side so that they cross each other as little as neighbours that change places can bring about. */
function untangled(found) {
  const inside = ([low, high], y) => Number(y > low && y < high);
  const crossings = ([, a], [, b]) =>
    b.left.reduce((sum, y) => sum + inside(a.span, y), 0) + a.right.reduce((sum, y) => sum + inside(b.span, y), 0);
  for (let round = 0; round < Math.min(found.length, ROUNDS); round++) {
    for (let at = 0; at + 1 < found.length; at++) {
      const [a, b] = [found[at], found[at + 1]];
      if (crossings(b, a) < crossings(a, b)) [found[at], found[at + 1]] = [b, a];
    }
  }
  return found.map(([bus]) => bus);
}

function lineOf(bus, { from, row }) {
  const { to, other } = bus;
  const end = to.y + CARD.head / 2 + (other ? 9 : -3);
  const points = [[from.x + CARD.width, from.y + row.at]];
  const forward = from.column < to.column;
  const ways = channels(from.column, to.column);
  const order = forward ? ways : ways.reverse();
  const passed = passes(from.column, to.column);
  order.forEach((channel, step) => {
    const x = bus.tracks.get(channel);
    const y = step < passed.length ? bus.ys.get(passed[step]) : end;
    points.push([x, points.at(-1)[1]], [x, y]);
  });
  points.push([to.x - 5, end]);
  const ys = points.map(([, y]) => y);
  return { from: from.id, to: to.id, other, path: rounded(points), tip: [to.x, end], ys };
}

/** A path through these points, with its corners rounded off. */
function rounded(points) {
  const kept = points.filter(([x, y], at) => at === 0 || x !== points[at - 1][0] || y !== points[at - 1][1]);
  let path = `M${kept[0].map(round).join(" ")}`;
  for (let at = 1; at < kept.length - 1; at++) {
    const [before, corner, behind] = [kept[at - 1], kept[at], kept[at + 1]];
    const bend = Math.min(BEND, distance(before, corner) / 2, distance(corner, behind) / 2);
    path += `L${towards(corner, before, bend)}Q${corner.map(round).join(" ")} ${towards(corner, behind, bend)}`;
  }
  return `${path}L${kept.at(-1).map(round).join(" ")}`;
}

const round = (value) => Math.round(value * 10) / 10;
const distance = ([x1, y1], [x2, y2]) => Math.hypot(x2 - x1, y2 - y1);

function towards([x1, y1], [x2, y2], by) {
  const share = by / (distance([x1, y1], [x2, y2]) || 1);
  return `${round(x1 + (x2 - x1) * share)} ${round(y1 + (y2 - y1) * share)}`;
}

/** The card that an arrow key leads to from this one; null for none. */
export function neighbour(cards, id, key) {
  const here = cards.find((card) => card.id === id);
  const column = cards.filter((card) => card.column === here.column);
  const known = (to) => cards.find((card) => card.id === to) ?? null;
  if (key === "ArrowDown") return column.find(({ place }) => place === here.place + 1) ?? null;
  if (key === "ArrowUp") return column.find(({ place }) => place === here.place - 1) ?? null;
  if (key === "ArrowRight") return here.rows.map(({ to }) => known(to)).find((card) => card && card !== here) ?? null;
  if (key !== "ArrowLeft") return null;
  const leads = cards.filter((card) => card !== here && card.rows.some(({ to }) => to === id));
  leads.sort((a, b) => isOther(a, id) - isOther(b, id) || a.column - b.column || a.place - b.place);
  return leads[0] ?? null;
}

const isOther = (card, to) => Number(card.rows.every((row) => row.to !== to || row.other));
