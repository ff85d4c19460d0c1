import assert from "node:assert/strict";
import { test } from "node:test";

import { afresh, afterEvent, agentState, empty, fromLive, queueFigures, withFinished } from "../src/state.js";

const agent = (id, more = {}) => ({
  id,
  presence: "ready",
  activity: "idle",
  reason: "",
  reachable: true,
  since_ms: 1,
  contact_id: null,
  resting_until_ms: null,
  ...more,
});
const contact = (id, more = {}) => ({
  id,
  phase: "waiting",
  queue: "ventas",
  position: 1,
  since_ms: 100,
  agent: null,
  number: null,
  ...more,
});
const live = (seq, more = {}) => ({
  at_ms: 0,
  seq,
  config_version: "v1",
  queues: [{ id: "ventas", ready: 1, waiting: 0, talking: 0, longest_wait_since_ms: null }],
  agents: [agent("ana")],
  contacts: [],
  ...more,
});
const event = (entry, type, data, at_ms = 500) => ({ seq: entry * 4096, at_ms, type, v: 1, data });
const play = (state, ...events) => events.reduce(afterEvent, state);

const CALL = [
  event(2, "contact.started", { contact_id: "c1", customer: { number: "+34911234567" } }, 10),
  event(3, "contact.queued", { contact_id: "c1", queue: "ventas", position: 1 }, 20),
  event(4, "offer.announced", { contact_id: "c1", offer_id: "o1", agent: "ana", queue: "ventas" }, 30),
  event(5, "segment.connected", { contact_id: "c1", agent: "ana", queue: "ventas", waited_ms: 20 }, 40),
  event(6, "segment.ended", { contact_id: "c1", agent: "ana", talk_ms: 50 }, 90),
  event(7, "contact.closed", { contact_id: "c1", outcome: "answered", ended_ms: 95, wait_ms: 20, talk_ms: 50 }, 95),
];

test("a call is followed from the menu to its end", () => {
  let state = fromLive(empty, live(1));
  const phases = CALL.map((each) => {
    state = afterEvent(state, each);
    const { waiting, talking } = queueFigures(state)[0];
    return [state.contacts.get("c1")?.phase ?? "gone", waiting, talking];
  });

  assert.deepEqual(phases, [
    ["ivr", 0, 0],
    ["waiting", 1, 0],
    ["offered", 1, 0],
    ["talking", 0, 1],
    ["after", 0, 0],
    ["gone", 0, 0],
  ]);
  assert.deepEqual(
    state.finished.map(({ id, number, outcome }) => [id, number, outcome]),
    [["c1", "+34911234567", "answered"]],
  );
});

test("while an agent is rung the contact keeps its place in time", () => {
  const state = play(fromLive(empty, live(1)), ...CALL.slice(0, 3));

  assert.equal(queueFigures(state)[0].longest_since_ms, 20);
});

test("an offer that comes to nothing puts the contact back to waiting, however it ended", () => {
  for (const end of ["rejected", "no_answer", "busy", "unreachable", "failed", "withdrawn"]) {
    const offered = play(fromLive(empty, live(1)), ...CALL.slice(0, 3));
    const state = afterEvent(offered, event(5, `offer.${end}`, { contact_id: "c1", agent: "ana" }));

    assert.deepEqual([state.contacts.get("c1").phase, state.contacts.get("c1").agent], ["waiting", null], end);
  }
});

test("what is told twice changes nothing", () => {
  const once = play(fromLive(empty, live(1)), ...CALL);

  assert.equal(play(once, ...CALL), once);
});

test("events that a reading already holds are left out, and an old reading does not undo newer events", () => {
  const read = fromLive(empty, live(4, { contacts: [contact("c1", { phase: "offered", agent: "ana" })] }));
  assert.equal(play(read, ...CALL.slice(0, 3)), read);

  const ahead = play(read, CALL[3]);
  assert.equal(fromLive(ahead, live(4)), ahead);
  assert.equal(fromLive(ahead, live(5)).contacts.size, 0);
});

test("a new start of the server is believed although its numbers are lower", () => {
  const before = fromLive(empty, live(1000));

  assert.equal(fromLive(before, live(3, { config_version: "v2" })).config_version, "v1");
  assert.equal(fromLive(afresh(before), live(3, { config_version: "v2" })).config_version, "v2");
});

test("events about contacts and agents never heard of do no harm", () => {
  const state = play(fromLive(empty, live(1, { agents: [] })), ...CALL.slice(1, 5), event(9, "not.known.yet", {}));

  assert.equal(state.contacts.size, 0);
  assert.equal(state.seq, 9 * 4096);
});

test("an agent's state replaces the one before and keeps the contact until idle", () => {
  const told = (activity) => ({
    agent: "ana",
    presence: "ready",
    activity,
    reason: "",
    reachable: true,
    resting_until_ms: null,
    since_ms: 70,
  });
  const talking = play(fromLive(empty, live(1)), ...CALL.slice(0, 4), event(6, "agent.state", told("talking")));
  assert.equal(talking.agents.get("ana").contact_id, "c1");
  assert.equal(talking.agents.get("ana").since_ms, 70);

  const idle = afterEvent(talking, event(7, "agent.state", told("idle")));
  assert.equal(idle.agents.get("ana").contact_id, null);
});

test("a row that did not change stays the same object, so it is not drawn again", () => {
  const before = fromLive(empty, live(1, { agents: [agent("ana"), agent("beto")] }));
  const after = fromLive(before, live(2, { agents: [agent("ana"), agent("beto", { reason: "café" })] }));

  assert.equal(after.agents.get("ana"), before.agents.get("ana"));
  assert.notEqual(after.agents.get("beto"), before.agents.get("beto"));
});

test("finished contacts are shown once, newest first, and not without end", () => {
  const told = play(fromLive(empty, live(1)), ...CALL);
  const rows = Array.from({ length: 30 }, (_, n) => ({ id: n === 0 ? "c1" : `f${n}`, ended_ms: 95 - n }));
  const { finished } = withFinished(told, rows);

  assert.equal(finished.length, 12);
  assert.equal(finished.filter(({ id }) => id === "c1").length, 1);
  assert.deepEqual(finished.slice(0, 3).map(({ id }) => id), ["c1", "f1", "f2"]);
});

test("every agent has one word for the state, the most telling one", () => {
  const cases = [
    [{}, "ready"],
    [{ activity: "offered" }, "ringing"],
    [{ activity: "talking", reachable: false }, "talking"],
    [{ activity: "wrap_up", presence: "not_ready" }, "wrap-up"],
    [{ reachable: false }, "no-phone"],
    [{ presence: "not_ready" }, "not-ready"],
    [{ presence: "logged_out", reachable: false }, "logged-out"],
    [{ resting_until_ms: 2000 }, "resting"],
    [{ resting_until_ms: 900 }, "ready"],
  ];
  for (const [more, word] of cases) assert.equal(agentState(agent("ana", more), 1000), word);
});
