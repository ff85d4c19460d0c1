import { Elapsed } from "./elapsed.jsx";
import { Icon } from "./icons.jsx";
import { count, phone, state, t } from "./signals.js";

const SHOWN_MAX = 500;

const LOOKS = {
  ivr: ["not-ready", "phaseIvr"],
  waiting: ["ringing", "phaseWaiting"],
  offered: ["ringing", "phaseOffered"],
  talking: ["talking", "phaseTalking"],
  after: ["wrap-up", "phaseAfter"],
};

export function Calls() {
  const calls = [...state.value.contacts.values()].sort(
    (a, b) => a.since_ms - b.since_ms || (a.id < b.id ? -1 : 1),
  );
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">{t("calls")}</h2>
      {calls.length === 0 ? (
        <p class="nothing">{t("noCalls")}</p>
      ) : (
        <table class="calls">
          <thead>
            <tr>
              <th scope="col" class="col-phone">
                {t("caller")}
              </th>
              <th scope="col" class="col-state">
                {t("phase")}
              </th>
              <th scope="col">{t("queue")}</th>
              <th scope="col">{t("with")}</th>
              <th scope="col" class="col-time">
                {t("elapsed")}
              </th>
            </tr>
          </thead>
          <tbody>
            {calls.slice(0, SHOWN_MAX).map((call) => (
              <Call key={call.id} call={call} />
            ))}
          </tbody>
        </table>
      )}
      {calls.length > SHOWN_MAX && (
        <p class="nothing">{t("more", { count: count(calls.length - SHOWN_MAX) })}</p>
      )}
    </section>
  );
}

function Call({ call }) {
  const [look, word] = LOOKS[call.phase] ?? LOOKS.ivr;
  const at = call.phase === "waiting" && call.position;
  return (
    <tr>
      <th scope="row" class="figure">
        <Caller number={call.number} />
      </th>
      <td>
        <span class={`state ${look}`}>
          <Icon name={call.phase === "waiting" ? "waiting" : look} />
          {at ? t("phaseWaitingAt", { position: count(call.position) }) : t(word)}
        </span>
      </td>
      <td title={call.queue}>{call.queue ?? "–"}</td>
      <td title={call.agent}>{call.agent ?? "–"}</td>
      <td class="col-time">
        <Elapsed since_ms={call.since_ms} />
      </td>
    </tr>
  );
}

export function Caller({ number }) {
  return number ? phone(number) : <span class="unknown">{t("unknownCaller")}</span>;
}
