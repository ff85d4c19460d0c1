import { Areas } from "./areas.jsx";
import { Icon } from "./icons.jsx";
import { clockTime, connection, health, language, loaded, state, switchLanguage, t } from "./signals.js";

/** What all pages of those who run the centre begin with; `children` are buttons of the page. */
export function Header({ here, children }) {
  return (
    <>
      <header>
        <h1>Centralita</h1>
        <Server />
        <Connection />
        {children}
        <button type="button" lang={language.value === "es" ? "en" : "es"} onClick={switchLanguage}>
          {t("otherLanguage")}
        </button>
      </header>
      <Areas here={here} />
    </>
  );
}

function Server() {
  const known = health.value;
  if (!loaded.value) return <span class="server" />;
  const word = known === null ? "serverUnknown" : known.ok ? "serverOk" : "serverNotReady";
  const look = known === null ? "not-ready" : known.ok ? "ready" : "alert";
  const version = state.value.config_version;
  return (
    <p class="server" role="status">
      <span class={`state ${look}`}>
        <Icon name={look} />
        {t(word)}
      </span>
      {known?.why && <span class="why">{inLanguage(known.why)}</span>}
      {version && <span class="version">{t("config", { version })}</span>}
    </p>
  );
}

// The server says things as "español / English".
function inLanguage(text) {
  const parts = text.split(" / ");
  return parts.length === 2 ? parts[language.value === "es" ? 0 : 1] : text;
}

/** Calls go on, but somebody has to look after the machine. */
export function Alarms() {
  const { alarms } = state.value;
  if (alarms.length === 0) return null;
  return (
    <ul class="alarms" role="alert" aria-label={t("alarms")}>
      {alarms.map((alarm) => (
        <li key={alarm}>
          <span class="state alert">
            <Icon name="alert" />
            {t("alarm")}
          </span>
          {inLanguage(alarm)}
        </li>
      ))}
    </ul>
  );
}

function Connection() {
  const { status, lost_ms } = connection.value;
  if (status === "offline") {
    return (
      <p class="state alert" role="alert" title={t("offlineHint")}>
        <Icon name="alert" />
        {t("offlineSince", { time: clockTime(lost_ms) })}
      </p>
    );
  }
  return (
    <p class={`state ${status === "live" ? "ready" : "not-ready"}`} role="status">
      <Icon name={status === "live" ? "live" : "not-ready"} />
      {t(status)}
    </p>
  );
}
