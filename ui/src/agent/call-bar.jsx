// The buttons of a call, always in the same place; each says its key.
import { useRef } from "preact/hooks";

import { Icon } from "../icons.jsx";
import { KEYS } from "../keys.js";
import { live, t } from "../signals.js";
import { Key } from "./key.jsx";
import { toSearch } from "./people.jsx";
import { acts, desk, pop } from "./session.js";
import { press, trouble } from "./softphone.js";
import { Callback } from "./standing.jsx";
import { Trouble } from "./trouble.jsx";

export function CallBar() {
  const { can, contact, mode } = desk.value;
  const muted = contact?.muted ?? false;
  const rings = can.has("answer");
  return (
    <footer class="bar" aria-label={t("callActions")}>
      <div class="notices">
        <p class="in-hand">
          <Callback known={pop.value} contact={contact} />
        </p>
        <Trouble slot="call" />
        <p class="trouble" role="alert">
          {trouble.value && t(`line${trouble.value[0].toUpperCase()}${trouble.value.slice(1)}`)}
        </p>
      </div>
      <div class="buttons" role="toolbar" aria-label={t("callActions")}>
        <Act name="answer" word="answer" icon="phone" key_="A" class_={rings ? "go" : ""} />
        <Act name="decline" word="decline" icon="close" key_="D" />
        <Act name="hang_up" word="hangUpCall" icon="hang-up" key_="X" class_={can.has("hang_up") ? "stop" : ""} />
        <Act
          name={mode === "held" ? "retrieve" : "hold"}
          word={mode === "held" ? "retrieve" : "hold"}
          icon="not-ready"
          key_="H"
          pressed={mode === "held"}
        />
        <Act name="mute" word={muted ? "unmuteMe" : "muteMe"} icon={muted ? "muted" : "microphone"} key_="M" pressed={muted} />
        <button
          type="button"
          aria-keyshortcuts="T"
          disabled={!live.value || !(can.has("consult") || can.has("transfer") || can.has("dial"))}
          onClick={toSearch}
        >
          <Icon name="send-on" />
          {can.has("dial") ? t("dialNumber") : t("sendOn")}
          <Key name="T" />
        </button>
        <Keypad enabled={can.has("keypad")} />
      </div>
    </footer>
  );
}

export function Act({ name, word, icon, key_, class_ = "", pressed }) {
  const { can } = desk.value;
  // What the own phone does needs no server.
  const local = name === "answer" || name === "decline" || name === "hang_up";
  return (
    <button
      type="button"
      class={class_}
      data-act={name}
      aria-keyshortcuts={key_}
      aria-pressed={pressed}
      disabled={!can.has(name) || !(live.value || local)}
      onClick={() => acts[name]()}
    >
      <Icon name={icon} />
      {t(word)}
      <kbd>{key_}</kbd>
    </button>
  );
}

function Keypad({ enabled }) {
  const pad = useRef(null);
  return (
    <>
      <button type="button" id="keypad-button" popovertarget="keypad" aria-keyshortcuts="K" disabled={!enabled}>
        <Icon name="keypad" />
        {t("keypadShort")}
        <Key name="K" />
      </button>
      <div id="keypad" class="sheet keys-sheet" popover="auto" ref={pad} role="group" aria-label={t("keypad")}>
        {KEYS.map((key) => (
          <button key={key} type="button" disabled={!enabled} onClick={() => press(key)}>
            {key}
          </button>
        ))}
      </div>
    </>
  );
}
