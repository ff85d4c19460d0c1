// All that is known of a contact, so that nothing has to be asked twice.
import { clockTime, count, day, duration, languageName, t } from "../signals.js";
import { earlierTalks } from "./pops.js";
import { nameOf } from "./session.js";

const OUTCOMES = {
  answered: "outcomeAnswered",
  abandoned_queue: "outcomeAbandonedQueue",
  abandoned_ivr: "outcomeAbandonedIvr",
  voicemail: "outcomeVoicemail",
};

const MODES = { speech: "modeSpeech", keys: "modeKeys" };

export function Facts({ known, contact }) {
  const { notes = [], handed = [] } = known?.earlier ?? {};
  const talks = earlierTalks(known);
  const calls = known?.customer?.last_contacts ?? [];
  return (
    <div class="facts">
      {notes.length > 0 && <Notes notes={notes} />}
      <List title="about" rows={factsOf(known, contact)} />
      <List title="fromMenu" rows={entries(known?.ivr?.values)} />
      <List title="attached" rows={attachedOf(known)} />
      <List title="record" rows={entries(known?.customer?.fields)} />
      <Lines
        title="earlier"
        rows={[
          ...talks.map(({ agent, queue, length_ms }) =>
            t("earlierTalk", { agent: nameOf(agent), queue: queue ?? "–", time: duration(length_ms) }),
          ),
          ...handed.map(({ agent, to, at_ms }) =>
            t("handedOver", { agent: nameOf(agent), to: to ? nameOf(to) : t("outsider"), time: clockTime(at_ms) }),
          ),
        ]}
      />
      <Lines title="lastContacts" rows={calls.map(lastContact)} />
    </div>
  );
}

/** What colleagues wrote: the first thing to be read. */
function Notes({ notes }) {
  return (
    <section>
      <h3>{t("notes")}</h3>
      <ul class="notes">
        {notes.map(({ agent, text, at_ms }) => (
          <li key={`${agent} ${at_ms}`}>
            <p>{text}</p>
            <p class="quiet">{t("noteBy", { agent: nameOf(agent), time: clockTime(at_ms) })}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Lines({ title, rows }) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h3>{t(title)}</h3>
      <ul class="plain figure">
        {rows.map((row, place) => (
          <li key={place}>{row}</li>
        ))}
      </ul>
    </section>
  );
}

const lastContact = ({ ended_ms, outcome, queue, talk_ms }) =>
  [day(ended_ms), OUTCOMES[outcome] && t(OUTCOMES[outcome]), queue, talk_ms > 0 && duration(talk_ms)].filter(Boolean).join(" · ");

function List({ title, rows }) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h3>{t(title)}</h3>
      <dl class="fact-list">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function factsOf(known, contact) {
  const why = known?.why_you;
  const language = known?.language || contact?.language || known?.customer?.language;
  const { path = [], inputs = {} } = known?.ivr ?? {};
  return [
    [t("factQueue"), known?.queue || contact?.queue],
    [t("factPath"), path.map(({ node, label }) => label || node).join(" › ")],
    [t("factInputs"), Object.entries(inputs).map(([place, keys]) => `${place.replace(/^.*\//, "")} ${keys}`).join(", ")],
    [t("factMode"), MODES[known?.ivr?.mode] && t(MODES[known.ivr.mode])],
    [t("factWaited"), why && why.waited_ms >= 1000 && duration(why.waited_ms)],
    [t("factBy"), known?.by && known.kind !== "consult" && nameOf(known.by)],
    [t("factLanguage"), language && languageName(language)],
    [t("factWhyYou"), why && why.matched.join(", ").replaceAll(">=", "≥")],
    [t("factCalls"), known?.customer?.calls_24h > 0 && count(known.customer.calls_24h)],
  ].filter(([, value]) => value);
}

const attachedOf = (known) =>
  Object.entries(known?.attached ?? {}).map(([key, { value, left_out }]) => [key, left_out ? t("tooLong") : text(value)]);

const entries = (given) => Object.entries(given ?? {}).map(([name, value]) => [name, text(value)]);

/** Any JSON, as a person reads it. */
function text(value) {
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (value === null || value === undefined) return "–";
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${text(each)}`)
    .join(" · ");
}
