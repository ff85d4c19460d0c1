// What the page knows, and how an event changes it. Pure: no clock, no network.
//
// /api/live and `snapshot` give the whole truth; events move it on until the
// next reading. A queue's waiting and talking figures are counted from the
// contacts, so that they can never disagree with the list below them.

export const PER_ENTRY = 4096;
export const FINISHED_MAX = 12;

export const empty = {
  seq: -1,
  config_version: "",
  alarms: [],
  queues: [],
  agents: new Map(),
  contacts: new Map(),
  finished: [],
};

/** The state after reading the whole truth; an older reading than what events told is left out. */
export function fromLive(state, live) {
  if (Math.floor(state.seq / PER_ENTRY) > live.seq) return state;
  return {
    ...state,
    seq: Math.max(state.seq, live.seq * PER_ENTRY),
    config_version: live.config_version,
    alarms: live.alarms,
    queues: live.queues.map(({ id, ready }) => ({ id, ready })),
    agents: kept(state.agents, live.agents),
    contacts: kept(state.contacts, live.contacts),
  };
}

/** What a new start of the server says replaces everything, its numbers may begin anew. */
export function afresh(state) {
  return { ...state, seq: -1 };
}

// A row that did not change stays the same object, so that only changed rows are drawn again.
function kept(old, rows) {
  return new Map(
    rows.map((row) => {
      const before = old.get(row.id);
      return [row.id, before && same(before, row) ? before : row];
    }),
  );
}

function same(a, b) {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}

/** The finished contacts read from the history, in front of which events put newer ones. */
export function withFinished(state, rows) {
  const told = new Set(state.finished.map((row) => row.id));
  const finished = [...state.finished, ...rows.filter((row) => !told.has(row.id))]
    .sort((a, b) => b.ended_ms - a.ended_ms)
    .slice(0, FINISHED_MAX);
  return { ...state, finished };
}

/** Whether an event is already part of the state. */
export function isOld(state, event) {
  return event.seq <= state.seq;
}

/** The state after an event of the stream. */
export function afterEvent(state, event) {
  if (isOld(state, event)) return state;
  const change = changes[event.type];
  const next = { ...state, seq: event.seq };
  return change ? { ...next, ...change(next, event.data, event.at_ms) } : next;
}

const offerOver = (state, data) => {
  const contact = state.contacts.get(data.contact_id);
  if (!contact || contact.phase !== "offered") return {};
  return { contacts: put(state.contacts, { ...contact, phase: "waiting", agent: null }) };
};

const changes = {
  "contact.started": (state, data, at_ms) => ({
    contacts: put(state.contacts, {
      id: data.contact_id,
      phase: "ivr",
      queue: null,
      position: null,
      since_ms: at_ms,
      agent: null,
      number: data.customer?.number ?? null,
    }),
  }),
  "contact.queued": (state, data, at_ms) =>
    moved(state, data, { phase: "waiting", queue: data.queue, position: data.position, since_ms: at_ms }),
  "offer.announced": (state, data) => ({
    ...moved(state, data, { phase: "offered", queue: data.queue, agent: data.agent }),
    ...agentHas(state, data.agent, data.contact_id),
  }),
  "offer.rejected": offerOver,
  "offer.no_answer": offerOver,
  "offer.busy": offerOver,
  "offer.unreachable": offerOver,
  "offer.failed": offerOver,
  "offer.withdrawn": offerOver,
  "segment.connected": (state, data, at_ms) => ({
    ...moved(state, data, {
      phase: "talking",
      queue: data.queue,
      agent: data.agent,
      position: null,
      since_ms: at_ms,
    }),
    ...agentHas(state, data.agent, data.contact_id),
  }),
  "segment.ended": (state, data, at_ms) =>
    moved(state, data, { phase: "after", agent: null, since_ms: at_ms }),
  "contact.closed": (state, data) => {
    const contacts = new Map(state.contacts);
    const number = contacts.get(data.contact_id)?.number ?? null;
    contacts.delete(data.contact_id);
    const row = { ...data, id: data.contact_id, number };
    const finished = [row, ...state.finished.filter(({ id }) => id !== row.id)].slice(0, FINISHED_MAX);
    return { contacts, finished };
  },
  "agent.state": (state, data) => {
    const before = state.agents.get(data.agent);
    const { agent, ...rest } = data;
    const contact_id = data.activity === "idle" ? null : (before?.contact_id ?? null);
    return { agents: put(state.agents, { ...before, id: agent, contact_id, ...rest }) };
  },
};

function moved(state, data, change) {
  const contact = state.contacts.get(data.contact_id);
  return contact ? { contacts: put(state.contacts, { ...contact, ...change }) } : {};
}

function agentHas(state, id, contact_id) {
  const agent = state.agents.get(id);
  return agent ? { agents: put(state.agents, { ...agent, contact_id }) } : {};
}

function put(map, row) {
  return new Map(map).set(row.id, row);
}

/** The queues with their figures. */
export function queueFigures(state) {
  const figures = new Map(
    state.queues.map(({ id, ready }) => [id, { id, ready, waiting: 0, talking: 0, longest_since_ms: null }]),
  );
  for (const contact of state.contacts.values()) {
    const queue = figures.get(contact.queue);
    if (!queue) continue;
    if (contact.phase === "talking") queue.talking += 1;
    if (contact.phase === "waiting" || contact.phase === "offered") {
      queue.waiting += 1;
      queue.longest_since_ms = Math.min(queue.longest_since_ms ?? Infinity, contact.since_ms);
    }
  }
  return [...figures.values()];
}

const ACTIVITIES = { offered: "ringing", talking: "talking", wrap_up: "wrap-up" };

/** The one word for what an agent is doing; `now_ms` ends a rest. */
export function agentState(agent, now_ms) {
  if (ACTIVITIES[agent.activity]) return ACTIVITIES[agent.activity];
  if (agent.presence === "logged_out") return "logged-out";
  if (!agent.reachable) return "no-phone";
  if (agent.presence === "not_ready") return "not-ready";
  if (agent.resting_until_ms !== null && agent.resting_until_ms > now_ms) return "resting";
  return "ready";
}
