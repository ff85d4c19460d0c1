// The way from one page to another. Whoever may not see a page does not see its link.
import { useLayoutEffect, useRef } from "preact/hooks";

import { may, person } from "./person.js";
import { t } from "./signals.js";

/** In the order of the links: name, word, address, and the right that it takes. */
export const AREAS = [
  ["now", "areaNow", "/", "events:read"],
  ["flows", "areaFlows", "/flujos", "config:read"],
  ["said", "areaSaid", "/flujos#dicho", "said:read"],
  ["callbacks", "areaCallbacks", "/flujos#devoluciones", "contacts:read"],
  ["voicemail", "areaVoicemail", "/flujos#buzon", "voicemail"],
];

export function Areas({ here }) {
  const links = useRef(null);
  const known = person.value !== null;
  // On a narrow screen they are wider than it is.
  useLayoutEffect(() => links.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [here, known]);
  return (
    <nav class="areas" aria-label={t("areas")} ref={links}>
      {AREAS.filter(([, , , right]) => may(right)).map(([name, word, address]) => (
        <a key={name} href={address} aria-current={name === here ? "page" : undefined}>
          {t(word)}
        </a>
      ))}
    </nav>
  );
}
