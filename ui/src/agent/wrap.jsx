// What is written of a call: in the talk a note, after it the outcome as well. What was typed is never thrown away.
import { useComputed, useSignal } from "@preact/signals";

import { duration, live, now_ms, t } from "../signals.js";
import { Key } from "./key.jsx";
import { acts, desk, discard, draft, drafts, outcomes, queueOf, store } from "./session.js";
import { Trouble } from "./trouble.jsx";

/** Save what was written, and have done. */
export async function finish() {
  const { agent, can } = desk.peek();
  if (can.has("wrap_up_done") && (await store(agent.contact_id, "wrap"))) acts.wrap_up_done();
}

export function WrapUp({ contact_id }) {
  const { agent, can } = desk.value;
  const written = drafts.value.has(contact_id);
  return (
    <form class="wrap" aria-label={t("wrapTitle")} onSubmit={submit(finish)}>
      <Left until_ms={agent.wrap_until_ms} />
      <Disposition contact_id={contact_id} />
      <Writing contact_id={contact_id} hint="noteAfter" onEnter={finish} />
      <Trouble slot="wrap" />
      <div class="buttons">
        <button type="submit" class="go-on" data-act="wrap_up_done" disabled={!live.value}>
          {t(written ? "saveAndFinish" : "finish")}
          <Key name="Ctrl ⏎" />
        </button>
        {agent.wrap_extensions > 0 && (
          <button type="button" data-act="extend_wrap_up" disabled={!can.has("extend_wrap_up") || !live.value} onClick={acts.extend_wrap_up}>
            {t("moreTime")}
          </button>
        )}
      </div>
    </form>
  );
}

function Left({ until_ms }) {
  const until = useSignal(until_ms);
  until.value = until_ms;
  const left = useComputed(() => (until.value === null ? "" : t("wrapLeft", { time: duration(until.value - now_ms.value + 999) })));
  return <p class="left figure">{left}</p>;
}

/** A note in the talk: whoever gets the call next has it before the bell. */
export function Note({ contact_id }) {
  const saved = useSignal(false);
  const text = drafts.value.get(contact_id)?.note ?? "";
  const save = async () => {
    if (text.trim()) saved.value = await store(contact_id, "note");
  };
  return (
    <form class="note" onSubmit={submit(save)}>
      <Writing contact_id={contact_id} hint="noteInTalk" onEnter={save} onWrite={() => (saved.value = false)} />
      <Trouble slot="note" />
      <div class="buttons">
        <button type="submit" disabled={!text.trim() || !live.value}>
          {t("saveNote")}
          <Key name="Ctrl ⏎" />
        </button>
        <span class="quiet" role="status">
          {saved.value && t("noteSaved")}
        </span>
      </div>
    </form>
  );
}

/** What the clock left unsaved. */
export function Unsaved({ contact_id }) {
  return (
    <form class="wrap" onSubmit={submit(() => store(contact_id, "wrap"))}>
      <h3>{t("unsaved")}</h3>
      <Disposition contact_id={contact_id} />
      <Writing contact_id={contact_id} hint="noteAfter" onEnter={() => store(contact_id, "wrap")} />
      <Trouble slot="wrap" />
      <div class="buttons">
        <button type="submit" disabled={!live.value}>
          {t("save")}
        </button>
        <button type="button" onClick={() => discard(contact_id)}>
          {t("discard")}
        </button>
      </div>
    </form>
  );
}

function Disposition({ contact_id }) {
  const { disposition = "" } = drafts.value.get(contact_id) ?? {};
  const known = dispositionsOf(contact_id);
  const change = (event) => draft(contact_id, { disposition: event.target.value });
  return (
    <label>
      {t("disposition")}
      {known.length > 0 ? (
        <select name="disposition" value={disposition} onChange={change}>
          <option value="">{t("chooseDisposition")}</option>
          {known.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <input name="disposition" value={disposition} maxLength={200} autocomplete="off" onInput={change} />
      )}
    </label>
  );
}

/** Of the queue in whose name it was served; any words will do where it lists none. */
const dispositionsOf = (contact_id) => outcomes.value[queueOf(contact_id)] ?? [];

function Writing({ contact_id, hint, onEnter, onWrite = () => {} }) {
  const { note = "" } = drafts.value.get(contact_id) ?? {};
  return (
    <label>
      {t("note")}
      <textarea
        id="note"
        rows={3}
        maxLength={500}
        aria-keyshortcuts="N"
        placeholder={t(hint)}
        value={note}
        onInput={(event) => {
          draft(contact_id, { note: event.target.value });
          onWrite();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            onEnter();
          }
        }}
      />
    </label>
  );
}

const submit = (act) => (event) => {
  event.preventDefault();
  act();
};
