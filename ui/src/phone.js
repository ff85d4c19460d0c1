// The state of the browser's telephone. Every way to fail has a word of its own, for which the page knows a remedy.
import { signal } from "@preact/signals";

const LEVEL_EVERY_MS = 120;

/** null until asked for; then {numbers, …}, or {missing: true} where browsers cannot call in. */
export const account = signal(null);
/**
 * `state`: "idle", "asking" (for the microphone), "connecting", "calling", "up", "ended" or "failed".
 * `why`: what failed. `since_ms`: of the talk, this machine's clock; `lasted_ms` once it is over.
 */
export const call = signal({ state: "idle", why: null, since_ms: null, lasted_ms: null });
export const muted = signal(false);
export const keyed = signal("");
export const levels = signal({ mine: 0, theirs: 0, energy: 0 });

let line = null;
let listening = null;
let tries = 0;

export const isBusy = ({ state }) => ["asking", "connecting", "calling", "up"].includes(state);

/** Ask the server whether one can call in from here, and with which account. */
export async function learnAccount() {
  try {
    const answer = await fetch("/api/web-phone", { cache: "no-store", signal: AbortSignal.timeout(8000) });
    account.value = answer.ok ? await answer.json() : { missing: true };
  } catch {
    account.value = { missing: true };
  }
}

/** Dial; everything that happens shows in `call`. */
export async function dial(number) {
  if (isBusy(call.peek())) return;
  const mine = ++tries;
  const given_up = () => mine !== tries;
  muted.value = false;
  keyed.value = "";
  set({ state: "asking", why: null, since_ms: null, lasted_ms: null });
  // Browsers hide the microphone from pages that came over an open network.
  if (!globalThis.isSecureContext || !navigator.mediaDevices) return failed("insecure");
  let microphone;
  try {
    microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch (error) {
    if (!given_up()) failed(MICROPHONE[error.name] ?? "microphoneBroken");
    return;
  }
  try {
    // After a restart of the server the account may be another.
    await learnAccount();
    const { dial: place } = await import(document.getElementById("app").dataset.telephone);
    if (account.value.missing || given_up()) throw new Error("gone");
    line = place(account.value, number, microphone, (state, why) => !given_up() && hear(state, why));
    listening = setInterval(listen, LEVEL_EVERY_MS);
  } catch {
    for (const track of microphone.getTracks()) track.stop();
    if (!given_up()) failed("unreachable");
  }
}

const MICROPHONE = {
  NotAllowedError: "microphoneRefused",
  SecurityError: "microphoneRefused",
  NotFoundError: "microphoneMissing",
  NotReadableError: "microphoneBusy",
};

function hear(state, why) {
  if (state === "ended") over(why);
  else set({ ...call.peek(), state, since_ms: state === "up" ? Date.now() : null });
}

function over(why) {
  const { since_ms } = call.peek();
  set({ state: why ? "failed" : "ended", why, since_ms: null, lasted_ms: since_ms === null ? null : Date.now() - since_ms });
  quiet();
}

function failed(why) {
  set({ state: "failed", why, since_ms: null, lasted_ms: null });
  quiet();
}

function set(next) {
  call.value = next;
}

function quiet() {
  line = null;
  clearInterval(listening);
  levels.value = { mine: 0, theirs: 0, energy: levels.peek().energy };
}

async function listen() {
  const heard = line && (await line.levels());
  if (heard && line) levels.value = heard;
}

export function press(key) {
  if (call.peek().state !== "up") return;
  line.press(key);
  keyed.value = (keyed.peek() + key).slice(-24);
}

export function toggleMute() {
  if (!line) return;
  muted.value = !muted.peek();
  line.mute(muted.peek());
}

export function hangUp() {
  if (!isBusy(call.peek())) return;
  if (line) line.hangUp();
  else {
    tries += 1; // whatever the microphone's question is answered with, nobody waits for it any more
    set({ state: "ended", why: null, since_ms: null, lasted_ms: null });
  }
}

// A page that is left takes its call along; the switch must not wait to find out.
addEventListener("pagehide", hangUp);
