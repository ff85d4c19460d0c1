// Whose page this is: what the sign-in says, else what the address says.
import { signal } from "@preact/signals";

import { post, whoAmI } from "../http.js";

const RETRY_MS = 2000;

/** The agent; null until known, "" when the person has to choose. */
export const me = signal(null);
/** Who signed in, as `whoAmI` tells; `kind` is "person" for somebody with a session. */
export const person = signal(null);

export async function learnWho() {
  while (person.peek() === null) {
    try {
      person.value = await whoAmI();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  const asked = person.value.kind === "person" ? "" : new URLSearchParams(location.search).get("agent");
  me.value = person.value.agent || asked || "";
}

/** Of who may be any agent: the choice stays in the address, so that it can be kept as a bookmark. */
export function choose(agent) {
  const address = new URL(location.href);
  address.searchParams.set("agent", agent);
  location.assign(address);
}

export async function signOut() {
  await post("/api/sign-out", {});
  location.reload(); // the page itself then says how to come in
}
