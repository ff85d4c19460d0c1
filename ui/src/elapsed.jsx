import { useComputed, useSignal } from "@preact/signals";

import { duration, now_ms } from "./signals.js";

/** The time since a moment, ticking: only the text itself changes, nothing is drawn again. */
export function Elapsed({ since_ms }) {
  const since = useSignal(since_ms);
  since.value = since_ms;
  const shown = useComputed(() => duration(now_ms.value - since.value));
  return <span class="figure">{shown}</span>;
}
