// What the agent orders, and why it was refused: said beside the button until the next try there.
import { signal } from "@preact/signals";

import { send } from "../connection.js";
import { me } from "./who.js";

const ANSWER_MS = 8000;

/** Slot of the page -> {es, en, code}; a slot without trouble is not there. */
export const troubles = signal(new Map());
/** Slots in which an order is on its way. */
export const pending = signal(new Set());

const waiting = new Map();
let number = 0;
const run = Math.random().toString(36).slice(2, 10);

const OFFLINE = {
  es: "No hay conexión con el servidor. La orden no se ha enviado.",
  en: "There is no connection to the server. Nothing was sent.",
};
const SILENT = {
  es: "El servidor no ha contestado a la orden. Compruebe cómo ha quedado e inténtelo otra vez.",
  en: "The server did not reply. See how things stand and try again.",
};

/**
 * Order something for this agent; true when it was done.
 *
 * `slot` is the place of the page that says why it was not.
 */
export async function order(command, fields = {}, slot = "call") {
  complain(slot, null);
  const message = { command, command_id: `${run}-${++number}`, agent: me.peek(), ...fields };
  const result = await asked(message, slot);
  if (result.status !== "done") complain(slot, { ...result.why, code: result.code ?? result.title ?? "" });
  return result.status === "done";
}

async function asked(message, slot) {
  if (!send(message)) return { status: "offline", why: OFFLINE };
  mark(slot, message.command_id, true);
  try {
    return await new Promise((resolve) => {
      waiting.set(message.command_id, { resolve, message });
      setTimeout(() => resolve({ status: "silent", why: SILENT }), ANSWER_MS);
    });
  } finally {
    waiting.delete(message.command_id);
    mark(slot, message.command_id, false);
  }
}

/** The server's answer to one of them. */
export function answered(result) {
  waiting.get(result.command_id)?.resolve(result);
}

/** The connection was lost and is back: whatever has no answer is asked again; its id keeps it from being done twice. */
export function askAgain() {
  for (const { message } of waiting.values()) send(message);
}

export function complain(slot, why) {
  if (!why && !troubles.peek().has(slot)) return;
  const next = new Map(troubles.peek());
  if (why) next.set(slot, why);
  else next.delete(slot);
  troubles.value = next;
}

function mark(slot, id, on) {
  const next = new Set(pending.peek());
  if (on) next.add(`${slot} ${id}`);
  else next.delete(`${slot} ${id}`);
  pending.value = next;
}
