// Whom one may ask or hand a contact to: colleagues, queues and numbers, found by what is typed. Pure.
import { agentState } from "../state.js";

const ROWS_MAX = 40;
const ORDER = ["ready", "resting", "wrap-up", "ringing", "talking", "not-ready", "on-call", "no-screen", "no-phone", "logged-out"];
const NUMBER = /^\+?[\d\s().-]{3,20}$/;

/** The words of a search, without case and accents. */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The number that was typed, as it is dialled; "" for what is none. */
export function typedNumber(text) {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? trimmed.replace(/[\s().-]/g, "") : "";
}

/**
 * The rows for what is typed: {kind, id, name, state?, since_ms?, queue?}, the most useful first.
 *
 * A number comes first when one is typed; then colleagues, the free ones first, then queues.
 */
export function choices(state, me, typed, now_ms, compare) {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const fits = (...texts) => words.every((word) => texts.some((text) => plain(text).includes(word)));
  const number = typedNumber(typed);
  const people = [...state.agents.values()]
    .filter((agent) => agent.id !== me && fits(agent.id, agent.name, ...(state.teams[agent.team] ?? [])))
    .map((agent) => ({
      kind: "agent",
      id: agent.id,
      name: agent.name,
      state: agentState(agent, now_ms),
      since_ms: agent.since_ms,
    }))
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || compare(a.name, b.name));
  const queues = state.queues
    .filter(({ id }) => fits(id))
    .map(({ id, ready, open }) => ({ kind: "queue", id, name: id, ready, open }));
  const outside = number ? [{ kind: "number", id: number, name: number }] : [];
  return [...outside, ...people.slice(0, ROWS_MAX), ...queues.slice(0, ROWS_MAX)];
}

/** As the commands want it. */
export const target = ({ kind, id }) => ({ [kind]: id });
