// What components read. Everything that changes on the page is one of these.
import { computed, effect, signal } from "@preact/signals";

import { catalogue } from "./catalogue.js";
import * as format from "./format.js";
import { callGroups, empty, queueFigures } from "./state.js";

export const state = signal(empty);
export const queues = computed(() => queueFigures(state.value));
export const calls = computed(() => callGroups(state.value.contacts));

/** Whether there is anything to show yet: nothing is drawn that the first reading would push around. */
export const loaded = signal(false);
/** "connecting", "live" or "offline"; offline since `lost_ms` (this machine's clock). */
export const connection = signal({ status: "connecting", lost_ms: null });
/** null until asked; then {ok, why}. */
export const health = signal(null);
/** Whether the server can be told something. */
export const live = computed(() => connection.value.status === "live");
export const historyDown = signal(false);

/** The server's clock minus this machine's, ms: people's computers are often minutes off. */
export const skew_ms = signal(0);
/** This machine's clock, once a second. */
export const here_ms = signal(Date.now());
const ticked_ms = signal(Date.now());
setInterval(() => {
  here_ms.value = Date.now();
  // Stopped while offline: figures that are not live do not pretend to move.
  if (connection.peek().status !== "offline") ticked_ms.value = Date.now();
}, 1000);
/** The server's time, once a second. */
export const now_ms = computed(() => ticked_ms.value + skew_ms.value);

const CHOICE = "centralita.language";

function firstLanguage() {
  try {
    const chosen = localStorage.getItem(CHOICE);
    if (chosen in catalogue) return chosen;
  } catch {
    // Storage is forbidden in this browser: the choice then lasts as long as the page.
  }
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "es";
}

export const language = signal(firstLanguage());
effect(() => {
  document.documentElement.lang = language.value;
});

export function switchLanguage() {
  language.value = language.value === "es" ? "en" : "es";
  try {
    localStorage.setItem(CHOICE, language.value);
  } catch {
    // See firstLanguage.
  }
}

export const agents = computed(() => {
  const { compare } = format.collator(language.value);
  return [...state.value.agents.values()].sort((a, b) => compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
});

/** More texts, of a page that has its own. */
export function addWords(words) {
  for (const [tag, texts] of Object.entries(words)) Object.assign(catalogue[tag], texts);
}

/** The text for a key, with its {places} filled in; `places.count` chooses between one and many. */
export function t(key, places = {}) {
  return format.text(catalogue[language.value][key], places, language.value);
}

export const count = (value) => format.count(value, language.value);
export const clockTime = (ms) => format.clockTime(ms, language.value);
export const list = (parts) => format.list(parts, language.value);
export const languageName = (tag) => format.languageName(tag, language.value);
export const ago = (ms) => format.ago(ms, language.value);
export const day = (ms) => format.day(ms, language.value);
export const percent = (share) => format.percent(share, language.value);
export const duration = (ms) => format.duration(ms, language.value);
export const phone = format.phone;
