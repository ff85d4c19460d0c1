import { effect, signal } from "@preact/signals";

import { count, queues, t } from "./signals.js";

const QUIET_MS = 5000; // whoever listens to the page must not be talked over

const said = signal("");
const waitingBefore = new Map();
let pending = null;

effect(() => {
  queues.value;
  pending ??= setTimeout(announce, QUIET_MS);
});

function announce() {
  pending = null;
  const changed = queues.peek().filter(({ id, waiting }) => (waitingBefore.get(id) ?? 0) !== waiting);
  for (const { id, waiting } of changed) waitingBefore.set(id, waiting);
  if (changed.length > 0) {
    said.value = changed
      .map(({ id, waiting }) => t("queueAnnounced", { queue: id, count: waiting, shown: count(waiting) }))
      .join(". ");
  }
}

/** Tells a screen reader how many wait, when that changes. */
export function Announcer() {
  return (
    <p class="unseen" aria-live="polite">
      {said}
    </p>
  );
}
