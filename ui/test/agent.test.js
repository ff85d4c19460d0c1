import assert from "node:assert/strict";
import { test } from "node:test";

import { desk, partners } from "../src/agent/desk.js";
import { choices, target, typedNumber } from "../src/agent/pick.js";
import { earlierTalks, inHand, withEvent } from "../src/agent/pops.js";
import { empty } from "../src/state.js";

const agent = (id, more = {}) => ({
  id,
  name: id,
  presence: "ready",
  activity: "idle",
  talk: null,
  reason: "",
  reachable: true,
  in_use: false,
  desktop: "connected",
  since_ms: 1,
  contact_id: null,
  resting_until_ms: null,
  wrap_until_ms: null,
  wrap_extensions: 0,
  pending: null,
  team: 0,
  ...more,
});
const contact = (id, more = {}) => ({
  id,
  phase: "talking",
  queue: "ventas",
  agent: "ana",
  number: "+34911234567",
  customer: "",
  hold_since_ms: null,
  muted: false,
  consult: null,
  conference: false,
  with_outside: false,
  ...more,
});
const state = (agents, contacts = []) => ({
  ...empty,
  agents: new Map(agents.map((each) => [each.id, each])),
  contacts: new Map(contacts.map((each) => [each.id, each])),
});
const NO_PHONE = { ringing: false, talking: false };
const at = (state, id, phone = NO_PHONE) => desk(state, id, phone, 0);

test("what may be done follows from what the server says, not from what was pressed", () => {
  const talks = (talk, more = {}) => state([agent("ana", { activity: "talking", talk, contact_id: "c1" })], [contact("c1", more)]);
  const cases = [
    ["talking", talks("talking"), ["hang_up", "hold", "mute", "consult", "transfer", "note"]],
    ["held", talks("held", { hold_since_ms: 5 }), ["hang_up", "retrieve", "mute", "consult", "transfer", "note"]],
    [
      "consulting",
      talks("consulting", { hold_since_ms: 5, consult: { agent: "beto", outside: false, state: "ringing", since_ms: 6 } }),
      ["hang_up", "mute", "cancel_consult", "note"],
    ],
    [
      "consulting",
      talks("consulting", { hold_since_ms: 5, consult: { agent: "beto", outside: false, state: "up", since_ms: 6 } }),
      ["hang_up", "mute", "cancel_consult", "complete_transfer", "conference", "note"],
    ],
    ["conference", talks("conference", { conference: true }), ["hang_up", "mute", "note"]],
    ["dialling", talks("dialling", { phase: "dialling" }), ["hang_up", "note"]],
  ];
  for (const [mode, known, can] of cases) {
    const found = at(known, "ana");
    assert.equal(found.mode, mode);
    assert.deepEqual([...found.can], can, mode);
  }
});

test("a call that rings can be answered; only the tab that is the telephone can refuse it", () => {
  const rings = state([agent("ana", { activity: "offered", contact_id: "c1" })], [contact("c1", { phase: "offered" })]);

  assert.deepEqual([...at(rings, "ana").can], ["answer", "note"]);
  assert.deepEqual([...at(rings, "ana", { ringing: true, talking: false }).can], ["answer", "decline", "note"]);
});

test("with the server away the own telephone can still be picked up and hung up", () => {
  const idle = state([agent("ana")]);

  assert.ok(at(idle, "ana", { ringing: true, talking: false }).can.has("answer"));
  assert.ok(at(idle, "ana", { ringing: false, talking: true }).can.has("hang_up"));
});

test("who is free, or on a break, may call somebody; who has gone or has no phone may not", () => {
  assert.ok(at(state([agent("ana")]), "ana").can.has("dial"));
  assert.ok(at(state([agent("ana", { presence: "not_ready" })]), "ana").can.has("dial"));
  assert.ok(!at(state([agent("ana", { presence: "logged_out" })]), "ana").can.has("dial"));
  assert.ok(!at(state([agent("ana", { reachable: false })]), "ana").can.has("dial"));
});

test("one who is asked has no say over the contact", () => {
  const asked = state(
    [agent("ana", { activity: "talking", talk: "consulting", contact_id: "c1" }), agent("beto", { activity: "talking", talk: "asked", contact_id: "c1" })],
    [contact("c1", { consult: { agent: "beto", outside: false, state: "up", since_ms: 6 } })],
  );

  assert.deepEqual([...at(asked, "beto").can], ["hang_up", "note"]);
  assert.deepEqual(partners(asked, at(asked, "beto")), [{ who: "agent", name: "ana" }]);
  assert.deepEqual(partners(asked, at(asked, "ana")), [{ who: "agent", name: "beto" }]);
});

test("in a conference each sees the others; on hold and while it rings there is nobody", () => {
  const three = state(
    ["ana", "beto"].map((id) => agent(id, { activity: "talking", talk: "conference", contact_id: "c1" })),
    [contact("c1", { conference: true })],
  );
  const them = { who: "contact", name: "+34911234567" };
  const held = state([agent("ana", { activity: "talking", talk: "held", contact_id: "c1" })], [contact("c1", { hold_since_ms: 1 })]);

  assert.deepEqual(partners(three, at(three, "ana")), [them, { who: "agent", name: "beto" }]);
  assert.deepEqual(partners(three, at(three, "beto")), [them, { who: "agent", name: "ana" }]);
  assert.deepEqual(partners(held, at(held, "ana")), []);
});

test("more time after a call is offered as long as there is some", () => {
  const wrap = (wrap_extensions) => state([agent("ana", { activity: "wrap_up", contact_id: "c1", wrap_extensions })]);

  assert.deepEqual([...at(wrap(1), "ana").can], ["wrap_up_done", "extend_wrap_up"]);
  assert.deepEqual([...at(wrap(0), "ana").can], ["wrap_up_done"]);
});

const centre = {
  ...state([
    agent("ana"),
    agent("beto", { name: "Beto Núñez", activity: "talking", talk: "talking", team: 1 }),
    agent("carla", { name: "Carla Gómez", team: 1 }),
  ]),
  teams: [[], ["soporte"]],
  queues: [
    { id: "ventas", ready: 1, open: null },
    { id: "soporte", ready: 0, open: false },
  ],
};
const found = (typed) => choices(centre, "ana", typed, 0, (a, b) => a.localeCompare(b)).map(({ kind, id }) => `${kind} ${id}`);

test("those who are free come first, nobody finds oneself, and accents need not be typed", () => {
  assert.deepEqual(found(""), ["agent carla", "agent beto", "queue ventas", "queue soporte"]);
  assert.deepEqual(found("nunez"), ["agent beto"]);
  assert.deepEqual(found("soporte"), ["agent carla", "agent beto", "queue soporte"]);
});

test("a number that is typed is on top, as it is dialled", () => {
  assert.deepEqual(found("600 10 20-30"), ["number 600102030"]);
  assert.equal(typedNumber("+34 600 102 030"), "+34600102030");
  for (const none of ["", "ana", "12", "60a"]) assert.equal(typedNumber(none), "");
  assert.deepEqual(target({ kind: "number", id: "112" }), { number: "112" });
});

const told = (contact_id, more = {}) => ({ type: "offer.announced", data: { contact_id, agent: "ana", customer: {}, ...more } });

test("a pop is kept while its contact is in hand, and what is learnt later is added", () => {
  let pops = withEvent(new Map(), told("c1"), "ana");
  pops = withEvent(pops, told("c2", { agent: "beto" }), "ana");
  pops = withEvent(pops, { type: "contact.identified", data: { contact_id: "c1", customer: { name: "Marta" } } }, "ana");
  assert.deepEqual([...pops.keys()], ["c1"]);
  assert.equal(pops.get("c1").customer.name, "Marta");

  pops = withEvent(pops, { type: "contact.closed", data: { contact_id: "c1" } }, "ana");
  assert.equal(inHand(pops, "c1"), pops, "still needed for the work after the call");
  assert.equal(inHand(pops, null).size, 0);
});

test("what is noted and attached in the talk is shown at once, and nothing twice", () => {
  const note = (id, text) => ({ type: "contact.noted", data: { contact_id: "c1", note: { id, agent: "beto", text, at_ms: 1 } } });
  let pops = withEvent(new Map(), told("c1", { earlier: { segments: [], notes: [] }, attached: {} }), "ana");
  for (const event of [note("n1", "a"), note("n2", "b"), note("n1", "a")]) pops = withEvent(pops, event, "ana");
  assert.deepEqual(pops.get("c1").earlier.notes.map(({ text }) => text), ["b", "a"]);

  const attached = { order: { value: "A-7", left_out: false } };
  pops = withEvent(pops, { type: "contact.data", data: { contact_id: "c1", attached } }, "ana");
  assert.equal(pops.get("c1").attached, attached);
});

test("earlier talks are those of agents, with their length", () => {
  const segments = [
    { kind: "ivr", agent: null, queue: null, start_ms: 0, end_ms: 5 },
    { kind: "talking", agent: "beto", queue: "ventas", start_ms: 5, end_ms: 65_005 },
  ];

  assert.deepEqual(earlierTalks({ earlier: { segments } }), [{ kind: "talking", agent: "beto", queue: "ventas", length_ms: 65_000 }]);
  assert.deepEqual(earlierTalks(null), []);
});
