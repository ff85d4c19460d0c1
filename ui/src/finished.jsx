import { Caller } from "./calls.jsx";
import { Icon } from "./icons.jsx";
import { clockTime, duration, historyDown, state, t } from "./signals.js";

const LOOKS = {
  answered: ["ready", "outcomeAnswered"],
  completed_ivr: ["ready", "outcomeCompletedIvr"],
  voicemail: ["ready", "outcomeVoicemail"],
  abandoned_ivr: ["not-ready", "outcomeAbandonedIvr"],
  abandoned_queue: ["alert", "outcomeAbandonedQueue"],
  short_abandon: ["not-ready", "outcomeShortAbandon"],
  rejected_closed: ["not-ready", "outcomeClosed"],
  rejected_full: ["alert", "outcomeFull"],
  rejected_unstaffed: ["alert", "outcomeUnstaffed"],
  rejected_waited: ["alert", "outcomeWaited"],
  rejected_long_wait: ["alert", "outcomeLongWait"],
  dial_no_answer: ["not-ready", "outcomeNoAnswer"],
  dial_busy: ["not-ready", "outcomeBusy"],
  dial_failed: ["not-ready", "outcomeNotReached"],
  callback_no_answer: ["alert", "outcomeNoAnswer"],
  callback_busy: ["alert", "outcomeBusy"],
  callback_failed: ["alert", "outcomeNotReached"],
  callback_cancelled: ["not-ready", "outcomeCancelled"],
  callback_by_phone: ["ready", "outcomeByPhone"],
  switch_lost: ["alert", "outcomeSwitchLost"],
};

export function Finished() {
  const rows = state.value.finished;
  return (
    <section aria-labelledby="finished">
      <h2 id="finished">{t("finished")}</h2>
      {historyDown.value && <p class="nothing">{t("historyUnavailable")}</p>}
      {rows.length === 0 && !historyDown.value && <p class="nothing">{t("noFinished")}</p>}
      {rows.length > 0 && (
        <table class="finished">
          <thead>
            <tr>
              <th scope="col" class="col-clock">
                {t("endedAt")}
              </th>
              <th scope="col" class="col-phone">
                {t("caller")}
              </th>
              <th scope="col" class="col-outcome">
                {t("outcome")}
              </th>
              <th scope="col">{t("queue")}</th>
              <th scope="col" class="col-time">
                {t("waited")}
              </th>
              <th scope="col" class="col-time">
                {t("talked")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ row }) {
  const [look, word] = LOOKS[row.outcome] ?? ["not-ready", null];
  return (
    <tr>
      <td class="figure col-clock">{clockTime(row.ended_ms)}</td>
      <td class="figure">
        <Caller number={row.number} />
      </td>
      <td>
        <span class={`state ${look}`}>
          <Icon name={look} />
          {word ? t(word) : row.outcome}
        </span>
      </td>
      <td title={row.queue}>{row.queue ?? "–"}</td>
      <td class="figure col-time">{duration(row.wait_ms)}</td>
      <td class="figure col-time">{row.talk_ms > 0 ? duration(row.talk_ms) : "–"}</td>
    </tr>
  );
}
