import { Elapsed } from "./elapsed.jsx";
import { Icon } from "./icons.jsx";
import { language, now_ms, state, t } from "./signals.js";
import { agentState } from "./state.js";

const LOOKS = {
  ready: ["ready", "stateReady"],
  ringing: ["ringing", "stateRinging"],
  talking: ["talking", "stateTalking"],
  "wrap-up": ["wrap-up", "stateWrapUp"],
  resting: ["not-ready", "stateResting"],
  "not-ready": ["not-ready", "stateNotReady"],
  "no-phone": ["alert", "stateNoPhone"],
  "logged-out": ["logged-out", "stateLoggedOut"],
};

export function Agents() {
  const agents = [...state.value.agents.values()].sort((a, b) => a.id.localeCompare(b.id, language.value));
  return (
    <section aria-labelledby="agents">
      <h2 id="agents">{t("agents")}</h2>
      {agents.length === 0 ? (
        <p class="nothing">{t("noAgents")}</p>
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
              <th scope="col">{t("reason")}</th>
            </tr>
          </thead>
          <tbody>
            {agents.map((agent) => (
              <Agent key={agent.id} agent={agent} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Agent({ agent }) {
  return (
    <tr>
      <th scope="row" title={agent.id}>
        {agent.id}
      </th>
      <td>
        <State agent={agent} />
      </td>
      <td class="col-time">
        <Elapsed since_ms={agent.since_ms} />
      </td>
      <td class="reason" title={agent.reason}>
        {agent.reason}
      </td>
    </tr>
  );
}

function State({ agent }) {
  // Only a rest ends by the clock alone; other rows need not be looked at every second.
  const now = agent.resting_until_ms === null ? 0 : now_ms.value;
  const [look, word] = LOOKS[agentState(agent, now)];
  return (
    <span class={`state ${look}`}>
      <Icon name={look} />
      {t(word)}
    </span>
  );
}
