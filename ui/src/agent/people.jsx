// Whom to ask, to hand the call to, or to call: one field to type in, and the list of what fits.
import { computed, signal } from "@preact/signals";

import { Elapsed } from "../elapsed.jsx";
import { collator } from "../format.js";
import { Icon } from "../icons.jsx";
import { LOOKS } from "../looks.js";
import { count, language, live, now_ms, phone, state, t } from "../signals.js";
import { troubles } from "./commands.js";
import { choices, target } from "./pick.js";
import { acts, desk } from "./session.js";
import { Trouble } from "./trouble.jsx";
import { me } from "./who.js";

const typed = signal("");
const at = signal(0);
const dialFor = signal("");
/** What was asked last, for "anyway". */
const last = signal(null);

const BY_FORCE = new Set(["queue_closed", "queue_full", "queue_unstaffed", "queue_long_wait"]);

// Rests end by the clock; a list that is drawn again each second would be too much for it.
const tenth = computed(() => Math.floor(now_ms.value / 10_000) * 10_000);
const rows = computed(() =>
  choices(state.value, me.value, typed.value, tenth.value, collator(language.value).compare),
);

/** Go and type: for a key or a button, never by itself. */
export function toSearch() {
  document.getElementById("whom")?.focus();
  document.getElementById("whom")?.select();
}

export function People() {
  const found = rows.value;
  const chosen = Math.min(at.value, found.length - 1);
  const { can } = desk.value;
  return (
    <section class="people" aria-labelledby="people">
      <h2 id="people">{t("people")}</h2>
      <input
        id="whom"
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls="choices"
        aria-activedescendant={chosen >= 0 ? `choice-${chosen}` : undefined}
        aria-label={t("findSomebody")}
        aria-keyshortcuts="T"
        placeholder={t("findSomebody")}
        autocomplete="off"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.target.value;
          at.value = 0;
        }}
        onKeyDown={(event) => keyDown(event, found, chosen)}
      />
      <Trouble slot="people">{<Anyway />}</Trouble>
      {can.has("dial") && found[0]?.kind === "number" && <DialFor />}
      {found.length === 0 ? (
        <p class="nothing">{t("nobodyFound")}</p>
      ) : (
        <ul id="choices" role="listbox" aria-label={t("people")}>
          {found.map((row, place) => (
            <Choice key={`${row.kind} ${row.id}`} row={row} place={place} chosen={place === chosen} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Anyway() {
  const why = troubles.value.get("people");
  const asked = last.value;
  if (!asked?.queue || !BY_FORCE.has(why?.code) || !desk.value.can.has("transfer")) return null;
  return (
    <button type="button" class="small" onClick={() => acts.transfer(asked, true)}>
      {t("transferAnyway")}
    </button>
  );
}

function DialFor() {
  return (
    <label class="dial-for">
      {t("dialFor")}
      <select value={dialFor.value} onChange={(event) => (dialFor.value = event.target.value)}>
        <option value="">{t("noQueue")}</option>
        {state.value.queues.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}

function Choice({ row, place, chosen }) {
  const { can } = desk.value;
  const talks = can.has("consult") || can.has("transfer");
  return (
    <li id={`choice-${place}`} role="option" aria-selected={chosen} data-choice={row.id}>
      <Icon name={ICONS[row.kind]} />
      <span class="choice-name" title={row.name}>
        {row.kind === "number" ? phone(row.name) : row.name}
      </span>
      <Standing row={row} />
      <span class="choice-acts">
        {talks && <RowAct row={row} word="consult" enabled={can.has("consult")} act={consult} />}
        {talks && <RowAct row={row} word="transfer" enabled={can.has("transfer")} act={transfer} />}
        {row.kind === "number" && can.has("dial") && <RowAct row={row} word="dialNumber" enabled act={dial} />}
      </span>
    </li>
  );
}

const ICONS = { agent: "person", queue: "queue", number: "phone" };

function Standing({ row }) {
  if (row.kind === "number") return <span class="standing">{t("numberRow")}</span>;
  if (row.kind === "queue") {
    return (
      <span class="standing">
        {row.open === false ? t("queueClosedRow") : t("queueRow", { count: row.ready, shown: count(row.ready) })}
      </span>
    );
  }
  const [look, icon, word] = LOOKS[row.state];
  return (
    <span class="standing">
      <span class={`state ${look}`}>
        <Icon name={icon} />
        {t(word)}
      </span>{" "}
      <Elapsed since_ms={row.since_ms} />
    </span>
  );
}

function RowAct({ row, word, enabled, act }) {
  return (
    <button
      type="button"
      class="small"
      tabIndex={-1}
      data-does={word}
      disabled={!enabled || !live.value}
      aria-label={t("forWhom", { action: t(word), who: row.name })}
      onClick={() => act(row)}
    >
      {t(word)}
    </button>
  );
}

async function consult(row) {
  last.value = target(row);
  if (await acts.consult(last.value)) typed.value = "";
}

async function transfer(row) {
  last.value = target(row);
  if (await acts.transfer(last.value, false)) typed.value = "";
}

async function dial(row) {
  if (await acts.dial(row.id, dialFor.value)) typed.value = "";
}

function keyDown(event, found, chosen) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length > 0) {
    event.preventDefault();
    at.value = (chosen + step + found.length) % found.length;
    document.getElementById(`choice-${at.value}`)?.scrollIntoView({ block: "nearest" });
  }
  if (event.key === "Enter" && found[chosen]) choose(found[chosen], event.ctrlKey || event.metaKey);
}

/** Enter asks first, with Ctrl it hands over; a number is called by who is free. */
function choose(row, over) {
  const { can } = desk.peek();
  if (over && can.has("transfer")) transfer(row);
  else if (!over && can.has("consult")) consult(row);
  else if (row.kind === "number" && can.has("dial")) dial(row);
}
