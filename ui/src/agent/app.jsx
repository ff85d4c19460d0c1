import { computed, effect, signal } from "@preact/signals";

import { Icon } from "../icons.jsx";
import { agents, clockTime, connection, language, loaded, phone, state, switchLanguage, t } from "../signals.js";
import { CallBar } from "./call-bar.jsx";
import { Canvas } from "./canvas.jsx";
import { keysOn, SHORTCUTS, switchKeys } from "./keyboard.js";
import { People } from "./people.jsx";
import { PhoneBanner, PhoneChip } from "./phone-sheet.jsx";
import { Presence } from "./presence.jsx";
import { desk, nameOf, pop, whoIs } from "./session.js";
import { choose, me, person } from "./who.js";

export function AgentPage() {
  if (!loaded.value || me.value === null) {
    return (
      <main aria-busy="true">
        <p class="nothing">{t("loading")}</p>
      </main>
    );
  }
  const known = state.value.agents.has(me.value);
  return (
    <>
      <Header known={known} />
      {known ? (
        <>
          <main class={connection.value.status === "live" ? "desk" : "desk stale"}>
            <PhoneBanner />
            <Canvas />
            <People />
          </main>
          <CallBar />
        </>
      ) : (
        <Chooser />
      )}
      <Announcer />
    </>
  );
}

function Header({ known }) {
  return (
    <header>
      <h1>
        Centralita
        {known && <span class="own-name">{nameOf(me.value)}</span>}
      </h1>
      {known ? <Presence /> : <span class="presence" />}
      <Connection />
      {known && <PhoneChip />}
      <button type="button" lang={language.value === "es" ? "en" : "es"} onClick={switchLanguage}>
        {t("otherLanguage")}
      </button>
      <Help />
    </header>
  );
}

function Connection() {
  const { status, lost_ms } = connection.value;
  const off = status === "offline";
  return (
    <p class={`state ${status === "live" ? "ready" : off ? "alert" : "not-ready"}`} role={off ? "alert" : "status"}>
      <Icon name={status === "live" ? "live" : off ? "alert" : "not-ready"} />
      {off ? t("offlineSince", { time: clockTime(lost_ms) }) : t(status)}
    </p>
  );
}

function Help() {
  return (
    <>
      <button type="button" id="help-button" popovertarget="help" aria-label={t("help")} aria-keyshortcuts="?">
        ?
      </button>
      <div id="help" class="sheet" popover="auto">
        <h2>{t("shortcuts")}</h2>
        <p class="quiet">{t("shortcutsHint")}</p>
        <dl class="shortcuts">
          {SHORTCUTS.map(([key, word]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{t(word)}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input type="checkbox" checked={keysOn.value} onChange={(event) => switchKeys(event.target.checked)} />
          {t("shortcutsOn")}
        </label>
      </div>
    </>
  );
}

/** With the installation's token, or a name that is in no configuration any more. */
function Chooser() {
  const isPerson = person.value?.kind === "person";
  return (
    <main class="chooser">
      <h2>{t("whoAreYou")}</h2>
      <p class="quiet">{me.value ? t("noSuchAgentHere", { agent: me.value }) : t(isPerson ? "nobodysAccount" : "whoAreYouHint")}</p>
      {!isPerson && (
        <ul class="plain" aria-label={t("chooseAnother")}>
          {agents.value.map(({ id, name }) => (
            <li key={id}>
              <button type="button" data-agent={id} onClick={() => choose(id)}>
                {name}
              </button>
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}

const said = signal("");
const title = computed(() => {
  const { mode, contact, agent } = desk.value;
  if (!contact) return agent ? nameOf(agent.id) : "";
  const who = whoIs(contact, pop.value, phone).title;
  return t(mode === "ringing" ? "titleRinging" : "titleTalking", { who });
});

effect(() => {
  document.title = title.value ? `${title.value} – Centralita` : "Centralita";
});
effect(() => {
  const { mode, contact } = desk.value;
  said.value = mode !== "ringing" || !contact ? "" : t("saysRinging", { who: whoIs(contact, pop.value, phone).title, queue: contact.queue ?? "" });
});

/** Told to who listens to the page: that somebody calls, and who. */
function Announcer() {
  return (
    <p class="unseen" role="alert">
      {said.value}
    </p>
  );
}
