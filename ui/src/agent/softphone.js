// The telephone of this agent, if it is a browser: one tab of all that are open is it, the others look on.
import { effect, signal } from "@preact/signals";

import { get } from "../http.js";
import { ringIn, startBell, stopBell } from "./bell.js";
import { chosen, isPossible, learnDevices, microphone } from "./devices.js";

const LEVEL_EVERY_MS = 150;
const RETRY_MS = 3000;
const ASKED_MS = 5000; // an order to answer may be here before the call itself

/** null until known; {kind: "sip" | "browser", …} */
export const account = signal(null);
/** "none" (no browser phone), "mirror" (another tab is the telephone) or "leader". */
export const place = signal("none");
/** `line`: "connecting", "ready", "offline", "refused", or why there is none (`microphone…`, "insecure"). */
export const phone = signal({ line: "connecting", call: "none", why: null });
export const levels = signal({ mine: 0, theirs: 0, energy: 0 });
/** Why the microphone could not be had for a call; null for no trouble. */
export const trouble = signal(null);

let line = null;
let channel = null;
let retry = null;
let listening = null;
let askedUntil_ms = 0;
let stepDown = null;

/** Find out what telephone this agent has, and be it if it is a browser and no other tab is. */
export async function startPhone(agent) {
  try {
    account.value = await get(`/api/agents/${encodeURIComponent(agent)}/phone`);
  } catch {
    retry = setTimeout(() => startPhone(agent), RETRY_MS);
    return;
  }
  if (account.value.kind !== "browser") return;
  if (!isPossible()) {
    say({ line: "insecure" });
    return;
  }
  place.value = "mirror";
  channel = new BroadcastChannel(`centralita.phone.${agent}`);
  channel.onmessage = ({ data }) => heard(data);
  channel.postMessage({ ask: true });
  queueUp(agent, {});
  addEventListener("pagehide", () => line?.hangUp());
}

/** Make this tab the telephone; whichever is it now hears of it and stops. Not during a call: it would be lost. */
export function moveHere(agent) {
  queueUp(agent, { steal: true });
}

async function queueUp(agent, how) {
  try {
    await navigator.locks.request(`centralita.phone.${agent}`, how, () => {
      become();
      return new Promise((resolve) => {
        stepDown = resolve;
      });
    });
  } catch {
    resign(); // another tab has taken it
    queueUp(agent, {});
  }
}

function become() {
  place.value = "leader";
  register();
}

function resign() {
  place.value = "mirror";
  clearTimeout(retry);
  line?.close();
  line = null;
  phone.value = { line: "connecting", call: "none", why: null };
  quiet();
  stepDown?.();
  channel.postMessage({ ask: true });
}

/** Registers once there is a microphone: a telephone that rings and cannot be answered helps nobody. */
export async function register() {
  clearTimeout(retry);
  if (place.peek() !== "leader" || line) return;
  try {
    const first = await microphone();
    for (const track of first.getTracks()) track.stop();
  } catch (error) {
    say({ line: error.message });
    navigator.mediaDevices.addEventListener("devicechange", register, { once: true });
    return;
  }
  await learnDevices();
  try {
    const { standby } = await import(document.getElementById("app").dataset.telephone);
    if (place.peek() !== "leader" || line) return;
    line = standby(account.peek(), told);
  } catch {
    say({ line: "offline" });
    retry = setTimeout(register, RETRY_MS);
  }
}

function told(what) {
  if (!what.call) {
    say(what);
    return;
  }
  say({ call: what.call, why: what.why ?? null });
  if (what.call === "ringing") {
    trouble.value = null;
    if (what.answering || Date.now() < askedUntil_ms) answer();
    else startBell();
  } else {
    stopBell();
  }
  if (what.call === "up") listening ??= setInterval(listen, LEVEL_EVERY_MS);
  if (what.call === "none") quiet();
}

function quiet() {
  stopBell();
  clearInterval(listening);
  listening = null;
  levels.value = { mine: 0, theirs: 0, energy: levels.peek().energy };
}

async function listen() {
  const found = line && (await line.levels());
  if (found && listening !== null) levels.value = found;
}

function say(what) {
  phone.value = { ...phone.peek(), ...what };
  channel?.postMessage({ phone: phone.peek() });
}

function heard(data) {
  if (place.peek() === "leader") {
    if (data.ask) channel.postMessage({ phone: phone.peek() });
  } else if (data.phone) {
    phone.value = data.phone;
  }
}

export const isRinging = () => place.peek() === "leader" && phone.peek().call === "ringing";
export const isUp = () => place.peek() === "leader" && phone.peek().call === "up";

/** Pick up what rings, or what is about to ring. */
export async function answer() {
  if (place.peek() !== "leader") return;
  if (phone.peek().call !== "ringing") {
    askedUntil_ms = Date.now() + ASKED_MS;
    return;
  }
  askedUntil_ms = 0;
  trouble.value = null;
  try {
    line.answer(await microphone());
    stopBell();
  } catch (error) {
    trouble.value = error.message;
  }
}

export function decline() {
  line?.decline();
}

export function hangUp() {
  line?.hangUp();
}

export function press(key) {
  if (isUp()) line.press(key);
}

// Another microphone or loudspeaker, at once also in a call.
let before = chosen.peek();
effect(() => {
  const now = chosen.value;
  if (now.speaker !== before.speaker) line?.speakIn(now.speaker);
  if (now.bell !== before.bell) ringIn(now.bell);
  if (now.microphone !== before.microphone && isUp()) changeMicrophone();
  before = now;
});

async function changeMicrophone() {
  try {
    await line.change(await microphone());
  } catch (error) {
    trouble.value = error.message;
  }
}
