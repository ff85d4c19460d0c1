import { signal } from "@preact/signals";

import { AgentMenu, Buttons, trouble } from "./agent-actions.jsx";
import { Elapsed } from "./elapsed.jsx";
import { Icon } from "./icons.jsx";
import { LOOKS, NEXT, REASONS } from "./looks.js";
import { agents, count, duration, list, now_ms, phone, state, t } from "./signals.js";
import { agentState, vetoes } from "./state.js";

const SHOWN_MAX = 500;
const FILTER_FROM = 15;

const PHONE_GONE = "phone gone";

/** What an agent does with a contact in hand, where it is not simply talking. */
const TALKS = {
  held: "talkHeld",
  consulting: "talkConsulting",
  conference: "talkConference",
  dialling: "talkDialling",
  asked: "talkAsked",
};

const told = (reason) => (REASONS[reason] ? t(REASONS[reason]) : reason);

const wanted = signal("");

export function Agents() {
  const all = agents.value;
  const found = matching(all);
  const { teams, contacts } = state.value;
  return (
    <section aria-labelledby="agents">
      <div class="title">
        <h2 id="agents">{t("agents")}</h2>
        {all.length >= FILTER_FROM && <Filter />}
      </div>
      <p class="trouble" role="alert">
        {trouble.value}
      </p>
      {found.length === 0 ? (
        <p class="nothing">{t(all.length === 0 ? "noAgents" : "noSuchAgent")}</p>
      ) : (
        <table class="agents">
          <thead>
            <tr>
              <th scope="col">{t("agent")}</th>
              <th scope="col" class="col-state">
                {t("state")}
              </th>
              <th scope="col" class="col-time">
                {t("since")}
              </th>
              <th scope="col" class="col-details">
                {t("reason")}
              </th>
              <th scope="col" class="col-actions">
                {t("change")}
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, SHOWN_MAX).map((agent) => (
              <Agent
                key={agent.id}
                agent={agent}
                queues={teams[agent.team]}
                contact={contacts.get(agent.contact_id)}
              />
            ))}
          </tbody>
        </table>
      )}
      {found.length > SHOWN_MAX && <p class="nothing">{t("more", { count: count(found.length - SHOWN_MAX) })}</p>}
      <AgentMenu />
    </section>
  );
}

function Filter() {
  return (
    <input
      type="search"
      placeholder={t("filter")}
      aria-label={t("filter")}
      value={wanted.value}
      onInput={(event) => (wanted.value = event.target.value)}
    />
  );
}

function matching(all) {
  const words = wanted.value.trim().toLocaleLowerCase();
  if (!words) return all;
  const { teams } = state.value;
  return all.filter(({ id, name, team }) =>
    [id, name, ...(teams[team] ?? [])].some((text) => text.toLocaleLowerCase().includes(words)),
  );
}

function Agent({ agent, queues, contact }) {
  return (
    <tr>
      <th scope="row" title={serves(agent, queues)}>
        {agent.name}
      </th>
      <td>
        <State agent={agent} />
      </td>
      <td class="col-time">
        <Elapsed since_ms={agent.since_ms} />
      </td>
      <Details agent={agent} contact={contact} />
      <td class="col-actions">
        <Buttons agent={agent} />
      </td>
    </tr>
  );
}

function serves({ id }, queues) {
  if (!queues || queues.length === 0) return t("servesNothing", { agent: id });
  return t("serves", { agent: id, queues: list(queues) });
}

function State({ agent }) {
  const [look, icon, word] = LOOKS[agentState(agent, clock(agent.resting_until_ms))];
  return (
    <span class={`state ${look}`}>
      <Icon name={icon} />
      {t(word)}
    </span>
  );
}

// Only what ends by the clock alone looks at it; other rows need not be drawn every second.
const clock = (until_ms) => (until_ms === null ? 0 : now_ms.value);

/** With whom, why, for how long still, and what else stands in the way. */
function Details({ agent, contact }) {
  const until_ms = agent.activity === "wrap_up" ? agent.wrap_until_ms : agent.resting_until_ms;
  const left_ms = until_ms === null ? 0 : until_ms - clock(until_ms);
  const shown = agentState(agent, clock(agent.resting_until_ms));
  const reason = told(agent.reason);
  const next = agent.pending_reason ? told(agent.pending_reason) : agent.pending && t(NEXT[agent.pending]);
  const parts = [
    TALKS[agent.talk] && t(TALKS[agent.talk]),
    contact && shown !== "wrap-up" && (contact.number ? phone(contact.number) : contact.queue),
    left_ms > 0 && t("still", { time: duration(left_ms) }),
    // Of one who is ready it tells of the past; that the phone has gone is a veto and said below.
    (agent.presence !== "ready" || shown === "resting") && agent.reason !== PHONE_GONE && reason,
    next && t("afterContact", { reason: next }),
    ...vetoes(agent).map((veto) => veto !== shown && t(LOOKS[veto][2])),
  ];
  const whole = parts.filter(Boolean).join(" · ");
  return (
    <td class="reason figure" title={whole}>
      {whole}
    </td>
  );
}
