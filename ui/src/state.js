// What the page knows, and how an event changes it. Pure: no clock, no network.
//
// /api/live and `snapshot` give the whole truth; events move it on until the
// next reading. A queue's waiting and talking figures are counted from the
// contacts, so that they can never disagree with the list below them. What only
// the server can know (who could serve whom, why somebody waits) is read again.

export const PER_ENTRY = 4096;
export const FINISHED_MAX = 12;

export const empty = {
  seq: -1,
  config_version: "",
  alarms: [],
  speech: null,
  queues: [],
  teams: [],
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
    speech: live.speech ?? null,
    queues: live.queues.map(({ waiting, talking, longest_wait_since_ms, ...known }) => known),
    teams: alike(state.teams, live.teams) ? state.teams : live.teams,
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
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key] || alike(a[key], b[key]));
}

const alike = (a, b) => typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b);

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
  return change ? { ...next, ...change(next, event.data, Date.parse(event.at)) } : next;
}

/** Of a contact that nothing special happens to. */
const ALONE = { hold_since_ms: null, muted: false, consult: null, conference: false, with_outside: false };

const offerOver = (state, data) => {
  const contact = state.contacts.get(data.contact_id);
  if (!contact || contact.phase !== "offered" || contact.agent !== data.agent) return {};
  return { contacts: put(state.contacts, { ...contact, phase: "waiting", agent: null }) };
};

const changes = {
  "contact.started": (state, data, at_ms) => ({
    contacts: put(state.contacts, {
      id: data.contact_id,
      phase: data.direction === "outbound" ? "dialling" : "ivr",
      queue: null,
      position: null,
      since_ms: at_ms,
      agent: data.agent ?? null,
      direction: data.direction ?? "inbound",
      ...ALONE,
      number: data.customer?.number ?? null,
      customer: customerName(data),
      language: null,
      segment: null,
      head_start_ms: 0,
      step: null,
      why: [],
    }),
    ...(data.direction === "outbound" ? agentHas(state, data.agent, data.contact_id, "dialling") : {}),
  }),
  "contact.identified": (state, data) =>
    moved(state, data, {
      language: data.language,
      segment: data.segment,
      head_start_ms: data.head_start_ms,
      customer: customerName(data),
    }),
  "contact.queued": (state, data, at_ms) =>
    moved(state, data, {
      phase: "waiting",
      queue: data.queue,
      position: data.position,
      since_ms: at_ms,
      why: [],
      customer: customerName(data),
    }),
  "callback.promised": (state, data, at_ms) => moved(state, data, { queue: data.queue, promised_ms: at_ms }),
  "callback.waiting": (state, data) =>
    moved(state, data, { phase: "waiting", queue: data.queue, position: data.position, promised_ms: data.promised_ms, why: [] }),
  "callback.ended": (state, data) => moved(state, data, { promised_ms: null }),
  // Who keeps waiting has only been told something; everybody else has left the line.
  "contact.diverted": (state, data, at_ms) =>
    data.to === "keep_waiting" ? {} : moved(state, data, { phase: "ivr", position: null, since_ms: at_ms, why: [] }),
  // One who is only asked about a contact does not take it: whose it is stays so.
  "offer.announced": (state, data) => ({
    ...(data.kind === "consult" ? {} : moved(state, data, { phase: "offered", queue: data.queue, agent: data.agent })),
    ...agentHas(state, data.agent, data.contact_id, null),
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
      ...ALONE,
    }),
    ...agentHas(state, data.agent, data.contact_id, "talking"),
  }),
  // After a transfer another agent may have it already.
  "segment.ended": (state, data, at_ms) =>
    state.contacts.get(data.contact_id)?.agent === data.agent
      ? moved(state, data, { phase: "after", agent: null, since_ms: at_ms, ...ALONE })
      : {},
  "segment.held": (state, data, at_ms) => talk(state, data, { hold_since_ms: at_ms }, "held"),
  "segment.retrieved": (state, data) => talk(state, data, { hold_since_ms: null }, "talking"),
  "segment.muted": (state, data) => moved(state, data, { muted: data.muted }),
  "consult.started": (state, data, at_ms) => {
    const asked = data.to.kind === "agent" ? data.to.name : null;
    const consult = { agent: asked, outside: asked === null, number: data.to.number ?? null, state: "ringing", since_ms: at_ms };
    return talk(state, data, { consult }, "consulting");
  },
  "consult.connected": (state, data, at_ms) => {
    const { consult } = state.contacts.get(data.contact_id) ?? {};
    const next = talk(state, data, consult ? { consult: { ...consult, state: "up", since_ms: at_ms } } : {}, "consulting");
    return { ...next, ...agentHas({ ...state, ...next }, data.with_agent, data.contact_id, "asked") };
  },
  "consult.ended": (state, data) => {
    const held = state.contacts.get(data.contact_id)?.hold_since_ms;
    return talk(state, data, { consult: null }, held ? "held" : "talking");
  },
  "conference.started": (state, data) => {
    const next = talk(state, data, { ...ALONE, conference: true, with_outside: data.with_agent === null }, "conference");
    return { ...next, ...agentHas({ ...state, ...next }, data.with_agent, data.contact_id, "conference") };
  },
  "conference.ended": (state, data) =>
    data.agent === null
      ? moved(state, data, { conference: false })
      : talk(state, data, { conference: false, with_outside: false, agent: data.agent }, "talking"),
  "outside.connected": (state, data, at_ms) =>
    moved(state, data, { phase: "outside", agent: null, since_ms: at_ms, with_outside: true }),
  "outside.ended": (state, data) => moved(state, data, { with_outside: false }),
  "contact.closed": (state, data) => {
    const contacts = new Map(state.contacts);
    const { number = null, customer = "" } = contacts.get(data.contact_id) ?? {};
    contacts.delete(data.contact_id);
    const row = { ...data, id: data.contact_id, number, customer };
    const finished = [row, ...state.finished.filter(({ id }) => id !== row.id)].slice(0, FINISHED_MAX);
    return { contacts, finished };
  },
  "agent.state": (state, data) => {
    const before = state.agents.get(data.agent);
    const { agent, ...rest } = data;
    const contact_id = data.activity === "idle" ? null : (before?.contact_id ?? null);
    const talk = data.activity === "talking" || data.activity === "offered" ? (before?.talk ?? null) : null;
    const wrap_until_ms = data.activity === "wrap_up" ? (before?.wrap_until_ms ?? null) : null;
    const wrap_extensions = data.activity === "wrap_up" ? (before?.wrap_extensions ?? 0) : 0;
    return { agents: put(state.agents, { ...before, id: agent, contact_id, talk, ...rest, wrap_until_ms, wrap_extensions }) };
  },
  "wrap.started": (state, data) => {
    const agent = state.agents.get(data.agent);
    return agent ? { agents: put(state.agents, { ...agent, wrap_until_ms: data.until_ms }) } : {};
  },
  "wrap.extended": (state, data) => {
    const agent = state.agents.get(data.agent);
    if (!agent) return {};
    const wrap_extensions = Math.max(0, agent.wrap_extensions - 1);
    return { agents: put(state.agents, { ...agent, wrap_until_ms: data.until_ms, wrap_extensions }) };
  },
};

/** Of the record that the number belongs to; what a network says of a name is no record. */
function customerName({ customer }) {
  return customer?.ref ? customer.name : "";
}

function moved(state, data, change) {
  const contact = state.contacts.get(data.contact_id);
  return contact ? { contacts: put(state.contacts, { ...contact, ...change }) } : {};
}

/** A change of a talk, of which the event names contact and agent. */
function talk(state, data, change, doing) {
  return { ...moved(state, data, change), ...agentHas(state, data.agent, data.contact_id, doing) };
}

function agentHas(state, id, contact_id, talk) {
  const agent = state.agents.get(id);
  return agent ? { agents: put(state.agents, { ...agent, contact_id, talk }) } : {};
}

function put(map, row) {
  return new Map(map).set(row.id, row);
}

/** The queues with their figures. */
export function queueFigures(state) {
  const figures = new Map(
    state.queues.map((queue) => [queue.id, { ...queue, waiting: 0, talking: 0, longest_since_ms: null }]),
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

const QUEUES_MAX = 24;

/** Of many queues those that need somebody most, in their usual order: nothing jumps because it got worse. */
export function mostTroubled(figures, max = QUEUES_MAX) {
  if (figures.length <= max) return figures;
  const trouble = ({ waiting, ready, talking }) => (waiting > 0 ? (ready === 0 ? 3 : 2) : talking > 0 ? 1 : 0);
  const first = [...figures].sort(
    (a, b) => trouble(b) - trouble(a) || (a.longest_since_ms ?? 0) - (b.longest_since_ms ?? 0),
  );
  const chosen = new Set(first.slice(0, max));
  return figures.filter((queue) => chosen.has(queue));
}

/** The one word for how a call is: its phase, or what its agent does in the talk. */
export function callState(contact) {
  if (contact.phase !== "talking") return contact.phase;
  if (contact.conference) return "conference";
  if (contact.consult) return "consulting";
  return contact.hold_since_ms ? "held" : "talking";
}

const GROUPS = { outside: "talking", waiting: "waiting", offered: "waiting", promised: "waiting", talking: "talking" };

/** The calls as `{waiting, talking, other}`, longest first. */
export function callGroups(contacts) {
  const groups = { waiting: [], talking: [], other: [] };
  for (const contact of contacts.values()) groups[GROUPS[contact.phase] ?? "other"].push(contact);
  for (const rows of Object.values(groups)) rows.sort((a, b) => a.since_ms - b.since_ms || (a.id < b.id ? -1 : 1));
  return groups;
}

const ACTIVITIES = { offered: "ringing", talking: "talking", wrap_up: "wrap-up" };

/** What keeps an agent from being offered anything, whatever the agent has chosen; the most telling first. */
export function vetoes(agent) {
  const found = [];
  if (agent.in_use) found.push("on-call");
  if (!agent.reachable) found.push("no-phone");
  if (agent.desktop === "gone") found.push("no-screen");
  return found;
}

/** The one word for what an agent is doing; `now_ms` ends a rest. */
export function agentState(agent, now_ms) {
  if (ACTIVITIES[agent.activity]) return ACTIVITIES[agent.activity];
  if (agent.presence === "logged_out") return "logged-out";
  if (agent.presence === "not_ready") return "not-ready";
  const [veto] = vetoes(agent);
  if (veto) return veto;
  if (agent.resting_until_ms !== null && agent.resting_until_ms > now_ms) return "resting";
  return "ready";
}

/** Whether an agent has a contact in hand, so that a pause can wait for its end. */
export function hasContact(agent) {
  return agent.activity !== "idle";
}

/** Where the agent may hand the contact over that they talk to; null for nowhere. */
export function nextTier(state, agent) {
  if (agent.activity !== "talking") return null;
  const queue = state.contacts.get(agent.contact_id)?.queue;
  return state.queues.find(({ id }) => id === queue)?.escalate_to ?? null;
}

/** What a person may do for an agent in this state; `tier` as of `nextTier`. */
export function actionsFor(agent, tier = null) {
  const actions = [];
  if (tier !== null) actions.push("escalate");
  if (agent.activity === "wrap_up") actions.push("endWrapUp");
  if (agent.wrap_extensions > 0) actions.push("extendWrapUp");
  if (agent.presence !== "ready" || agent.pending) actions.push("setReady");
  if (agent.presence === "ready" && !agent.pending) actions.push("setNotReady");
  return actions;
}
