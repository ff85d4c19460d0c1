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
        <strong>{count(queue.waiting)}</strong> {t("waiting")}
      </p>
      <dl>
        <div title={t("longestWaitHint")}>
          <dt>{t("longestWait")}</dt>
          <dd>{queue.longest_since_ms === null ? "–" : <Elapsed since_ms={queue.longest_since_ms} />}</dd>
        </div>
      </dl>
      <p class="foot">
        <span title={t("readyHint")} class={alone ? "state alert" : "state ready"}>
          <Icon name={alone ? "alert" : "ready"} />
          {alone ? t("nobodyReady") : `${count(queue.ready)} ${t("ready")}`}
        </span>
        <span title={t("talkingHint")} class="state talking">
          <Icon name="talking" />
          {count(queue.talking)} {t("talking")}
        </span>
      </p>
    </li>
  );
}
