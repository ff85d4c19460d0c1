// How a contact stands: why it calls, how far it is who it says, and whether we promised it this call.
import { Icon } from "../icons.jsx";
import { ago, now_ms, percent, t } from "../signals.js";

/** Why somebody calls: what was understood, and the words from which it was. */
export function Reason({ known }) {
  const { said, sure } = known?.ivr ?? {};
  if (!known?.intent && !said) return null;
  return (
    <p class="intent">
      <span class="quiet">{t("factIntent")}</span>
      {known.intent && <b>{known.intent}</b>} {said && <q lang={known.language}>{said}</q>}
      {said && (
        <span class="quiet" title={t("byVoiceHint")}>
          {sure ? t("byVoiceSure", { sure: percent(sure) }) : t("byVoice")}
        </span>
      )}
    </p>
  );
}

/** From the least to the most: icon, colour and word. */
const TRUST = {
  none: ["unverified", "not-ready", "trustNone"],
  presented: ["unverified", "not-ready", "trustPresented"],
  matched: ["person", "not-ready", "trustMatched"],
  callback: ["call-back", "not-ready", "trustCallback"],
  pin: ["verified", "ready", "trustPin"],
};

const FAILED = ["unverified", "alert", "trustFailed"];

/** Having tried to prove it in vain weighs more than any number. */
export function Trust({ known }) {
  const failed = known?.ivr?.verified === false;
  const trust = known?.customer?.trust;
  const [icon, look, word] = failed ? FAILED : (TRUST[trust] ?? []);
  if (!word) return null;
  return (
    <span class={`state ${look} trust`} title={t(word === "trustPin" ? "trustPinHint" : "trustHint")} data-trust={failed ? "failed" : trust}>
      <Icon name={icon} />
      {t(word)}
    </span>
  );
}

const promisedAt = (known, contact) => contact?.promised_ms ?? known?.promised_ms ?? null;

/** Whether the contact is one that we call because we promised to. */
export const isCallback = (known, contact) => promisedAt(known, contact) !== null || known?.kind === "callback";

export function Callback({ known, contact }) {
  if (!isCallback(known, contact)) return null;
  const at_ms = promisedAt(known, contact);
  return (
    <b class="callback">
      <Icon name="call-back" />
      {at_ms === null ? t("callbackLabel") : t("callbackAsked", { ago: ago(now_ms.value - at_ms) })}
    </b>
  );
}

/** What the agent is to do while the own telephone rings. */
export function Bell({ answers, callback, who }) {
  if (callback) return <p class="hint">{t("callbackHint", { who })}</p>;
  return answers === "by_hand" && <p class="hint">{t("pickUpHint")}</p>;
}
