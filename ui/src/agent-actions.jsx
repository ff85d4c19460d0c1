// What a supervisor (or a newcomer who tries things) may change about an agent.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { post as send } from "./http.js";
import { PAUSES, REASONS } from "./looks.js";
import { connection, language, state, t } from "./signals.js";
import { actionsFor, hasContact, nextTier } from "./state.js";

const TROUBLE_MS = 10000;
/** Why the last change was refused; empty for none. */
export const trouble = signal("");
/** The agent for whom a reason is being chosen, and where. */
const asked = signal(null);
let troubleEnds = null;

const ACTIONS = {
  setReady: ["setReady", "setReadyFor", (agent) => post(agent, "presence", { presence: "ready" })],
  setNotReady: ["setNotReady", "setNotReadyFor", (agent, button) => (asked.value = { agent, button })],
  extendWrapUp: ["extendWrapUp", "extendWrapUpFor", (agent) => post(agent, "wrap-up/extend", {})],
  escalate: ["escalate", "escalateFor", (agent) => post(agent, "escalate", { contact: agent.contact_id })],
  endWrapUp: ["endWrapUp", "endWrapUpFor", (agent) => post(agent, "wrap-up/done", {})],
};

export function Buttons({ agent }) {
  const live = connection.value.status === "live";
  const tier = nextTier(state.value, agent);
  return actionsFor(agent, tier).map((name, place) => {
    const [word, whole, act] = ACTIONS[name];
    // Keyed by place: a button that becomes another keeps the focus in its row.
    return (
      <button
        key={place}
        type="button"
        class="small"
        disabled={!live}
        aria-label={t(whole, { agent: agent.name, queue: tier ?? "" })}
        aria-haspopup={name === "setNotReady" ? "menu" : undefined}
        onClick={(event) => act(agent, event.currentTarget)}
      >
        {t(word)}
      </button>
    );
  });
}

async function post(agent, path, body) {
  trouble.value = "";
  try {
    const answer = await send(`/api/agents/${encodeURIComponent(agent.id)}/${path}`, body);
    if (!answer.ok) complain(agent, (await answer.json())[language.peek()]);
  } catch {
    complain(agent, t("noAnswer"));
  }
}

function complain(agent, why) {
  trouble.value = t("notChanged", { agent: agent.name, why });
  clearTimeout(troubleEnds);
  troubleEnds = setTimeout(() => (trouble.value = ""), TROUBLE_MS);
}

/** One menu for all rows: the reasons for not being ready, beside the button that asked. */
export function AgentMenu() {
  const menu = useRef(null);
  const at = asked.value;
  useLayoutEffect(() => {
    if (at) show(menu.current, at.button);
  }, [at]);
  return (
    <div class="menu" role="menu" popover="auto" ref={menu} aria-label={t("chooseReason")} onToggle={closed} onKeyDown={move}>
      {at &&
        PAUSES.map((reason) => (
          <button key={reason} type="button" role="menuitem" onClick={() => choose(menu.current, reason)}>
            {t(REASONS[reason])}
          </button>
        ))}
    </div>
  );
}

function show(menu, button) {
  const { right, bottom, top } = button.getBoundingClientRect();
  menu.showPopover();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, right - width)}px`;
  menu.style.top = `${bottom + height + 4 < innerHeight ? bottom + 4 : Math.max(4, top - height - 4)}px`;
  menu.firstElementChild.focus();
}

function closed(event) {
  if (event.newState === "closed") asked.value = null;
}

function choose(menu, reason) {
  const { agent, button } = asked.peek();
  menu.hidePopover();
  button.focus();
  post(agent, "presence", { presence: "not_ready", reason, after_contact: hasContact(agent) });
}

function move(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.children];
  const place = items.indexOf(document.activeElement);
  items[(place + step + items.length) % items.length].focus();
}
