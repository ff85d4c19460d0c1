// The middle of the page: who it is, why, how long, and who else is on the line.
import { Elapsed } from "../elapsed.jsx";
import { Icon } from "../icons.jsx";
import { LOOKS, REASONS } from "../looks.js";
import { list, phone, state, t } from "../signals.js";
import { partners } from "./desk.js";
import { Act } from "./call-bar.jsx";
import { Facts } from "./facts.jsx";
import { desk, drafts, nameOf, pop, whoIs } from "./session.js";
import { Preferences } from "./preferences.jsx";
import { Bell, Callback, isCallback, Reason, Trust } from "./standing.jsx";
import { Note, Unsaved, WrapUp } from "./wrap.jsx";

const MODES = {
  ringing: ["ringing", "ringing", "modeRinging"],
  dialling: ["ringing", "phone", "modeDialling"],
  talking: ["talking", "talking", "modeTalking"],
  held: ["ringing", "not-ready", "modeHeld"],
  consulting: ["talking", "person", "modeConsulting"],
  asked: ["talking", "person", "modeAsked"],
  conference: ["talking", "talking", "modeConference"],
  "wrap-up": ["wrap-up", "wrap-up", "modeWrapUp"],
};

export function Canvas() {
  const { mode, agent } = desk.value;
  return (
    <section class={`canvas ${mode}`} aria-label={t("agentPage")} data-mode={mode}>
      {!agent ? <p class="nothing">{t("modeNone")}</p> : MODES[mode] ? <Contact /> : <Idle />}
    </section>
  );
}

function Idle() {
  const { mode, agent } = desk.value;
  const [look, icon, word] = LOOKS[mode];
  const reason = agent.presence === "ready" ? "" : agent.reason;
  const unsaved = [...drafts.value.keys()];
  return (
    <div class="idle">
      <p class={`state ${look} huge`}>
        <Icon name={icon} />
        {t(word)}
      </p>
      <p class="quiet">
        {REASONS[reason] ? `${t(REASONS[reason])} · ` : ""}
        <Elapsed since_ms={agent.since_ms} />
      </p>
      <p class="quiet">{t(mode === "ready" ? "idleReady" : "idleAway")}</p>
      {unsaved.map((contact_id) => (
        <Unsaved key={contact_id} contact_id={contact_id} />
      ))}
    </div>
  );
}

function Contact() {
  const { mode, agent, contact } = desk.value;
  const known = pop.value;
  const who = whoIs(contact, known, phone);
  const [look, icon, word] = MODES[mode];
  return (
    <>
      <div class="mode">
        <span class={`state ${look}`}>
          <Icon name={icon} />
          {t(word)}
        </span>
        {/* In the talk its own clock, which holds and consultations do not set back. */}
        <Elapsed since_ms={mode === "ringing" || mode === "wrap-up" ? agent.since_ms : (contact?.since_ms ?? agent.since_ms)} />
        {contact?.hold_since_ms && mode !== "wrap-up" && <Since word="heldFor" since_ms={contact.hold_since_ms} />}
        {contact?.muted && mode !== "wrap-up" && (
          <span class="state alert muted-now">
            <Icon name="muted" />
            {t("mutedNow")}
          </span>
        )}
      </div>
      <h2 class="who">{who.title}</h2>
      <Under who={who} known={known} contact={contact} />
      <Reason known={known} />
      {mode === "ringing" && <Bell answers={agent.answers} callback={isCallback(known, contact)} who={who.title} />}
      {mode === "dialling" && (
        <p class="hint" role="status">
          {t("customerRings", { who: who.title })}
        </p>
      )}
      {mode === "consulting" && desk.value.consult && <Consult />}
      <Line contact={who.title} />
      {mode === "wrap-up" && <WrapUp contact_id={agent.contact_id} />}
      {contact && known?.customer?.id && <Preferences key={contact.id} contact_id={contact.id} />}
      <Facts known={known} contact={contact} />
      {mode !== "ringing" && mode !== "wrap-up" && contact && <Note contact_id={contact.id} />}
    </>
  );
}

function Since({ word, since_ms }) {
  const [before, behind] = t(word, { time: "|" }).split("|");
  return (
    <span class="quiet">
      {before}
      <Elapsed since_ms={since_ms} />
      {behind}
    </span>
  );
}

function Under({ who, known, contact }) {
  const { segment } = known?.customer ?? {};
  const asks = known?.kind === "consult" && known.by;
  return (
    <p class="under">
      {asks && <b>{t("consultOf", { agent: nameOf(known.by) })}</b>}
      <Callback known={known} contact={contact} />
      {contact?.direction === "outbound" && !isCallback(known, contact) && <b>{t("outgoing")}</b>}
      {who.number && who.number !== who.title && <span class="figure">{who.number}</span>}
      {(segment || contact?.segment) && <span class="mark">{segment || contact.segment}</span>}
      <Trust known={known} />
    </p>
  );
}

function Consult() {
  const { consult } = desk.value;
  const who = thirdName(consult);
  return (
    <div class="consult">
      <p>
        <span class={`state ${consult.state === "up" ? "talking" : "ringing"}`}>
          <Icon name={consult.state === "up" ? "talking" : "ringing"} />
          {t(consult.state === "up" ? "consultConnected" : "consultRinging", { who })}
        </span>{" "}
        <Elapsed since_ms={consult.since_ms} />
      </p>
      <div class="buttons">
        <Act name="complete_transfer" word="completeTransfer" icon="send-on" key_="P" />
        <Act name="conference" word="conference" icon="queue" key_="J" />
        <Act name="cancel_consult" word="cancelConsult" icon="phone" key_="B" />
      </div>
    </div>
  );
}

function thirdName({ agent, number }) {
  if (agent) return nameOf(agent);
  return number ? t("outsidePerson", { number: phone(number) }) : t("outsider");
}

/** Who hears whom at this moment. */
function Line({ contact }) {
  const them = partners(state.value, desk.value).map(({ who, name }) =>
    who === "agent" ? nameOf(name) : who === "outside" ? thirdName({ number: name }) : contact,
  );
  if (them.length === 0) return null;
  return (
    <p class="quiet line">
      {t("onTheLine")}: {list([t("yourself"), ...them])}
    </p>
  );
}
