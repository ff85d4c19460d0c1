// How much of speech recognition is in use, and how often callers had to use keys instead, and why.
import { Icon } from "./icons.jsx";
import { count, list, state, t } from "./signals.js";

const DEAF = {
  refused_no_slot: "deafNoSlot",
  refused_no_model: "deafNoModel",
  refused_loading: "deafLoading",
  refused_slow: "deafSlow",
  deafened: "deafWorker",
};

/** Nothing where no speech is configured. */
export function Speech() {
  const speech = state.value.speech?.recognition;
  if (!speech?.slots) return null;
  const full = speech.slots > 0 && speech.slots_taken >= speech.slots;
  const deaf = Object.entries(DEAF).filter(([name]) => speech[name] > 0);
  return (
    <p class="speech" title={t("speechHint")}>
      <span class={full ? "state ringing" : "state not-ready"}>
        <Icon name="microphone" />
        {t("speechSlots", { taken: count(speech.slots_taken), slots: count(speech.slots) })}
      </span>
      <span>{t("speechFree", { taken: count(speech.free_slots_taken), slots: count(speech.free_slots) })}</span>
      {deaf.length > 0 && (
        <span>{t("speechDeaf", { reasons: list(deaf.map(([name, word]) => t(word, { shown: count(speech[name]) }))) })}</span>
      )}
    </p>
  );
}
