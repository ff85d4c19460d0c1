// What callers said, and what was understood: whoever looks after the intents adds the phrases that are missing.
import { computed, signal } from "@preact/signals";

import { Icon } from "../icons.jsx";
import { may } from "../person.js";
import { clockTime, count, day, languageName, list, live, percent, t } from "../signals.js";
import { orders, reading } from "./reading.js";
import { Refused, Section } from "./section.jsx";

export const saidList = reading("/api/said?limit=200");
const { act, trouble, busy } = orders(saidList);

/** What came of what was said: colour, icon and word. */
const OUTCOMES = [
  ["missed", "alert", "alert", "saidMissed"],
  ["denied", "alert", "alert", "saidDenied"],
  ["confirmed", "ready", "ready", "saidConfirmed"],
  ["taken", "ready", "ready", "saidTaken"],
];

const onlyMissed = signal(false);
const inLanguage = signal("");
const search = signal("");
/** What this page has added: row -> {intent, added}. */
const added = signal(new Map());

const wasLost = ({ understood, outcomes }) => understood.length === 0 || (outcomes.missed ?? 0) + (outcomes.denied ?? 0) > 0;

const rows = computed(() => {
  const wanted = search.value.trim().toLowerCase();
  const found = (saidList.data.value?.said ?? []).filter(
    (row) =>
      (!onlyMissed.value || wasLost(row)) &&
      (!inLanguage.value || row.language === inLanguage.value) &&
      (!wanted || row.text.toLowerCase().includes(wanted)),
  );
  return found.sort(
    (a, b) => rank(a) - rank(b) || b.count - a.count || (a.text < b.text ? -1 : 1) || (a.language < b.language ? -1 : 1),
  );
});
/** What never meant anything first, then what was not always taken. */
const rank = (row) => (row.understood.length === 0 ? 0 : wasLost(row) ? 1 : 2);
const languages = computed(() => [...new Set((saidList.data.value?.said ?? []).map(({ language }) => language))].sort());

export function Said() {
  return (
    <Section id="said" word="areaSaid" list={saidList} hint="saidHint" tools={<Filters />}>
      {({ said }) =>
        said.length === 0 ? (
          <p class="nothing">{t("nothingSaid")}</p>
        ) : rows.value.length === 0 ? (
          <p class="nothing">{t("nothingMatches")}</p>
        ) : (
          <Table />
        )
      }
    </Section>
  );
}

function Filters() {
  return (
    <div class="tools">
      <input
        type="search"
        aria-label={t("findSaid")}
        placeholder={t("findSaid")}
        value={search.value}
        onInput={(event) => (search.value = event.target.value)}
      />
      <label class="field">
        {t("saidLanguage")}
        <select value={inLanguage.value} onChange={(event) => (inLanguage.value = event.target.value)}>
          <option value="">{t("allLanguages")}</option>
          {languages.value.map((tag) => (
            <option key={tag} value={tag}>
              {languageName(tag)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={onlyMissed.value} onChange={(event) => (onlyMissed.value = event.target.checked)} />
        {t("onlyMissed")}
      </label>
    </div>
  );
}

function Table() {
  return (
    <div class="wide">
      <table class="said-table">
        <thead>
          <tr>
            <th scope="col">{t("whatWasSaid")}</th>
            <th scope="col" class="col-count">
              {t("times")}
            </th>
            <th scope="col" class="col-language">
              {t("saidLanguage")}
            </th>
            <th scope="col" class="col-understood">
              {t("understood")}
            </th>
            <th scope="col" class="col-outcome">
              {t("became")}
            </th>
            {mayAdd() && (
              <th scope="col" class="col-add">
                {t("addPhrase")}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.value.map((row) => (
            <Row key={`${row.language} ${row.text}`} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }) {
  const id = `${row.language} ${row.text}`;
  const why = trouble.value.get(id);
  return (
    <>
      <tr data-said={row.text}>
        <th scope="row" class="whole">
          <span lang={row.language}>{row.text}</span>
          <span class="number">{list(row.nodes.map(({ node }) => node))}</span>
        </th>
        <td class="figure col-count">{count(row.count)}</td>
        <td>{languageName(row.language)}</td>
        <td class="whole">
          <Understood meanings={row.understood} />
        </td>
        <td>
          <Became row={row} />
        </td>
        {mayAdd() && (
          <td class="col-add">
            <Add row={row} id={id} />
          </td>
        )}
      </tr>
      {why && (
        <tr class="more">
          <td colSpan={6}>
            <Refused error={why} />
          </td>
        </tr>
      )}
    </>
  );
}

function Understood({ meanings }) {
  if (meanings.length === 0) {
    return (
      <span class="state alert">
        <Icon name="alert" />
        {t("notUnderstood")}
      </span>
    );
  }
  return meanings.map(({ meaning, sure }) => (
    <span key={meaning} class="meaning" title={t("sureHint")}>
      {labelOf(meaning)} <span class="quiet figure">{percent(sure)}</span>
    </span>
  ));
}

function Became({ row }) {
  return (
    <>
      {OUTCOMES.filter(([name]) => row.outcomes[name] > 0).map(([name, look, icon, word]) => (
        <span key={name} class={`state ${look} outcome`}>
          <Icon name={icon} />
          {t(word)} <span class="figure">{count(row.outcomes[name])}</span>
        </span>
      ))}
      <span class="number">{t("lastAt", { day: day(row.last_ms), time: clockTime(row.last_ms) })}</span>
    </>
  );
}

const intents = computed(() => saidList.data.value?.intents ?? []);
const labelOf = (id) => intents.value.find((each) => each.id === id)?.label || id;
const mayAdd = () => may("config:write");
const chosen = signal(new Map());

function Add({ row, id }) {
  const done = added.value.get(id);
  if (done) {
    return (
      <span class="state ready whole" role="status">
        <Icon name="ready" />
        {t(done.added ? "phrasePublished" : "phraseKnown", { intent: labelOf(done.intent) })}
      </span>
    );
  }
  const intent = chosen.value.get(id) ?? "";
  return (
    <form class="add" onSubmit={(event) => add(event, row, id, intent)}>
      <select
        aria-label={t("intentFor", { text: row.text })}
        value={intent}
        disabled={intents.value.length === 0}
        onChange={(event) => (chosen.value = new Map(chosen.peek()).set(id, event.target.value))}
      >
        <option value="">{t(intents.value.length === 0 ? "noIntents" : "chooseIntent")}</option>
        {intents.value.map((each) => (
          <option key={each.id} value={each.id}>
            {each.label || each.id}
          </option>
        ))}
      </select>
      <button type="submit" class="small" disabled={!intent || !live.value || busy.value.has(id)}>
        {t("add")}
      </button>
    </form>
  );
}

async function add(event, row, id, intent) {
  event.preventDefault();
  const answer = await act(id, "POST", "/api/said/phrases", { intent, language: row.language, phrase: row.text });
  if (answer) added.value = new Map(added.peek()).set(id, { intent, added: answer.added });
}
