import assert from "node:assert/strict";
import { test } from "node:test";

import {
  actionsFor,
  afresh,
  afterEvent,
  agentState,
  callGroups,
  callState,
  empty,
  fromLive,
  mostTroubled,
  nextTier,
  queueFigures,
  vetoes,
  withFinished,
} from "../src/state.js";

const agent = (id, more = {}) => ({
  id,
  name: id,
  presence: "ready",
  activity: "idle",
  reason: "",
  reachable: true,
  in_use: false,
  desktop: "none",
  since_ms: 1,
  contact_id: null,
  resting_until_ms: null,
  wrap_until_ms: null,
  wrap_extensions: 0,
  pending: null,
  pending_reason: "",
  team: 1,
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
  language: "es",
  segment: "",
  head_start_ms: 0,
  step: "",
  why: [],
  ...more,
});
const live = (seq, more = {}) => ({
  at_ms: 0,
  seq,
  config_version: "v1",
  alarms: [],
  queues: [
    {
      id: "ventas",
      open: null,
      until_ms: null,
      ready: 1,
      busy: 0,
      not_ready: 0,
      waiting: 9,
      talking: 9,
      longest_wait_since_ms: 5,
    },
  ],
  teams: [[], ["ventas"]],
  agents: [agent("ana")],
  contacts: [],
  ...more,
});
const event = (entry, type, data, at_ms = 500) => ({
  seq: entry * 4096,
  id: `e${entry * 4096}`,
  at: new Date(at_ms).toISOString(),
  type,
  v: 1,
  data,
});
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

test("what the rules made of a contact is shown before the next reading", () => {
  const sorted = { contact_id: "c1", language: "en", segment: "vip", head_start_ms: 90000, rules: ["gold"], customer: {} };
  const state = play(fromLive(empty, live(1)), CALL[0], event(3, "contact.identified", sorted));
  const { language, segment, head_start_ms } = state.contacts.get("c1");

  assert.deepEqual([language, segment, head_start_ms], ["en", "vip", 90000]);
});

test("who takes a way out leaves the line, unless they only keep waiting", () => {
  const waiting = play(fromLive(empty, live(1)), ...CALL.slice(0, 2));
  const diverted = (to) => afterEvent(waiting, event(9, "contact.diverted", { contact_id: "c1", queue: "ventas", to }, 77));

  assert.equal(queueFigures(diverted("keep_waiting"))[0].waiting, 1);
  for (const to of ["queue", "flow", "hang_up"]) {
    const state = diverted(to);
    assert.equal(queueFigures(state)[0].waiting, 0, to);
    assert.deepEqual([state.contacts.get("c1").phase, state.contacts.get("c1").position], ["ivr", null], to);
  }
});

test("calls are shown in three groups, the longest first", () => {
  const rows = [
    contact("c1", { since_ms: 300 }),
    contact("c2", { phase: "offered", since_ms: 200 }),
    contact("c3", { phase: "talking" }),
    contact("c4", { phase: "ivr", since_ms: 5 }),
    contact("c5", { phase: "after", since_ms: 4 }),
    contact("c6", { phase: "fallback", since_ms: 6 }),
  ];
  const groups = callGroups(new Map(rows.map((row) => [row.id, row])));
  const ids = Object.fromEntries(Object.entries(groups).map(([name, found]) => [name, found.map(({ id }) => id)]));

  assert.deepEqual(ids, { waiting: ["c2", "c1"], talking: ["c3"], other: ["c5", "c4", "c6"] });
});

test("of many queues the needy ones are shown, in their usual order", () => {
  const queue = (id, more) => ({ id, waiting: 0, ready: 1, talking: 0, longest_since_ms: null, ...more });
  const all = [
    queue("calm"),
    queue("talks", { talking: 1 }),
    queue("waits-long", { waiting: 1, longest_since_ms: 10 }),
    queue("waits", { waiting: 1, longest_since_ms: 90 }),
    queue("alone", { waiting: 1, ready: 0, longest_since_ms: 95 }),
  ];
  const shown = (max) => mostTroubled(all, max).map(({ id }) => id);

  assert.deepEqual(shown(5), all.map(({ id }) => id));
  assert.deepEqual(shown(2), ["waits-long", "alone"]);
  assert.deepEqual(shown(4), ["talks", "waits-long", "waits", "alone"]);
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

test("a reason that did not change is the same row, one that did is another", () => {
  const why = (agents) => [{ code: "talking", agents, skill: null }];
  const at = (seq, agents) => live(seq, { contacts: [contact("c1", { why: why(agents) })] });
  const before = fromLive(empty, at(1, 2));

  assert.equal(fromLive(before, at(2, 2)).contacts.get("c1"), before.contacts.get("c1"));
  assert.equal(fromLive(before, at(2, 3)).contacts.get("c1").why[0].agents, 3);
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
    [{ in_use: true, reachable: false }, "on-call"],
    [{ desktop: "gone" }, "no-screen"],
    [{ desktop: "connected" }, "ready"],
    [{ presence: "not_ready" }, "not-ready"],
    [{ presence: "not_ready", reachable: false }, "not-ready"],
    [{ presence: "logged_out", reachable: false }, "logged-out"],
    [{ resting_until_ms: 2000 }, "resting"],
    [{ resting_until_ms: 900 }, "ready"],
  ];
  for (const [more, word] of cases) assert.equal(agentState(agent("ana", more), 1000), word);
});

test("every veto is told, the most telling one first", () => {
  assert.deepEqual(vetoes(agent("ana", { in_use: true, reachable: false, desktop: "gone" })), [
    "on-call",
    "no-phone",
    "no-screen",
  ]);
  assert.deepEqual(vetoes(agent("ana")), []);
});

test("an agent is offered just what would change something", () => {
  const cases = [
    [{}, ["setNotReady"]],
    [{ activity: "talking" }, ["setNotReady"]],
    [{ activity: "wrap_up" }, ["endWrapUp", "setNotReady"]],
    [{ presence: "not_ready" }, ["setReady"]],
    [{ presence: "logged_out" }, ["setReady"]],
    [{ presence: "not_ready", activity: "wrap_up" }, ["endWrapUp", "setReady"]],
    [{ activity: "wrap_up", wrap_extensions: 1 }, ["endWrapUp", "extendWrapUp", "setNotReady"]],
    [{ activity: "talking", pending: "not_ready" }, ["setReady"]],
  ];
  for (const [more, actions] of cases) assert.deepEqual(actionsFor(agent("ana", more)), actions);
  assert.deepEqual(actionsFor(agent("ana", { activity: "talking" }), "nivel2"), ["escalate", "setNotReady"]);
});

test("a contact can be handed over while it is talked to, if its queue has a next tier", () => {
  const now = (activity, queue) =>
    nextTier(
      {
        contacts: new Map([["c1", contact("c1", { phase: "talking", queue })]]),
        queues: [
          { id: "ventas", escalate_to: "nivel2" },
          { id: "nivel2", escalate_to: null },
        ],
      },
      agent("ana", { activity, contact_id: "c1" }),
    );

  assert.equal(now("talking", "ventas"), "nivel2");
  assert.equal(now("wrap_up", "ventas"), null);
  assert.equal(now("talking", "nivel2"), null);
  assert.equal(now("talking", "desconocida"), null);
});

test("a wrap-up that was extended ends later and has one extension less", () => {
  const before = fromLive(empty, {
    ...live(1),
    agents: [agent("ana", { activity: "wrap_up", wrap_until_ms: 900, wrap_extensions: 2 })],
  });
  const after = play(before, event(2, "wrap.extended", { agent: "ana", contact_id: "c1", until_ms: 1_900 }));

  assert.equal(after.agents.get("ana").wrap_until_ms, 1_900);
  assert.equal(after.agents.get("ana").wrap_extensions, 1);
});

test("the end of a wrap-up is known as soon as it begins, and forgotten with it", () => {
  const told = (entry, activity) =>
    event(entry, "agent.state", { agent: "ana", presence: "ready", activity, reason: "", reachable: true, since_ms: 9 });
  const wraps = play(
    fromLive(empty, live(1)),
    event(2, "wrap.started", { agent: "ana", contact_id: "c1", until_ms: 900 }),
    told(3, "wrap_up"),
  );

  assert.equal(wraps.agents.get("ana").wrap_until_ms, 900);
  assert.equal(afterEvent(wraps, told(4, "idle")).agents.get("ana").wrap_until_ms, null);
});

const talking = () => {
  const ana = agent("ana", { activity: "talking", talk: "talking", contact_id: "c1" });
  const known = live(1, { agents: [ana, agent("beto")], contacts: [contact("c1", { phase: "talking", agent: "ana" })] });
  return fromLive(empty, known);
};
const AT = "2026-11-22T09:14:03.042Z";
const told = (state, ...events) =>
  events.reduce(
    (before, [type, data], place) => afterEvent(before, { seq: 2 * 4096 + place, at: AT, type, data: { contact_id: "c1", agent: "ana", ...data } }),
    state,
  );
const look = (state) => [callState(state.contacts.get("c1")), state.agents.get("ana").talk, state.agents.get("beto").talk ?? null];

test("hold, consultation and conference are seen at once, for all who take part", () => {
  const to = { kind: "agent", name: "beto", token: null, number: null };
  const held = told(talking(), ["segment.held", {}]);
  assert.deepEqual(look(held), ["held", "held", null]);
  assert.equal(held.contacts.get("c1").hold_since_ms, Date.parse(AT));

  const asking = told(talking(), ["segment.held", {}], ["consult.started", { to }]);
  assert.deepEqual(look(asking), ["consulting", "consulting", null]);
  const asked = told(talking(), ["segment.held", {}], ["consult.started", { to }], ["consult.connected", { with_agent: "beto" }]);
  assert.deepEqual(look(asked), ["consulting", "consulting", "asked"]);
  assert.equal(asked.contacts.get("c1").consult.state, "up");

  const begun = { contact_id: "c1", agent: "ana", with_agent: "beto" };
  const three = afterEvent(asked, { seq: 9 * 4096, at: AT, type: "conference.started", data: begun });
  assert.deepEqual(look(three), ["conference", "conference", "conference"]);
});

test("a consultation that ends leaves the caller on hold until it is retrieved", () => {
  const to = { kind: "outside", name: null, token: "t1", number: "911234567" };
  const ended = told(talking(), ["segment.held", {}], ["consult.started", { to }], ["consult.ended", { result: "no_answer" }]);
  assert.deepEqual(look(ended), ["held", "held", null]);
  const back = told(talking(), ["segment.held", {}], ["segment.retrieved", { held_ms: 5 }]);
  assert.deepEqual(look(back), ["talking", "talking", null]);
});

test("one who is only asked about a contact does not take it", () => {
  const offered = told(talking(), ["offer.announced", { agent: "beto", queue: "ventas", kind: "consult", by: "ana" }]);

  assert.equal(offered.contacts.get("c1").agent, "ana");
  assert.equal(offered.contacts.get("c1").phase, "talking");
});

test("after a transfer the end of the first talk takes nothing from the second agent", () => {
  const next = told(talking(), ["segment.connected", { agent: "beto", queue: "ventas" }], ["segment.ended", { agent: "ana" }]);

  assert.equal(next.contacts.get("c1").agent, "beto");
  assert.equal(next.contacts.get("c1").phase, "talking");
});

test("a call that was promised keeps its clock, is marked as such, and is not once it is over", () => {
  const before = fromLive(empty, live(1, { contacts: [contact("c1")] }));
  const promised = play(before, event(2, "callback.promised", { contact_id: "c1", queue: "ventas", position: 1 }, 700));
  assert.equal(promised.contacts.get("c1").promised_ms, 700);
  const waits = play(
    promised,
    event(3, "callback.waiting", { contact_id: "c1", queue: "ventas", position: 1, promised_ms: 700 }, 900),
  );
  assert.deepEqual(
    [waits.contacts.get("c1").phase, waits.contacts.get("c1").since_ms, waits.contacts.get("c1").promised_ms],
    ["waiting", 100, 700],
  );
  assert.equal(queueFigures(waits)[0].waiting, 1);
  const over = play(waits, event(4, "callback.ended", { contact_id: "c1", queue: "ventas", end: "reached", promised_ms: 700 }));
  assert.equal(over.contacts.get("c1").promised_ms, null);
});

test("who is not to be called now stands among those who wait, and is not counted", () => {
  const rests = fromLive(empty, live(1, { contacts: [contact("c1", { phase: "promised", promised_ms: 5 })] }));
  assert.deepEqual(callGroups(rests.contacts).waiting.map(({ id }) => id), ["c1"]);
  assert.equal(queueFigures(rests)[0].waiting, 0);
});

test("the figures of speech are those of the last reading, and none where there is no speech", () => {
  const speech = { recognition: { slots: 12, slots_taken: 3 }, line: {} };
  assert.deepEqual(fromLive(empty, live(1, { speech })).speech, speech);
  assert.equal(fromLive(empty, live(1)).speech, null);
});
