// Calls that were promised: who waits for one, since when, and what may be done about it.
import { signal } from "@preact/signals";

import { Elapsed } from "../elapsed.jsx";
import { Icon } from "../icons.jsx";
import { may } from "../person.js";
import { clockTime, count, day, live, now_ms, phone, queues, t } from "../signals.js";
import { orders, reading } from "./reading.js";
import { Refused, Section } from "./section.jsx";

export const callbackList = reading("/api/callbacks");
const { act, trouble, busy } = orders(callbackList);

/** How a promise stands: colour, icon and word. */
const PHASES = {
  on_the_line: ["talking", "talking", "callbackOnLine"],
  waiting: ["ringing", "waiting", "callbackWaiting"],
  resting: ["not-ready", "not-ready", "callbackResting"],
  offered: ["ringing", "ringing", "callbackOffered"],
  dialling: ["ringing", "phone", "callbackDialling"],
};
/** How one ended. */
const ENDS = {
  reached: ["ready", "ready", "endReached"],
  by_phone: ["ready", "phone", "endByPhone"],
  no_answer: ["alert", "alert", "endNoAnswer"],
  busy: ["alert", "alert", "endBusy"],
  failed: ["alert", "alert", "endFailed"],
  lost: ["alert", "alert", "endLost"],
  cancelled: ["not-ready", "close", "endCancelled"],
};
const SOURCES = { call: "sourceCall", api: "sourceApi", site: "sourceSite" };

const asking = signal(false);
/** What was promised by this page a moment ago: {number, again}. */
const promised = signal(null);

export function Callbacks() {
  return (
    <Section id="callbacks" word="areaCallbacks" list={callbackList} hint="callbacksHint" tools={<NewButton />}>
      {({ waiting, done }) => (
        <>
          {asking.value && <NewForm />}
          <p class="promised" role="status">
            {promised.value && t(promised.value.again ? "callbackKnown" : "callbackPromised", { number: phone(promised.value.number) })}
          </p>
          {waiting.length === 0 ? <p class="nothing">{t("noCallbacks")}</p> : <Waiting rows={waiting} />}
          {done.length > 0 && <Done rows={done} />}
        </>
      )}
    </Section>
  );
}

const mayChange = () => may("contacts:write");

function NewButton() {
  if (!mayChange()) return null;
  return (
    <button type="button" class="call" aria-expanded={asking.value} disabled={!live.value} onClick={() => (asking.value = !asking.value)}>
      <Icon name="call-back" />
      {t("newCallback")}
    </button>
  );
}

function Waiting({ rows }) {
  return (
    <div class="wide">
      <table class="callback-table">
        <thead>
          <tr>
            <th scope="col" class="col-place">
              {t("place")}
            </th>
            <th scope="col">{t("who")}</th>
            <th scope="col">{t("queue")}</th>
            <th scope="col" class="col-state">
              {t("state")}
            </th>
            <th scope="col" class="col-since">
              {t("promisedAt")}
            </th>
            <th scope="col" class="col-time">
              {t("elapsed")}
            </th>
            <th scope="col" class="col-actions">
              {t("change")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.contact} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function State({ look, icon, word }) {
  return (
    <span class={`state ${look}`}>
      <Icon name={icon} />
      {t(word)}
    </span>
  );
}

function Row({ row }) {
  const why = trouble.value.get(row.contact);
  const [look, icon, word] = PHASES[row.phase] ?? PHASES.waiting;
  return (
    <>
      <tr data-callback={row.contact}>
        <td class="figure col-place">{row.position === null ? "–" : count(row.position)}</td>
        <th scope="row" class="whole">
          <Who row={row} />
        </th>
        <td>
          {row.queue}
          <Source row={row} />
        </td>
        <td>
          <State look={look} icon={icon} word={word} />
        </td>
        <td class="figure">{moment(row.made_ms)}</td>
        <td class="col-time">
          <Elapsed since_ms={row.made_ms} />
        </td>
        <td class="col-actions">
          <button
            type="button"
            class="small"
            aria-label={t("cancelCallbackFor", { who: nameOf(row) })}
            disabled={!live.value || !mayChange() || busy.value.has(row.contact)}
            onClick={() => act(row.contact, "DELETE", `/api/callbacks/${encodeURIComponent(row.contact)}`)}
          >
            {t("cancelCallback")}
          </button>
        </td>
      </tr>
      {why && (
        <tr class="more">
          <td colSpan={7}>
            <Refused error={why} />
          </td>
        </tr>
      )}
    </>
  );
}

const nameOf = (row) => row.name || (row.number ? phone(row.number) : t("numberHidden"));

function Who({ row }) {
  return (
    <>
      <span class={row.name || row.number ? "figure" : "unknown"}>{nameOf(row)}</span>
      {row.name && row.number && <span class="number figure">{phone(row.number)}</span>}
      {row.note && <span class="number">{t("quoted", { text: row.note })}</span>}
    </>
  );
}

/** By which way it was asked for. */
function Source({ row }) {
  const word = SOURCES[row.source];
  return <span class="number">{word && t(word, { site: row.site })}</span>;
}

function Done({ rows }) {
  return (
    <div class="wide">
      <h3 class="done-title">{t("callbacksDone")}</h3>
      <table class="callback-table">
        <thead>
          <tr>
            <th scope="col">{t("who")}</th>
            <th scope="col">{t("queue")}</th>
            <th scope="col" class="col-end">
              {t("became")}
            </th>
            <th scope="col" class="col-since">
              {t("promisedAt")}
            </th>
            <th scope="col" class="col-since">
              {t("endedAt")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const [look, icon, word] = ENDS[row.end] ?? ENDS.failed;
            return (
              <tr key={row.contact} data-done={row.contact}>
                <th scope="row" class="whole">
                  <Who row={row} />
                </th>
                <td>
                  {row.queue}
                  <Source row={row} />
                </td>
                <td>
                  <State look={look} icon={icon} word={word} />
                </td>
                <td class="figure">{moment(row.made_ms)}</td>
                <td class="figure">{moment(row.ended_ms)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The time of a moment, with its day unless that is today. */
function moment(ms) {
  const today = new Date(ms).toDateString() === new Date(now_ms.value).toDateString();
  return today ? clockTime(ms) : t("dayAt", { day: day(ms), time: clockTime(ms) });
}

function NewForm() {
  const ids = queues.value.map(({ id }) => id);
  return (
    <form class="new" onSubmit={promise}>
      <label class="field">
        {t("numberToCallBack")}
        <input name="number" type="tel" inputMode="tel" autocomplete="off" required placeholder="+34 600 000 000" aria-describedby="number-hint" />
      </label>
      <label class="field">
        {t("queue")}
        <select name="queue" required>
          {ids.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="call" disabled={!live.value || busy.value.has("new")}>
        {t("promise")}
      </button>
      <button type="button" onClick={() => (asking.value = false)}>
        {t("close")}
      </button>
      <p class="quiet" id="number-hint">
        {t("numberHint")}
      </p>
      <Refused error={trouble.value.get("new")} />
    </form>
  );
}

async function promise(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const number = form.elements.number.value.replace(/[\s().-]/g, "");
  promised.value = null;
  const made = await act("new", "POST", "/api/callbacks", { number, queue: form.elements.queue.value });
  if (!made) return;
  promised.value = { number, again: made.again };
  asking.value = false;
}
