// The agent's own state, and the one place to change it.
import { Elapsed } from "../elapsed.jsx";
import { Icon } from "../icons.jsx";
import { LOOKS, NEXT, PAUSES, REASONS } from "../looks.js";
import { agentState } from "../state.js";
import { live, t } from "../signals.js";
import { Key } from "./key.jsx";
import { acts, desk, resting } from "./session.js";
import { Trouble } from "./trouble.jsx";
import { person, signOut } from "./who.js";

export function Presence() {
  const { agent } = desk.value;
  if (!agent) return null;
  const [look, icon, word] = LOOKS[agentState(agent, resting.value)];
  const next = agent.pending && (REASONS[agent.pending_reason] ?? NEXT[agent.pending]);
  const isReady = agent.presence === "ready" && !agent.pending;
  return (
    <div class="presence" role="group" aria-label={t("yourState")}>
      <span class={`state ${look}`} role="status">
        <Icon name={icon} />
        {t(word)}
      </span>
      <Elapsed since_ms={agent.since_ms} />
      {next && <span class="quiet">{t("after", { state: t(next) })}</span>}
      <button type="button" aria-keyshortcuts="R" disabled={isReady || !live.value} onClick={acts.ready}>
        {t("takeCalls")}
        <Key name="R" />
      </button>
      <button type="button" id="pause-button" popovertarget="pauses" disabled={!live.value}>
        {t("pause")}
        <span aria-hidden="true"> ▾</span>
      </button>
      <div id="pauses" class="sheet menu-list" popover="auto" role="menu" aria-label={t("chooseReason")} onKeyDown={move} onToggle={opened}>
        {PAUSES.map((reason) => (
          <button key={reason} type="button" role="menuitem" onClick={() => pause(reason)}>
            {t(REASONS[reason])}
          </button>
        ))}
        <hr />
        <button type="button" role="menuitem" onClick={() => pause(null)}>
          {t("leave")}
        </button>
        {person.value?.kind === "person" && (
          <button type="button" role="menuitem" onClick={signOut}>
            {t("signOut")}
          </button>
        )}
      </div>
      <Trouble slot="state" />
    </div>
  );
}

function pause(reason) {
  document.getElementById("pauses").hidePopover();
  // With a contact in hand it waits for its end: nobody is hung up on by a break.
  const later = desk.peek().agent.activity !== "idle";
  if (reason) acts.not_ready(reason, later);
  else acts.logged_out(later);
}

/** Ready, or a break: for the key. */
export function togglePresence() {
  const { agent } = desk.peek();
  if (!agent || !live.peek()) return;
  if (agent.presence !== "ready" || agent.pending) acts.ready();
  else document.getElementById("pauses").showPopover();
}

function opened(event) {
  if (event.newState === "open") event.currentTarget.firstElementChild.focus();
}

function move(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("button")];
  const place = items.indexOf(document.activeElement);
  items[(place + step + items.length) % items.length].focus();
}
