import { Agents } from "./agents.jsx";
import { Announcer } from "./announcer.jsx";
import { Calls } from "./calls.jsx";
import { Finished } from "./finished.jsx";
import { Alarms, Header } from "./header.jsx";
import { PhoneButton, PhonePanel } from "./phone-panel.jsx";
import { Queues } from "./queues.jsx";
import { Speech } from "./speech.jsx";
import { connection, loaded, t } from "./signals.js";

export function App() {
  const stale = connection.value.status !== "live";
  return (
    <>
      <Header here="now">
        <PhoneButton />
      </Header>
      {loaded.value ? (
        <main class={stale ? "stale" : ""}>
          <Alarms />
          <Queues />
          <Speech />
          <div class="columns">
            <div class="stack">
              <Agents />
              <Finished />
            </div>
            {/* Alone in its column: it grows and shrinks all the time and must push nothing around. */}
            <Calls />
          </div>
        </main>
      ) : (
        <main aria-busy="true">
          <p class="nothing">{t("loading")}</p>
        </main>
      )}
      <PhonePanel />
      <Announcer />
    </>
  );
}
