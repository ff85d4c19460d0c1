// Lists that the server keeps: read when they are looked at, read again when something may have changed them.
import { signal } from "@preact/signals";

import { get, order } from "../http.js";
import { language, t } from "../signals.js";

const AGAIN_MS = 1000;

/**
 * A list at a path: `data` is null until it has been read, `trouble` says why it could not be.
 *
 * What was read stays when it cannot be read again: the page's head says that it is old.
 */
export function reading(path) {
  const data = signal(null);
  const trouble = signal(null);
  let soon = null;
  async function read() {
    try {
      data.value = await get(path);
      trouble.value = null;
    } catch (error) {
      trouble.value = error;
    }
  }
  function readSoon() {
    soon ??= setTimeout(() => {
      soon = null;
      read();
    }, AGAIN_MS);
  }
  return { data, trouble, read, readSoon };
}

/** Why something could not be done, for a person: the server's words, else that it does not answer. */
export function sentence(error) {
  return error[language.value] || t("noAnswer");
}

/**
 * Orders of one place of the page: `act` does one and reads the list again, `trouble` is why the last one was
 * refused, by the row it was about. Nothing is shown as done that the server has not said.
 */
export function orders(list) {
  const trouble = signal(new Map());
  const busy = signal(new Set());
  async function act(row, method, path, body) {
    trouble.value = without(trouble.peek(), row);
    busy.value = new Set(busy.peek()).add(row);
    try {
      return await order(method, path, body);
    } catch (error) {
      trouble.value = new Map(trouble.peek()).set(row, error);
      return null;
    } finally {
      await list.read();
      const rest = new Set(busy.peek());
      rest.delete(row);
      busy.value = rest;
    }
  }
  return { act, trouble, busy };
}

function without(map, key) {
  const next = new Map(map);
  next.delete(key);
  return next;
}
