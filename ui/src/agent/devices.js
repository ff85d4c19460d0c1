// Microphone and loudspeakers: which there are, which were chosen, and a microphone when one is needed.
import { signal } from "@preact/signals";

const CHOICE = "centralita.devices";
const NONE = { microphone: "", speaker: "", bell: "" };
const TROUBLES = {
  NotAllowedError: "microphoneRefused",
  SecurityError: "microphoneRefused",
  NotFoundError: "microphoneMissing",
  NotReadableError: "microphoneBusy",
};

/** {microphones, speakers}: [{id, name}]; names are known once the microphone was allowed. */
export const devices = signal({ microphones: [], speakers: [] });
/** Device ids; "" is the machine's own choice. */
export const chosen = signal(firstChoice());

function firstChoice() {
  try {
    return { ...NONE, ...JSON.parse(localStorage.getItem(CHOICE)) };
  } catch {
    return NONE; // nothing stored, or storage is forbidden
  }
}

export function chooseDevice(kind, id) {
  chosen.value = { ...chosen.peek(), [kind]: id };
  try {
    localStorage.setItem(CHOICE, JSON.stringify(chosen.peek()));
  } catch {
    // See firstChoice: it then lasts as long as the page.
  }
}

/** Whether this page may have a microphone at all: browsers hide it from pages that came over an open network. */
export const isPossible = () => Boolean(globalThis.isSecureContext && navigator.mediaDevices && navigator.locks);

/** A stream of the chosen microphone. Throws an Error whose message is a word of `TROUBLES`. */
export async function microphone() {
  try {
    const { microphone: id } = chosen.peek();
    const wanted = id ? { deviceId: { ideal: id } } : {};
    return await navigator.mediaDevices.getUserMedia({
      audio: { ...wanted, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    throw new Error(TROUBLES[error.name] ?? "microphoneBroken");
  }
}

export async function learnDevices() {
  const found = await navigator.mediaDevices.enumerateDevices();
  const of = (kind) => found.filter((each) => each.kind === kind && each.deviceId).map(({ deviceId, label }) => ({ id: deviceId, name: label }));
  devices.value = { microphones: of("audioinput"), speakers: of("audiooutput") };
}
