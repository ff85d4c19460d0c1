// Asking the server, and ordering: with what proves that an order comes from this page.
const TIMEOUT_MS = 8000;

let csrf = null; // of this session; "" where none is needed, null until known

/** Who signed in: {kind, name, role, agent, …}. Throws when the server does not answer. */
export async function whoAmI() {
  const answer = await get("/api/me");
  csrf = answer.csrf ?? "";
  return answer;
}

/** The JSON at a path. Throws for anything but a 200; a session that has ended leads to the sign-in. */
export async function get(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.status === 401) location.reload(); // the page itself then says how to come in
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** Order something; the answer is a Response. */
export async function post(path, body) {
  if (csrf === null) await whoAmI();
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(csrf && { "X-CSRF-Token": csrf }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}
