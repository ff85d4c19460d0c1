import { render } from "preact";
import { effect } from "@preact/signals";

import { lastHeard, start } from "../connection.js";
import { addWords, live } from "../signals.js";
import { AgentPage } from "./app.jsx";
import { answered, askAgain, order } from "./commands.js";
import { listenToKeys } from "./keyboard.js";
import { follow, forgetGone, learnOutcomes } from "./session.js";
import { answer, place, press, startPhone } from "./softphone.js";
import { learnWho, me } from "./who.js";
import { words } from "./words.js";

const HEARD = "centralita.heard";
const RELOAD_MS = 30_000;
const PRESENT_MS = 5000; // a server that is too busy now has time later

addWords(words);
render(<AgentPage />, document.getElementById("app"));
await learnWho();
if (me.value) startPhone(me.value);
listenToKeys(press);
// The server has to know whose screen this is, and whether the telephone is in it.
effect(() => {
  if (live.value && me.value) present(place.value === "leader");
});
start({ history: false, hidden: true, since: heardBefore(), hello, event: follow, aside: hear });

async function present(phone) {
  const known = await order("desktop", { phone }, "state");
  const isStill = () => live.peek() && (place.peek() === "leader") === phone;
  if (!known) setTimeout(() => isStill() && present(phone), PRESENT_MS);
}

function hello() {
  askAgain();
  forgetGone();
  learnOutcomes();
}

function hear(message) {
  if (message.type === "command.result") answered(message);
  if (message.type === "phone.answer") answer();
}

// What happened while the page was being reloaded is told again.
addEventListener("pagehide", () => {
  try {
    sessionStorage.setItem(HEARD, JSON.stringify({ seq: lastHeard(), at_ms: Date.now() }));
  } catch {
    // Storage is forbidden: the page then begins with what is so now.
  }
});

function heardBefore() {
  try {
    const { seq, at_ms } = JSON.parse(sessionStorage.getItem(HEARD)) ?? {};
    return seq && Date.now() - at_ms < RELOAD_MS ? seq : null;
  } catch {
    return null;
  }
}
