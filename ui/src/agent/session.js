// What the components of the agent's page read, put together from the server's truth and this tab's telephone.
import { computed, effect, signal } from "@preact/signals";

import { get } from "../http.js";
import { agents, live, now_ms, state, t } from "../signals.js";

import { order } from "./commands.js";
import { desk as deskOf } from "./desk.js";
import { inHand, withEvent } from "./pops.js";
import { answer as pickUp, decline, hangUp, isRinging, isUp, phone, place } from "./softphone.js";
import { me } from "./who.js";

const KEPT = "centralita.pops";

/** What was told before the bell, by contact. Kept over a reload of this tab, and no longer than it is needed. */
export const pops = signal(keptPops());
/** Of this tab's own telephone. */
const own = computed(() => ({
  ringing: place.value === "leader" && phone.value.call === "ringing",
  talking: place.value === "leader" && phone.value.call === "up",
}));
/** The server's time while this agent rests, else 0: only a rest ends by the clock, nothing else is drawn every second. */
export const resting = computed(() => {
  const until_ms = state.value.agents.get(me.value)?.resting_until_ms ?? null;
  return until_ms === null ? 0 : now_ms.value;
});

export const desk = computed(() => deskOf(state.value, me.value, own.value, resting.value));
export const pop = computed(() => pops.value.get(desk.value.agent?.contact_id) ?? null);
/** What is being written, by contact: {disposition, note}. It outlives the work after the call. */
export const drafts = signal(new Map());

/** Queue -> the outcomes that it takes; a queue that is not here takes any words. */
export const outcomes = signal({});

export async function learnOutcomes() {
  try {
    outcomes.value = (await get("/api/dispositions")).queues;
  } catch {
    // Asked again with the next connection.
  }
}

/** In whose name a contact was served; remembered when it is over. */
const queuesServed = new Map();
export const queueOf = (contact_id) => state.value.contacts.get(contact_id)?.queue ?? queuesServed.get(contact_id);
effect(() => {
  const { contact } = desk.value;
  if (contact?.queue) queuesServed.set(contact.id, contact.queue);
});

function keptPops() {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEPT)) ?? []);
  } catch {
    return new Map(); // nothing there, or storage is forbidden
  }
}

effect(() => {
  const needed = inHand(pops.value, desk.value.agent?.contact_id ?? null);
  pops.value = needed;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...needed]));
  } catch {
    // See keptPops.
  }
});

/** After a time without connection: contacts may have ended unheard. */
export function forgetGone() {
  const { contacts } = state.peek();
  const contact_id = desk.peek().agent?.contact_id;
  pops.value = new Map([...pops.peek()].filter(([id]) => id === contact_id || contacts.has(id)));
}

/** True for what this agent must see before anything else happens: the pop comes before the bell. */
export function follow(event) {
  pops.value = withEvent(pops.peek(), event, me.peek());
  return event.data.agent === me.peek();
}

// The own phone rings because its agent wants to call somebody: nobody has to pick that up.
effect(() => {
  if (desk.value.mode === "dialling" && own.value.ringing) pickUp();
});

/** The name of an agent for people. */
export const nameOf = (id) => state.value.agents.get(id)?.name ?? id;
export const colleagues = agents;

/** Who is meant by a contact, for a title: name, number, or that it is withheld. */
export function whoIs(contact, known, phoneText) {
  const customer = known?.customer ?? {};
  const number = customer.number ?? contact?.number ?? null;
  const name = (customer.ref ? customer.name : "") || contact?.customer || "";
  return { name, number: number && phoneText(number), title: name || (number ? phoneText(number) : customer.shown || t("withheld")) };
}

const contactOf = () => ({ contact: desk.peek().contact?.id });

/** What the buttons and keys do; each tells under which slot its refusal is shown. */
export const acts = {
  answer: () => (isRinging() ? pickUp() : order("answer", contactOf())),
  decline,
  // The phone at hand hangs up by itself, also when the server is away.
  hang_up: () => (isUp() ? hangUp() : order("hang_up", contactOf())),
  hold: () => order("hold", contactOf()),
  retrieve: () => order("retrieve", contactOf()),
  mute: () => order(desk.peek().contact?.muted ? "unmute" : "mute", contactOf()),
  cancel_consult: () => order("cancel_consult", contactOf()),
  complete_transfer: () => order("complete_transfer", contactOf()),
  conference: () => order("conference", contactOf()),
  consult: (to) => order("consult", { ...contactOf(), to }, "people"),
  transfer: (to, anyway) => order("transfer", { ...contactOf(), to, ...(anyway && { anyway }) }, "people"),
  dial: (number, queue) => order("dial", { number, ...(queue && { queue }) }, "people"),
  ready: () => order("ready", {}, "state"),
  not_ready: (reason, after_contact) => order("not_ready", { reason, after_contact }, "state"),
  logged_out: (after_contact) => order("logged_out", { after_contact }, "state"),
  wrap_up_done: () => order("wrap_up_done", {}, "wrap"),
  extend_wrap_up: () => order("extend_wrap_up", {}, "wrap"),
};

/** Do one of them if it can be done now: for keys, which have no button to be disabled. */
export function tryTo(name) {
  if (desk.peek().can.has(name)) acts[name]();
}

export function draft(contact_id, change) {
  const next = new Map(drafts.peek());
  const made = { disposition: "", note: "", ...next.get(contact_id), ...change };
  if (made.disposition || made.note) next.set(contact_id, made);
  else next.delete(contact_id);
  drafts.value = next;
}

export function discard(contact_id) {
  draft(contact_id, { disposition: "", note: "" });
}

/** Store what was written of a contact; true when there is nothing left to store. */
export async function store(contact_id, slot) {
  const { disposition = "", note = "" } = drafts.peek().get(contact_id) ?? {};
  const text = note.trim();
  if (!disposition && !text) return true;
  const done = disposition
    ? await order("dispose", { contact: contact_id, disposition, ...(text && { note: text }) }, slot)
    : await order("note", { contact: contact_id, note: text }, slot);
  if (done) discard(contact_id);
  return done;
}
