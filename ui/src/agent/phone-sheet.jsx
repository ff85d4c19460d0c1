// The telephone of this tab: how it is, which devices it uses, how loud one is.
import { Icon } from "../icons.jsx";
import { t } from "../signals.js";
import { silenced, startBell, stopBell } from "./bell.js";
import { chooseDevice, chosen, devices, learnDevices } from "./devices.js";
import { account, levels, moveHere, phone, place, register } from "./softphone.js";
import { me } from "./who.js";

const TRY_MS = 2000;

const LINES = {
  ready: ["ready", "phone", "phoneReady"],
  connecting: ["not-ready", "phone", "phoneConnecting"],
  offline: ["alert", "no-phone", "phoneOffline", "lineOffline"],
  refused: ["alert", "no-phone", "phoneRefused", "lineRefused"],
  insecure: ["alert", "no-phone", "phoneTrouble", "lineInsecure"],
  microphoneRefused: ["alert", "no-phone", "phoneTrouble", "lineMicrophoneRefused"],
  microphoneMissing: ["alert", "no-phone", "phoneTrouble", "lineMicrophoneMissing"],
  microphoneBusy: ["alert", "no-phone", "phoneTrouble", "lineMicrophoneBusy"],
  microphoneBroken: ["alert", "no-phone", "phoneTrouble", "lineMicrophoneBroken"],
};
const FAULTS = { noAudio: "callNoAudio", failed: "callFaulty" };

function line() {
  if (account.value?.kind === "sip") return ["not-ready", "phone", "phoneOnDesk", "phoneOnDeskHint"];
  const mine = LINES[phone.value.line] ?? LINES.offline;
  if (place.value === "mirror" && mine === LINES.ready) return ["ready", "phone", "phoneElsewhere", "phoneElsewhereHint"];
  return mine;
}

const places = () => {
  const ws = account.value?.ws ?? "";
  return { ws, page: ws.replace(/^ws/, "http"), here: location.origin };
};

export function PhoneChip() {
  const [look, icon, word] = line();
  return (
    <>
      <button type="button" id="phone-chip" popovertarget="phone-sheet" class={`chip state ${look}`} data-line={phone.value.line} data-call={phone.value.call}>
        <Icon name={icon} />
        {t(word)}
      </button>
      <PhoneSheet />
    </>
  );
}

/** What keeps the phone from working, on the page itself: a bell that cannot ring must not be overlooked. */
export function PhoneBanner() {
  const [look, , , hint] = line();
  const fault = FAULTS[phone.value.why];
  return (
    <div role="alert" class="banner">
      {look === "alert" && (
        <p>
          <span class="state alert">
            <Icon name="alert" />
          </span>
          {t(hint, places())}
          {phone.value.line.startsWith("microphone") && (
            <button type="button" onClick={register}>
              {t("phoneRetry")}
            </button>
          )}
        </p>
      )}
      {fault && <p>{t(fault)}</p>}
      {silenced.value && phone.value.call === "ringing" && <p>{t("bellSilenced")}</p>}
    </div>
  );
}

function PhoneSheet() {
  const [, , word, hint] = line();
  const isBrowser = account.value?.kind === "browser";
  return (
    <div id="phone-sheet" class="sheet settings" popover="auto" data-heard={levels.value.energy} onToggle={opened}>
      <h2>{t(isBrowser ? "phoneSettings" : word)}</h2>
      {hint && <p class="quiet">{t(hint, places())}</p>}
      {place.value === "mirror" && phone.value.call === "none" && (
        <button type="button" onClick={() => moveHere(me.peek())}>
          {t("phoneHere")}
        </button>
      )}
      {place.value === "leader" && (
        <>
          <Device kind="microphone" word="microphone" list={devices.value.microphones} />
          <Device kind="speaker" word="speaker" list={devices.value.speakers} />
          <Device kind="bell" word="bellSpeaker" list={devices.value.speakers} />
          <button type="button" onClick={tryBell} disabled={phone.value.call !== "none"}>
            {t("tryBell")}
          </button>
          <Meters />
          <p class="quiet">{t("phoneReload")}</p>
        </>
      )}
    </div>
  );
}

function opened(event) {
  if (event.newState === "open" && place.peek() === "leader") learnDevices();
}

function tryBell() {
  startBell();
  setTimeout(() => phone.peek().call !== "ringing" && stopBell(), TRY_MS);
}

function Device({ kind, word, list }) {
  return (
    <label>
      {t(word)}
      <select value={chosen.value[kind]} onChange={(event) => chooseDevice(kind, event.target.value)}>
        <option value="">{t("usualDevice")}</option>
        {list.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
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
      <Meter word="you" value={mine} />
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
