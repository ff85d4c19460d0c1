// Whose page this is: what the sign-in says, else what the address says.
import { signal } from "@preact/signals";

import { post } from "../http.js";
import { learnPerson, person } from "../person.js";

export { person };

/** The agent; null until known, "" when the person has to choose. */
export const me = signal(null);

export async function learnWho() {
  await learnPerson();
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
