import { computed, signal } from "@preact/signals";

import { AREAS } from "../areas.jsx";
import { Header } from "../header.jsx";
import { may, person } from "../person.js";
import { connection, t } from "../signals.js";
import { callbackList, Callbacks } from "./callbacks.jsx";
import { flowList, Flows } from "./flows.jsx";
import { Said, saidList } from "./said.jsx";
import { Voicemail, voicemailList } from "./voicemail.jsx";

/** What is shown under each address, the list it needs, and what of the centre's events may change that. */
const PARTS = {
  flows: { show: Flows, list: flowList, changes: /^config\./ },
  said: { show: Said, list: saidList, changes: /^(config|contact)\./ },
  callbacks: { show: Callbacks, list: callbackList, changes: /^(callback|contact|segment|offer)\./ },
  voicemail: { show: Voicemail, list: voicemailList, changes: /^(voicemail|contact)\./ },
};

const address = signal(location.hash);
addEventListener("hashchange", () => (address.value = location.hash));
/** Name of the part that the address asks for; the first one where it asks for none. */
const part = computed(() => AREAS.find(([, , path]) => path === `/flujos${address.value}`)?.[0] ?? "flows");

export function readShown() {
  PARTS[part.peek()].list.read();
}

/** Something has happened in the centre. */
export function heard(event) {
  const { list, changes } = PARTS[part.peek()];
  if (changes.test(event.type)) list.readSoon();
}

addEventListener("hashchange", readShown);

export function FlowsPage() {
  const { show: Show } = PARTS[part.value];
  const [, word, , right] = AREAS.find(([name]) => name === part.value);
  const stale = connection.value.status === "offline";
  document.title = `${t(word)} – Centralita`;
  return (
    <>
      <Header here={part.value} />
      <main class={stale ? "stale" : ""} aria-busy={person.value === null}>
        {person.value === null ? (
          <p class="nothing">{t("loading")}</p>
        ) : may(right) ? (
          <Show />
        ) : (
          <p class="nothing">{t("notForYou", { right })}</p>
        )}
      </main>
    </>
  );
}
