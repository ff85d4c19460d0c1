// The drawing of a flow: cards and lines, gone through with the arrow keys.
import { useLayoutEffect, useRef } from "preact/hooks";

import { Icon } from "../icons.jsx";
import { t } from "../signals.js";
import { EXITS, exitWords, KINDS, UNKNOWN } from "./kinds.js";
import { CARD, neighbour } from "./layout.js";

const PAD = 12;
const ARROWS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

/** `made` as of `layout`; `chosen` is the id of a node. */
export function Drawing({ flow, made, chosen, zoom, choose }) {
  const whole = useRef(null);
  // After an arrow key the focus goes along, and what has it is in sight.
  const moved = useRef(false);
  useLayoutEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    const card = whole.current.querySelector('[tabindex="0"]');
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  function move(event) {
    const to = event.key === "Home" ? flow.start : ARROWS.has(event.key) ? neighbour(made.cards, chosen, event.key)?.id : null;
    if (!to) return;
    event.preventDefault();
    moved.current = true;
    choose(to);
  }
  const touches = ({ from, to }) => from === chosen || to === chosen;
  const lines = [...made.lines].sort((a, b) => b.other - a.other || touches(a) - touches(b));
  return (
    <svg
      class="drawing"
      ref={whole}
      role="group"
      aria-label={t("drawingOf", { flow: flow.id })}
      width={made.width * zoom}
      height={made.height * zoom}
      viewBox={`0 ${made.top} ${made.width} ${made.height}`}
      onKeyDown={move}
    >
      <g aria-hidden="true">
        {lines.map((line, place) => (
          <g key={place} class={`line ${line.other ? "other" : ""} ${touches(line) ? "touched" : ""}`}>
            <path d={line.path} />
            <path class="tip" d={`M${line.tip.join(" ")}l-8 -4v8z`} />
          </g>
        ))}
      </g>
      {made.cards.map((card) => (
        <Card key={card.id} card={card} start={card.id === flow.start} chosen={card.id === chosen} choose={choose} />
      ))}
    </svg>
  );
}

function Card({ card, start, chosen, choose }) {
  const [icon, word] = KINDS[card.kind] ?? UNKNOWN;
  const { x, y, height } = card;
  const shown = card.rows.filter(({ head }) => !head);
  const isOther = card.title !== card.id;
  const kind = isOther ? t("kindOf", { kind: t(word), name: card.title }) : t(word);
  return (
    <g
      class={`card ${chosen ? "chosen" : ""}`}
      role="button"
      tabindex={chosen ? 0 : -1}
      aria-pressed={chosen}
      aria-label={[card.id, t(word), isOther && card.title, start && t("startsHere"), card.listens && t("listens")].filter(Boolean).join(", ")}
      data-node={card.id}
      onClick={() => choose(card.id)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose(card.id);
      }}
    >
      <title>{card.id}</title>
      <rect x={x} y={y} width={CARD.width} height={height} rx="6" />
      {start && <path class="start" d={`M${x} ${y + 6}v${CARD.head - 12}`} />}
      <Icon name={icon} place={{ x: x + PAD, y: y + 6 }} />
      <text class="kind" x={x + PAD + 22} y={y + 18}>
        {fitted(kind, CARD.width - 2 * PAD - (card.listens ? 44 : 22), "12px system-ui, sans-serif")}
      </text>
      {card.listens && <Icon name="microphone" place={{ x: x + CARD.width - PAD - 16, y: y + 6 }} />}
      <text class="name" x={x + PAD} y={y + 37}>
        {fitted(card.id, CARD.width - 2 * PAD, "600 14px system-ui, sans-serif")}
      </text>
      {shown.map((row) => (
        <text key={`${row.to} ${row.at}`} class={row.other ? "exit other" : "exit"} x={x + CARD.width - PAD} y={y + row.at + 4}>
          {fitted(rowWords(row), CARD.width - 2 * PAD, "13px system-ui, sans-serif")}
        </text>
      ))}
    </g>
  );
}

/** What a row of a card says: all exits that lead to one place. */
export function rowWords(row) {
  const words = [...new Set(row.edges.map((edge) => exitWords(edge, t)))].join(", ");
  const only = row.edges.length === 1 && !row.other && !(row.edges[0].kind in EXITS);
  return only && words !== row.to && !words.includes(row.to) ? t("exitTo", { exit: words, to: row.to }) : words;
}

let pen = null;

/** The text, cut where it would not fit. */
function fitted(text, width, font) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = font;
  if (pen.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end)}…`;
}
