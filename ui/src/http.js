// Asking the server, and ordering: with what proves that an order comes from this page.
const TIMEOUT_MS = 8000;

let csrf = null; // of this session; "" where none is needed, null until known

/** Who signed in: {kind, name, role, agent, …}. Throws when the server does not answer. */
export async function whoAmI() {
  const answer = await get("/api/me");
  csrf = answer.csrf ?? "";
  return answer;
}

/** What the server refuses, in its own words: `es` and `en`, empty when it has none. */
export class Refusal extends Error {
  constructor(path, status, body) {
    super(`${path}: ${status}`);
    Object.assign(this, { status, es: body.es ?? "", en: body.en ?? "", body });
  }
}

/** The JSON at a path. Throws a Refusal for anything but a 200; a session that has ended leads to the sign-in. */
export async function get(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.status === 401) location.reload(); // the page itself then says how to come in
  return told(path, answer);
}

/** Order something; the answer is a Response. */
export const post = (path, body) => send("POST", path, body);

/** Order something; the answer is what the server says of it. Throws a Refusal. */
export async function order(method, path, body) {
  return told(path, await send(method, path, body));
}

async function send(method, path, body) {
  if (csrf === null) await whoAmI();
  return fetch(path, {
    method,
    headers: { ...(body && { "Content-Type": "application/json" }), ...(csrf && { "X-CSRF-Token": csrf }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

async function told(path, answer) {
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(path, answer.status, body);
  return body;
}
