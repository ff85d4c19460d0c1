import { Elapsed } from "./elapsed.jsx";
import { Icon } from "./icons.jsx";
import { calls, count, duration, languageName, list, phone, state, t } from "./signals.js";
import { callState } from "./state.js";
import { whySentence } from "./why.js";

const SHOWN_MAX = 500;

const LOOKS = {
  ivr: ["not-ready", "phaseIvr"],
  waiting: ["ringing", "phaseWaiting"],
  offered: ["ringing", "phaseOffered"],
  talking: ["talking", "phaseTalking"],
  after: ["wrap-up", "phaseAfter"],
  fallback: ["alert", "phaseFallback"],
  dialling: ["ringing", "phaseDialling"],
  promised: ["not-ready", "phasePromised"],
  outside: ["talking", "phaseOutside"],
  held: ["ringing", "phaseHeld"],
  consulting: ["ringing", "phaseConsulting"],
  conference: ["talking", "phaseConference"],
};
/** The icon where it is not the colour's name. */
const ICONS = { waiting: "waiting", held: "not-ready", consulting: "person", dialling: "phone", promised: "call-back", outside: "phone" };
const GROUPS = [
  ["waiting", "groupWaiting"],
  ["talking", "groupTalking"],
  ["other", "groupOther"],
];
const WORDS = { t, count, list, languageName };

export function Calls() {
  const all = GROUPS.reduce((sum, [name]) => sum + calls.value[name].length, 0);
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">{t("calls")}</h2>
      {all === 0 ? (
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
              <th scope="col" class="col-with">
                {t("with")}
              </th>
              <th scope="col" class="col-time">
                {t("elapsed")}
              </th>
            </tr>
          </thead>
          {GROUPS.map(([name, word]) => (
            <Group key={name} word={word} rows={calls.value[name]} />
          ))}
        </table>
      )}
    </section>
  );
}

function Group({ word, rows }) {
  if (rows.length === 0) return null;
  return (
    <tbody>
      <tr class="group">
        <th colSpan={5} scope="rowgroup">
          {t(word, { count: rows.length, shown: count(rows.length) })}
        </th>
      </tr>
      {rows.slice(0, SHOWN_MAX).map((call) => (
        <Call key={call.id} call={call} />
      ))}
      {rows.length > SHOWN_MAX && (
        <tr>
          <td colSpan={5} class="unknown">
            {t("more", { count: count(rows.length - SHOWN_MAX) })}
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Call({ call }) {
  const shown = callState(call);
  const [look, word] = LOOKS[shown] ?? LOOKS.ivr;
  const waits = call.phase === "waiting" || call.phase === "promised";
  const name = call.agent && (state.value.agents.get(call.agent)?.name ?? call.agent);
  return (
    <>
      <tr>
        <th scope="row" class="figure">
          <Caller number={call.number} name={call.customer} />
          {call.promised_ms ? <Promised /> : call.direction === "outbound" && <Mark title={t("outboundHint")}>{t("outbound")}</Mark>}
        </th>
        <td>
          <span class={`state ${look}`}>
            <Icon name={ICONS[shown] ?? look} />
            {call.phase === "waiting" && call.position ? t("phaseWaitingAt", { position: count(call.position) }) : t(word)}
          </span>
        </td>
        <td title={call.queue}>{call.queue ?? "–"}</td>
        <td title={call.agent}>
          <With call={call} name={name} />
        </td>
        <td class="col-time">
          <Elapsed since_ms={shown === "held" ? call.hold_since_ms : call.since_ms} />
        </td>
      </tr>
      {(waits || call.verified != null) && (
        <tr class="more">
          <td colSpan={5}>
            <div>
              {waits && <span class="why">{whySentence(call.why, WORDS) || t("whyUnknown")}</span>}
              <Marks call={call} />
              {waits && call.step && (
                <span class="step" title={t("stepHint")}>
                  {t("step", { step: call.step })}
                </span>
              )}
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

/** The agent, and who else: a conference, somebody asked meanwhile, somebody outside. */
function With({ call, name }) {
  const asked = call.consult && (call.consult.agent ? (state.value.agents.get(call.consult.agent)?.name ?? call.consult.agent) : t("outside"));
  const parts = [name, asked && t("asks", { who: asked }), call.with_outside && t("outside"), call.muted && t("mutedShort")];
  return parts.filter(Boolean).join(" · ") || "–";
}

/** What the rules and the menu have made of the call. */
function Marks({ call }) {
  return (
    <span class="marks">
      <Proof verified={call.verified} />
      {call.segment && <Mark title={t("segmentHint")}>{call.segment}</Mark>}
      {call.language && <Mark title={languageName(call.language)}>{call.language}</Mark>}
      {call.head_start_ms > 0 && <Mark title={t("headStartHint")}>{`+${duration(call.head_start_ms)}`}</Mark>}
    </span>
  );
}

/** Whether the caller has proven who they are: only where a flow has asked. */
function Proof({ verified }) {
  if (verified == null) return null;
  return verified ? <Mark title={t("provenHint")}>{t("proven")}</Mark> : <Mark title={t("unprovenHint")}>{t("unproven")}</Mark>;
}

/** The call is one that we make. */
function Promised() {
  return (
    <span class="number">
      <span class="mark promised" title={t("promisedHint")}>
        <Icon name="call-back" />
        {t("promised")}
      </span>
    </span>
  );
}

function Mark({ title, children }) {
  return (
    <span class="mark" title={title}>
      {children}
    </span>
  );
}

export function Caller({ number, name }) {
  if (!number) return <span class="unknown">{t("unknownCaller")}</span>;
  if (!name) return phone(number);
  return (
    <span title={t("customerHint")}>
      {name} <span class="number">{phone(number)}</span>
    </span>
  );
}
