// Every action has a key, which does what its button does; none while somebody types.
import { signal } from "@preact/signals";

import { live } from "../signals.js";
import { toSearch } from "./people.jsx";
import { togglePresence } from "./presence.jsx";
import { desk, tryTo } from "./session.js";

const CHOICE = "centralita.keys";

/** Single keys can be in the way of who steers by voice: they can be switched off. */
export const keysOn = signal(firstChoice());

function firstChoice() {
  try {
    return localStorage.getItem(CHOICE) !== "off";
  } catch {
    return true;
  }
}

export function switchKeys(on) {
  keysOn.value = on;
  try {
    localStorage.setItem(CHOICE, on ? "on" : "off");
  } catch {
    // The choice then lasts as long as the page.
  }
}

const press = (id) => document.getElementById(id)?.click();
const ifLive = (name) => live.peek() && tryTo(name);

const KEYS = {
  a: () => tryTo("answer"),
  d: () => tryTo("decline"),
  x: () => tryTo("hang_up"),
  h: () => ifLive(desk.peek().mode === "held" ? "retrieve" : "hold"),
  m: () => ifLive("mute"),
  t: toSearch,
  p: () => ifLive("complete_transfer"),
  j: () => ifLive("conference"),
  b: () => ifLive("cancel_consult"),
  k: () => press("keypad-button"),
  n: () => document.getElementById("note")?.focus(),
  r: togglePresence,
  "?": () => press("help-button"),
};

/** In the order of the help: key and word. */
export const SHORTCUTS = [
  ["A", "keyAnswer"],
  ["D", "keyDecline"],
  ["X", "keyHangUp"],
  ["H", "keyHold"],
  ["M", "keyMute"],
  ["T", "keySend"],
  ["P", "keyComplete"],
  ["J", "keyConference"],
  ["B", "keyBack"],
  ["K", "keyKeypad"],
  ["N", "keyNote"],
  ["R", "keyReady"],
  ["Ctrl ⏎", "keyFinish"],
  ["?", "keyHelp"],
];

const TYPING = "input, select, textarea, [contenteditable]";

export function listenToKeys(onDigit) {
  addEventListener("keydown", (event) => {
    const typing = event.target.matches?.(TYPING);
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (/^[0-9*#]$/.test(event.key)) {
      onDigit(event.key);
      return;
    }
    const act = keysOn.peek() && KEYS[event.key.toLowerCase()];
    if (!act) return;
    // The letter must not be written into the field to which the key leads.
    event.preventDefault();
    act();
  });
}

