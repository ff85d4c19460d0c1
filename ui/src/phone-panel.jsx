import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Icon } from "./icons.jsx";
import { KEYS } from "./keys.js";
import { account, call, dial, hangUp, isBusy, keyed, learnAccount, levels, muted, press, toggleMute } from "./phone.js";
import { duration, here_ms, t } from "./signals.js";

const open = signal(false);

const STATES = {
  idle: ["logged-out", "callIdle"],
  asking: ["ringing", "callAsking"],
  connecting: ["ringing", "callConnecting"],
  calling: ["ringing", "callCalling"],
  up: ["talking", "callUp"],
  ended: ["logged-out", "callEnded"],
  failed: ["alert", "callFailed"],
};
// What went wrong, and how to mend it.
const TROUBLES = {
  insecure: "troubleInsecure",
  microphoneRefused: "troubleRefused",
  microphoneMissing: "troubleMissing",
  microphoneBusy: "troubleBusy",
  microphoneBroken: "troubleBroken",
  unreachable: "troubleUnreachable",
  refused: "troubleNotLetIn",
  busy: "troubleLineBusy",
  nobody: "troubleNobody",
  noAudio: "troubleNoAudio",
  failed: "troubleFailed",
};

/** The button that offers a telephone to who has none. */
export function PhoneButton() {
  const known = account.value;
  if (!known || known.missing) return null;
  return (
    <button type="button" class="call" disabled={isBusy(call.value)} onClick={() => startCall(known.numbers[0].number)}>
      <Icon name="phone" />
      {t("callFromHere", { number: known.numbers[0].number })}
    </button>
  );
}

function startCall(number) {
  open.value = true;
  dial(number); // nothing, if one is in progress
}

/** A small telephone in the corner. It covers nothing that moves and never takes the focus by itself later. */
export function PhonePanel() {
  useEffect(() => {
    learnAccount();
    addEventListener("keydown", keyDown);
    return () => removeEventListener("keydown", keyDown);
  }, []);
  return open.value && account.value?.numbers ? <Panel numbers={account.value.numbers} /> : null;
}

function Panel({ numbers }) {
  const chosen = useRef(null);
  const { state, why } = call.value;
  const busy = isBusy(call.value);
  const action = useRef(null);
  useEffect(() => action.current?.focus(), []);
  return (
    <aside class="phone" aria-labelledby="phone" data-heard={levels.value.energy}>
      <h2 id="phone">{t("phone")}</h2>
      <button type="button" class="close" aria-label={t("close")} disabled={busy} onClick={() => (open.value = false)}>
        <Icon name="close" />
      </button>
      <Status />
      {/* The place of the explanation is always there: nothing moves when it is needed. */}
      <p class="trouble" role="alert">
        {why && t(TROUBLES[why] ?? "troubleFailed", places())}
      </p>
      <Numbers numbers={numbers} chosen={chosen} disabled={busy} />
      <Meters />
      <div class="keypad" role="group" aria-label={t("keypad")}>
        {KEYS.map((key) => (
          <button key={key} type="button" disabled={state !== "up"} onClick={() => press(key)}>
            {key}
          </button>
        ))}
      </div>
      <p class="keyed" aria-label={t("keyed")}>
        {keyed.value || "\u00a0"}
      </p>
      <div class="actions">
        <button type="button" aria-pressed={muted.value} disabled={state !== "up"} onClick={toggleMute}>
          <Icon name={muted.value ? "muted" : "microphone"} />
          {t(muted.value ? "unmute" : "mute")}
        </button>
        <button
          type="button"
          ref={action}
          class={busy ? "stop" : "go"}
          onClick={() => (busy ? hangUp() : dial(chosen.current?.value ?? numbers[0].number))}
        >
          <Icon name={busy ? "hang-up" : "phone"} />
          {t(busy ? "hangUp" : "dial")}
        </button>
      </div>
    </aside>
  );
}

function Status() {
  const { state, since_ms, lasted_ms } = call.value;
  const [look, word] = state === "failed" && lasted_ms !== null ? ["alert", "callCut"] : STATES[state];
  const shown_ms = state === "up" ? here_ms.value - since_ms : lasted_ms;
  return (
    <p class="call-state">
      <span class={`state ${look}`} role="status">
        <Icon name={look} />
        {t(word)}
      </span>
      {/* Outside the status: a clock is not read aloud every second. */}
      <span class="figure">{shown_ms === null ? "" : duration(shown_ms)}</span>
    </p>
  );
}

function Numbers({ numbers, chosen, disabled }) {
  return (
    <label class="number">
      {t("numberToCall")}
      <select ref={chosen} disabled={disabled}>
        {numbers.map(({ number, name }) => (
          <option key={number} value={number}>
            {name ? `${number} – ${name}` : number}
          </option>
        ))}
      </select>
    </label>
  );
}

function Meters() {
  const { mine, theirs } = levels.value;
  return (
    <dl class="meters">
      <Meter word="you" value={muted.value ? 0 : mine} />
      <Meter word="they" value={theirs} />
    </dl>
  );
}

function Meter({ word, value }) {
  // Loudness is heard by ratios: a bar in proportion would hardly move.
  const shown = Math.min(1, Math.sqrt(value) * 1.4);
  return (
    <div>
      <dt>{t(word)}</dt>
      <dd>
        <meter min="0" max="1" value={shown} aria-label={t(word)} />
      </dd>
    </div>
  );
}

function places() {
  const ws = account.value?.ws ?? "";
  return { ws, page: ws.replace(/^ws/, "http"), here: location.origin };
}

function keyDown(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (typing || event.ctrlKey || event.altKey || event.metaKey || !KEYS.includes(event.key)) return;
  press(event.key);
}
