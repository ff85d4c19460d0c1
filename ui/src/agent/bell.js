// The bell of the browser phone: two soft tones, made here, so that there is nothing to load.
import { signal } from "@preact/signals";

const TONES_HZ = [660, 528];
const PATTERN_S = [0, 0.35]; // when each tone begins
const TONE_S = 0.3;
const EVERY_MS = 2400;
const LOUDNESS = 0.18;

/** Whether the browser keeps it silent until somebody touches the page. */
export const silenced = signal(false);

let context = null;
let ringing = null;

export function startBell() {
  if (ringing !== null) return;
  context ??= new AudioContext();
  wake();
  ring();
  ringing = setInterval(ring, EVERY_MS);
}

export function stopBell() {
  clearInterval(ringing);
  ringing = null;
  silenced.value = false;
}

function ring() {
  silenced.value = context.state !== "running";
  for (const [place, start_s] of PATTERN_S.entries()) tone(TONES_HZ[place], context.currentTime + start_s);
}

function tone(hz, at_s) {
  const source = new OscillatorNode(context, { frequency: hz });
  const gain = new GainNode(context, { gain: 0 });
  // Swelled and faded: a tone that is cut off clicks.
  gain.gain.setValueAtTime(0, at_s);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at_s + 0.03);
  gain.gain.setTargetAtTime(0, at_s + TONE_S * 0.6, TONE_S / 6);
  source.connect(gain).connect(context.destination);
  source.start(at_s);
  source.stop(at_s + TONE_S * 2);
}

/** Through this loudspeaker; "" for the usual one. */
export async function ringIn(device) {
  context ??= new AudioContext();
  await context.setSinkId?.(device);
}

async function wake() {
  if (context?.state !== "suspended") return;
  await context.resume();
  silenced.value = false;
}

// A browser lets a page sound only once somebody has touched it.
addEventListener("pointerdown", wake);
addEventListener("keydown", wake);
