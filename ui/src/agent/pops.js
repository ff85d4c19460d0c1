// What was told of a contact before the bell, kept while the contact is in hand. Pure.

/** The pops after an event, by contact; only those of this agent. */
export function withEvent(pops, event, me) {
  const { type, data } = event;
  if (type === "offer.announced" && data.agent === me) return put(pops, data.contact_id, data);
  const known = pops.get(data?.contact_id);
  if (!known) return pops;
  if (type === "contact.identified") {
    return put(pops, data.contact_id, { ...known, customer: { ...known.customer, ...data.customer } });
  }
  if (type === "contact.data") return put(pops, data.contact_id, { ...known, attached: data.attached });
  if (type === "contact.noted" && data.note) return put(pops, data.contact_id, withNote(known, data.note));
  if (type === "contact.closed") {
    // It is still needed for the work after the call; the next pop takes its place.
    return put(pops, data.contact_id, { ...known, closed: true });
  }
  return pops;
}

function withNote(pop, note) {
  const { notes = [], ...earlier } = pop.earlier ?? {};
  const others = notes.filter(({ id }) => id === undefined || id !== note.id);
  return { ...pop, earlier: { ...earlier, notes: [...others, note] } };
}

/** Without those that nobody needs: closed, and not in hand. */
export function inHand(pops, contact_id) {
  const kept = [...pops].filter(([id, pop]) => id === contact_id || !pop.closed);
  return kept.length === pops.size ? pops : new Map(kept);
}

function put(pops, id, pop) {
  return new Map(pops).set(id, pop);
}

/** Segments before this agent, as lines: {kind, agent, queue, length_ms}. The one that runs is left out. */
export function earlierTalks(pop) {
  return (pop?.earlier?.segments ?? [])
    .filter(({ kind, agent }) => kind === "talking" && agent)
    .map(({ kind, agent, queue, start_ms, end_ms }) => ({ kind, agent, queue, length_ms: end_ms - start_ms }));
}
