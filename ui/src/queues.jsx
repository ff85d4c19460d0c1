import { Elapsed } from "./elapsed.jsx";
import { Icon } from "./icons.jsx";
import { count, queues, t } from "./signals.js";

export function Queues() {
  const shown = queues.value;
  return (
    <section aria-labelledby="queues">
      <h2 id="queues">{t("queues")}</h2>
      {shown.length === 0 ? (
        <p class="nothing">{t("noQueues")}</p>
      ) : (
        <ul class="tiles">
          {shown.map((queue) => (
            <Queue key={queue.id} queue={queue} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Queue({ queue }) {
  const alone = queue.waiting > 0 && queue.ready === 0;
  return (
    <li class="tile">
      <h3>{queue.id}</h3>
      <p class="big" title={t("waitingHint")}>
        <strong>{count(queue.waiting)}</strong> {t("waiting", { count: queue.waiting })}
      </p>
      <dl>
        <div title={t("longestWaitHint")}>
          <dt>
            <Icon name="waiting" /> {t("longestWait")}
          </dt>
          <dd>{queue.longest_since_ms === null ? "–" : <Elapsed since_ms={queue.longest_since_ms} />}</dd>
        </div>
        <div title={t("readyHint")} class={alone ? "alert" : ""}>
          <dt>
            <Icon name={alone ? "alert" : "ready"} /> {t(alone ? "nobodyReady" : "ready")}
          </dt>
          <dd>{count(queue.ready)}</dd>
        </div>
        <div title={t("talkingHint")}>
          <dt>
            <Icon name="talking" /> {t("talking")}
          </dt>
          <dd>{count(queue.talking)}</dd>
        </div>
      </dl>
    </li>
  );
}
