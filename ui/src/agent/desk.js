// What one agent has in hand and may do now. Pure: the truth of the server in, what the page shows out.
import { agentState } from "../state.js";

const EMPTY = { mode: "none", contact: null, agent: null, consult: null, can: new Set() };

/**
 * The desk of an agent: `mode` is the one word for what the page shows, `can` what may be done.
 *
 * `phone`: {ringing, talking}, this tab's own telephone. `now_ms` ends a rest.
 */
export function desk(state, id, phone, now_ms) {
  const agent = state.agents.get(id);
  if (!agent) return EMPTY;
  const contact = state.contacts.get(agent.contact_id) ?? null;
  const mode = modeOf(agent, now_ms);
  const consult = mode === "consulting" ? (contact?.consult ?? null) : null;
  return { mode, agent, contact, consult, can: allowed(mode, agent, contact, consult, phone) };
}

function modeOf(agent, now_ms) {
  if (agent.activity === "wrap_up") return "wrap-up";
  if (agent.talk === "dialling") return "dialling";
  if (agent.activity === "offered") return "ringing";
  if (agent.activity === "talking") return agent.talk ?? "talking";
  return agentState(agent, now_ms);
}

const TALKS = new Set(["talking", "held", "consulting", "conference", "asked", "dialling"]);
const OWN = new Set(["talking", "held", "consulting", "conference"]);
const STEADY = new Set(["talking", "held"]);

function allowed(mode, agent, contact, consult, phone) {
  const rings = mode === "ringing" || phone.ringing;
  const rules = {
    answer: rings,
    decline: phone.ringing,
    hang_up: !rings && (TALKS.has(mode) || phone.talking),
    hold: mode === "talking",
    retrieve: mode === "held",
    mute: OWN.has(mode),
    consult: STEADY.has(mode),
    transfer: STEADY.has(mode),
    cancel_consult: mode === "consulting",
    complete_transfer: consult?.state === "up",
    conference: consult?.state === "up",
    keypad: phone.talking,
    dial: agent.activity === "idle" && agent.presence !== "logged_out" && agent.reachable && !agent.in_use,
    note: contact !== null,
    wrap_up_done: mode === "wrap-up",
    extend_wrap_up: mode === "wrap-up" && agent.wrap_extensions > 0,
  };
  return new Set(Object.keys(rules).filter((name) => rules[name]));
}

/**
 * Who hears this agent now, besides whoever is on hold: {who: "contact" | "agent" | "outside", name}.
 *
 * Nobody while somebody is only being rung.
 */
export function partners(state, { mode, contact, consult, agent }) {
  if (!contact) return [];
  const them = { who: "contact", name: contact.number ?? "" };
  if (mode === "talking") return [them];
  if (mode === "asked") return contact.agent ? [{ who: "agent", name: contact.agent }] : [];
  if (mode === "consulting") return consult?.state === "up" ? [third(consult)] : [];
  if (mode !== "conference") return [];
  const others = [...state.agents.values()].filter(({ id, contact_id, talk }) => id !== agent.id && contact_id === contact.id && talk === "conference");
  const outside = contact.with_outside ? [third({ agent: null })] : [];
  return [them, ...others.map(({ id }) => third({ agent: id })), ...outside];
}

const third = ({ agent, number }) => (agent ? { who: "agent", name: agent } : { who: "outside", name: number ?? "" });
