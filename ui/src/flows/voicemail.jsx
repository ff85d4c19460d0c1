// Messages that callers left: heard here, and answered by a call.
import { computed, signal } from "@preact/signals";

import { Icon } from "../icons.jsx";
import { may } from "../person.js";
import { clockTime, day, duration, live, phone, t } from "../signals.js";
import { orders, reading } from "./reading.js";
import { Refused, Section } from "./section.jsx";

export const voicemailList = reading("/api/voicemail");
const { act, trouble, busy } = orders(voicemailList);

const onlyNew = signal(false);
/** Of what was begun for a message: the words that say so. */
const told = signal(new Map());

const rows = computed(() => {
  const all = voicemailList.data.value?.messages ?? [];
  return all.filter(({ heard_ms }) => !onlyNew.value || !heard_ms);
});

export function Voicemail() {
  return (
    <Section id="voicemail" word="areaVoicemail" list={voicemailList} hint="voicemailHint" tools={<Filter />}>
      {({ messages }) =>
        messages.length === 0 ? (
          <p class="nothing">{t("noMessages")}</p>
        ) : rows.value.length === 0 ? (
          <p class="nothing">{t("allHeard")}</p>
        ) : (
          <ul class="messages">
            {rows.value.map((row) => (
              <Message key={row.id} row={row} />
            ))}
          </ul>
        )
      }
    </Section>
  );
}

function Filter() {
  return (
    <div class="tools">
      <label class="check">
        <input type="checkbox" checked={onlyNew.value} onChange={(event) => (onlyNew.value = event.target.checked)} />
        {t("onlyNew")}
      </label>
    </div>
  );
}

function Message({ row }) {
  const path = `/api/voicemail/${encodeURIComponent(row.id)}`;
  const who = row.name || (row.number ? phone(row.number) : t("numberHidden"));
  const when = t("dayAt", { day: day(row.left_ms), time: clockTime(row.left_ms) });
  const off = !live.value || busy.value.has(row.id);
  return (
    <li data-message={row.id} aria-label={t("messageOf", { who, when })}>
      <div class="message-head">
        <span class={`state ${row.heard_ms ? "not-ready" : "ringing"}`}>
          <Icon name={row.heard_ms ? "ready" : "voicemail"} />
          {t(row.heard_ms ? "heard" : "notHeard")}
        </span>
        <b>{who}</b>
        {row.name && row.number && <span class="quiet figure">{phone(row.number)}</span>}
        <span class="quiet">{row.box}</span>
        <span class="quiet figure">{when}</span>
        <span class="quiet figure">{duration(row.length_ms)}</span>
      </div>
      <audio controls preload="none" src={`${path}/audio`} aria-label={t("playOf", { who })} />
      <div class="buttons">
        <button type="button" class="small" disabled={off || Boolean(row.heard_ms)} onClick={() => act(row.id, "POST", `${path}/heard`, {})}>
          {t("markHeard")}
        </button>
        <button type="button" class="small" disabled={off || !row.number || !may("contacts:write")} onClick={() => callBack(row)}>
          <Icon name="call-back" />
          {t("callThemBack")}
        </button>
        <Remove row={row} who={who} path={path} off={off} />
        <span class="quiet" role="status">
          {told.value.get(row.id)}
        </span>
      </div>
      <Refused error={trouble.value.get(row.id)} />
    </li>
  );
}

const removing = signal(null);

/** Once gone it is gone: asked before. */
function Remove({ row, who, path, off }) {
  if (removing.value !== row.id) {
    return (
      <button type="button" class="small" disabled={off} aria-label={t("removeFor", { who })} onClick={() => (removing.value = row.id)}>
        {t("remove")}
      </button>
    );
  }
  return (
    <span class="sure" role="group" aria-label={t("removeFor", { who })}>
      <button type="button" class="small stop" disabled={off} onClick={() => act(row.id, "DELETE", path)}>
        {t("removeForGood")}
      </button>
      <button type="button" class="small" onClick={() => (removing.value = null)}>
        {t("keep")}
      </button>
    </span>
  );
}

async function callBack(row) {
  const made = await act(row.id, "POST", "/api/callbacks", { number: row.number, queue: row.box });
  if (made) told.value = new Map(told.peek()).set(row.id, t(made.again ? "callbackKnown" : "callbackPromised", { number: phone(row.number) }));
}
