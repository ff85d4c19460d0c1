import { duration, now_ms } from "./signals.js";

/** The time since a moment, ticking; nothing around it is drawn again. */
export function Elapsed({ since_ms }) {
  return <span class="figure">{duration(now_ms.value - since_ms)}</span>;
}
