// Keeps the state true: reads everything, then listens; reads again when in doubt.
import { connection, health, historyDown, loaded, skew_ms, state } from "./signals.js";
import { FINISHED_MAX, PER_ENTRY, afresh, afterEvent, fromLive, withFinished } from "./state.js";

const TIMEOUT_MS = 8000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5000;
const REREAD_MS = 1000; // after events, at most this often
const SILENCE_MS = 20000; // without any message for so long, ask whether the server is still there
const HEALTH_MS = 10000;
const FINISHED_WAIT_MS = 400;
const FINISHED_RETRY_MS = 2000;

let socket = null;
let retry_ms = RETRY_FIRST_MS;
let heard_ms = 0;
let session = null;
let rereading = null;
let askingAgain = null;
let waiting = [];
let told = 0; // every event up to this number is in the last reading
let heard = null; // number of the last event, for who comes back
let listeners = {};

/**
 * Begin, once for each page.
 *
 * `history`: whether the page shows finished calls. `hidden`: whether it works
 * when nobody sees it. `since`: number of the last event that it had heard when
 * it was reloaded. `hello` is called when a connection is there and messages can
 * be sent, `event` for each event in its turn, be it old (true: it is drawn at
 * once), and `aside` for what is said to this connection alone.
 */
export function start({ history = true, hidden = false, since = null, hello = nothing, event = nothing, aside = nothing } = {}) {
  listeners = { history, hidden, hello, event, aside };
  heard = since;
  connect();
  setInterval(checkSilence, 5000);
  setInterval(readHealth, HEALTH_MS);
  addEventListener("online", checkNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) checkNow();
  });
}

function nothing() {}

/** Number of the last event; null for none yet. */
export const lastHeard = () => heard;

/** Say something to the server. False: there is no connection now. */
export function send(message) {
  if (socket?.readyState !== WebSocket.OPEN || connection.peek().status !== "live") return false;
  socket.send(JSON.stringify(message));
  return true;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function getJson(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
  if (answer.status === 401) location.reload(); // the page itself then says how to come in
  return { status: answer.status, body: await answer.json() };
}

async function connect() {
  try {
    // What is live does not wait for a slow database.
    const finished = listeners.history && Promise.race([readFinished(), pause(FINISHED_WAIT_MS)]);
    await Promise.all([readLive(), readHealth(), finished]);
    loaded.value = true;
  } catch {
    lost();
    return;
  }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  // Whatever happens after that reading is told, by number: nothing twice, nothing missed.
  const mine = new WebSocket(`${scheme}://${location.host}/api/events?resume_from=${heard ?? told}`);
  socket = mine;
  mine.onmessage = (message) => hear(JSON.parse(message.data));
  mine.onclose = () => {
    if (socket === mine) lost();
  };
}

function lost() {
  socket = null;
  if (connection.peek().status !== "offline") {
    connection.value = { status: "offline", lost_ms: Date.now() };
    health.value = null;
  }
  setTimeout(connect, retry_ms * (0.75 + Math.random() / 2));
  retry_ms = Math.min(retry_ms * 2, RETRY_MAX_MS);
}

function hear(message) {
  heard_ms = Date.now();
  if (message.type === "hello") {
    if (session !== null && session !== message.data.session) state.value = afresh(state.peek());
    session = message.data.session;
    // Not known there any more: from now on it counts from what is so now.
    if (!message.data.resumed) heard = null;
    if (message.data.resumed) {
      live();
      rereadSoon();
    }
  } else if (message.type === "snapshot") {
    waiting = [];
    learn(message.data);
    live();
  } else if (message.seq === undefined) {
    listeners.aside(message);
  } else {
    heard = Math.max(heard ?? 0, message.seq);
    // A burst of events is drawn once; what cannot wait for the next picture is there at once.
    if (waiting.length === 0) (document.hidden ? setTimeout : requestAnimationFrame)(applyWaiting);
    waiting.push(message);
    if (listeners.event(message)) applyWaiting();
    rereadSoon();
  }
}

function live() {
  retry_ms = RETRY_FIRST_MS;
  connection.value = { status: "live", lost_ms: null };
  listeners.hello();
}

function applyWaiting() {
  state.value = waiting.reduce(afterEvent, state.peek());
  waiting = [];
}

function learn(now) {
  skew_ms.value = now.at_ms - Date.now();
  state.value = fromLive(state.peek(), now);
  told = now.seq * PER_ENTRY + PER_ENTRY - 1;
}

async function readLive() {
  const { status, body } = await getJson("/api/live");
  if (status !== 200) throw new Error(`/api/live: ${status}`);
  heard_ms = Date.now();
  learn(body);
}

// Some figures (who is ready for which queue) are known to the server alone.
function rereadSoon() {
  rereading ??= setTimeout(async () => {
    rereading = null;
    try {
      if (socket && (listeners.hidden || !document.hidden)) await readLive();
    } catch {
      checkNow();
    }
  }, REREAD_MS);
}

async function readFinished() {
  try {
    const { status, body } = await getJson(`/api/contacts?limit=${FINISHED_MAX}`);
    historyDown.value = status !== 200;
    if (status === 200) state.value = withFinished(state.peek(), body.contacts);
    else askAgain();
  } catch {
    // The connection itself is gone, and the header says so.
  }
}

// A server that has just started answers before its database does.
function askAgain() {
  askingAgain ??= setTimeout(() => {
    askingAgain = null;
    readFinished();
  }, FINISHED_RETRY_MS);
}

async function readHealth() {
  try {
    const { status, body } = await getJson("/health");
    health.value = { ok: status === 200, why: body.why ?? "" };
  } catch {
    health.value = null;
  }
}

function checkSilence() {
  if (socket && Date.now() - heard_ms > SILENCE_MS) checkNow();
}

// A laptop that slept has a socket that looks open: only an answer proves that it is.
async function checkNow() {
  const mine = socket;
  if (!mine) return;
  try {
    await readLive();
  } catch {
    if (socket === mine) {
      mine.onclose = null;
      mine.close();
      lost();
    }
  }
}
