// How the customer likes to be served, and setting it: what is chosen here is asked for first next time.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, order } from "../http.js";
import { languageName, live, t } from "../signals.js";
import { complain } from "./commands.js";
import { Trouble } from "./trouble.jsx";

const MODES = { speech: "modeSpeech", keys: "modeKeys" };
const CHANNELS = {
  phone: "channelPhone",
  chat: "channelChat",
  email: "channelEmail",
  sms: "channelSms",
  whatsapp: "channelWhatsapp",
};
const LANGUAGES = ["es", "en"];
const CONSENTS = { yes: "consentYes", no: "consentNo" };
const SLOT = "preferences";

/** Of the contact in hand: {contact_id, found}, as `GET /api/contacts/{id}/preferences` tells; null: not known. */
const known = signal({ contact_id: null, found: null });
const busy = signal(false);

const path = (contact_id) => `/api/contacts/${encodeURIComponent(contact_id)}/preferences`;

async function read(contact_id) {
  let found = null;
  try {
    found = await get(path(contact_id));
  } catch {
    // Nobody known, or no database now: there is then nothing to set.
  }
  if (known.peek().contact_id === contact_id) known.value = { contact_id, found };
}

export function Preferences({ contact_id }) {
  useEffect(() => {
    known.value = { contact_id, found: null };
    complain(SLOT, null);
    read(contact_id);
  }, [contact_id]);
  const { found } = known.value;
  if (known.value.contact_id !== contact_id || !found) return null;
  return (
    <section class="preferences" data-preferences>
      <h3>{t("preferences")}</h3>
      <Choice contact_id={contact_id} name="mode" word="preferredMode" found={found} words={MODES} />
      <Choice contact_id={contact_id} name="language" word="preferredLanguage" found={found} words={languagesWith(found.language)} />
      <Choice contact_id={contact_id} name="channel" word="preferredChannel" found={found} words={CHANNELS} />
      <Field name="consent" word="consent" value={consents(found)} words={CONSENTS} none="notAsked" onChoose={(said) => consent(contact_id, said)} />
      <p class="quiet">{t("preferencesHint")}</p>
      <p class="quiet">{t("consentHint")}</p>
      <Trouble slot={SLOT} />
    </section>
  );
}

const languagesWith = (own) => Object.fromEntries([...new Set([...LANGUAGES, ...(own ? [own] : [])])].map((tag) => [tag, null]));

function Choice({ contact_id, name, word, found, words }) {
  // What holds for the number called from goes before what holds for the customer.
  const source = (found.here[name] ? found.here : found.anywhere)[`${name}_source`];
  return (
    <Field
      name={name}
      word={word}
      note={source === "learned" ? "learned" : ""}
      value={found[name] ?? ""}
      words={words}
      none="notKnown"
      onChoose={(value) => change(contact_id, { [name]: value || null })}
    />
  );
}

function Field({ name, word, note, value, words, none, onChoose }) {
  return (
    <label>
      <span>
        {t(word)}
        {note && <span class="quiet"> {t(note)}</span>}
      </span>
      <select data-prefers={name} value={value} disabled={!live.value || busy.value} onChange={(event) => onChoose(event.target.value)}>
        <option value="">{t(none)}</option>
        {Object.entries(words).map(([value, text]) => (
          <option key={value} value={value}>
            {text ? t(text) : languageName(value)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Who refuses for one number has refused: nothing is learned there. */
function consents({ here, anywhere }) {
  const said = [here.consent, anywhere.consent];
  if (said.includes(false)) return "no";
  return said.includes(true) ? "yes" : "";
}

/** It is the customer's, not the telephone's: for all their numbers. */
const consent = (contact_id, said) => change(contact_id, { consent: said ? said === "yes" : null, everywhere: true });

/** What the server then says is shown, be it the old value or the new one. */
async function change(contact_id, said) {
  busy.value = true;
  complain(SLOT, null);
  try {
    await order("PUT", path(contact_id), said);
  } catch (error) {
    complain(SLOT, error.es ? error : { es: t("noAnswer"), en: t("noAnswer") });
  }
  // Anew, so that the field shows what is so also where nothing has changed.
  known.value = { contact_id, found: { ...known.peek().found } };
  await read(contact_id);
  busy.value = false;
}
