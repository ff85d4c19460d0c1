import { Elapsed } from "./elapsed.jsx";
import { Icon } from "./icons.jsx";
import { clockTime, count, queues, t } from "./signals.js";
import { mostTroubled } from "./state.js";

export function Queues() {
  const all = queues.value;
  const shown = mostTroubled(all);
  return (
    <section aria-labelledby="queues">
      <h2 id="queues">{t("queues")}</h2>
      {all.length === 0 ? (
        <p class="nothing">{t("noQueues")}</p>
      ) : (
        <ul class="tiles">
          {shown.map((queue) => (
            <Queue key={queue.id} queue={queue} />
          ))}
        </ul>
      )}
      {shown.length < all.length && (
        <p class="nothing">{t("calmQueues", { count: all.length - shown.length, shown: count(all.length - shown.length) })}</p>
      )}
    </section>
  );
}

function Queue({ queue }) {
  const alone = queue.waiting > 0 && queue.ready === 0;
  return (
    <li class={`tile ${alone ? "needy" : ""}`}>
      <h3 title={queue.id}>{queue.id}</h3>
      <Hours queue={queue} />
      <p class="big" title={t("waitingHint")}>
        <strong>{count(queue.waiting)}</strong> {t("waiting", { count: queue.waiting })}
      </p>
      <p class="longest" title={t("longestWaitHint")}>
        <Icon name="waiting" />
        {t("longestWait")}{" "}
        <b>{queue.longest_since_ms === null ? "–" : <Elapsed since_ms={queue.longest_since_ms} />}</b>
      </p>
      <dl>
        <Figure hint="readyHint" look={alone ? "alert" : "ready"} word={alone ? "nobodyReady" : "ready"} value={queue.ready} />
        <Figure hint="talkingHint" look="talking" word="talking" value={queue.talking} />
        <Figure hint="awayHint" look="not-ready" word="away" value={queue.not_ready} />
      </dl>
    </li>
  );
}

function Figure({ hint, look, word, value }) {
  return (
    <div title={t(hint)} class={look === "alert" ? "alert" : ""}>
      <dt>
        <Icon name={look} />
        {t(word)}
      </dt>
      <dd>{count(value)}</dd>
    </div>
  );
}

function Hours({ queue }) {
  const time = queue.until_ms === null ? null : clockTime(queue.until_ms);
  const word =
    queue.open === null ? "alwaysOpen" : queue.open ? (time ? "openUntil" : "open") : time ? "closedUntil" : "closed";
  return <p class={`hours ${queue.open === true ? "ready" : "not-ready"}`}>{t(word, { time })}</p>;
}
