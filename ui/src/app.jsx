import { Agents } from "./agents.jsx";
import { Announcer } from "./announcer.jsx";
import { Calls } from "./calls.jsx";
import { Finished } from "./finished.jsx";
import { Header } from "./header.jsx";
import { Queues } from "./queues.jsx";
import { connection } from "./signals.js";

export function App() {
  const stale = connection.value.status !== "live";
  return (
    <>
      <Header />
      <main class={stale ? "stale" : ""}>
        <Queues />
        <div class="columns">
          <Agents />
          <div class="stack">
            <Calls />
            <Finished />
          </div>
        </div>
      </main>
      <Announcer />
    </>
  );
}
