// The flows of the live configuration: a drawing, the same as a list, and all of the chosen node beside it.
import { computed, signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { t } from "../signals.js";
import { Drawing } from "./drawing.jsx";
import { layout, OTHER } from "./layout.js";
import { ExitList, NodeHead, NodePanel, Prompts } from "./node-panel.jsx";
import { reading } from "./reading.js";
import { Section } from "./section.jsx";

export const flowList = reading("/api/flows");

const STEP = 1.25;
const ZOOM = { least: 0.2, most: 2 };
/** Below this nobody reads a card: a large flow is then larger than its window. */
const READABLE = 0.85;

const flowId = signal(null);
const nodeId = signal(null);
const asList = signal(matchMedia("(max-width: 600px)").matches);
const zoom = signal(null);

const flow = computed(() => {
  const { flows = [] } = flowList.data.value ?? {};
  return flows.find(({ id }) => id === flowId.value) ?? flows[0] ?? null;
});
/** What the flow's `on` says for all nodes is the same everywhere: shown beside the node, drawn when wanted. */
const withShared = signal(false);
const made = computed(() => {
  const { edges, ...rest } = flow.value ?? {};
  return edges && layout({ ...rest, edges: edges.filter(({ shared }) => withShared.value || !shared) });
});
const node = computed(() => {
  const { nodes = [], start } = flow.value ?? {};
  return nodes.find(({ id }) => id === nodeId.value) ?? nodes.find(({ id }) => id === start) ?? nodes[0];
});
const choose = (id) => (nodeId.value = id);

function chooseFlow(id) {
  flowId.value = id;
  nodeId.value = null;
  zoom.value = null;
}

export function Flows() {
  return (
    <Section id="flows" word="areaFlows" list={flowList} tools={<Tools />}>
      {() => (flow.value ? <Chosen /> : <p class="nothing">{t("noFlows")}</p>)}
    </Section>
  );
}

function Tools() {
  if (!flow.value) return null;
  return (
    <div class="tools">
      <label class="field">
        {t("flow")}
        <select value={flow.value.id} onChange={(event) => chooseFlow(event.target.value)}>
          {flowList.data.value.flows.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      {!asList.value && flow.value.edges.some(({ shared }) => shared) && (
        <label class="check">
          <input type="checkbox" checked={withShared.value} onChange={(event) => (withShared.value = event.target.checked)} />
          {t("drawShared")}
        </label>
      )}
      <div class="choice" role="group" aria-label={t("shownAs")}>
        <button type="button" aria-pressed={!asList.value} onClick={() => (asList.value = false)}>
          {t("asDrawing")}
        </button>
        <button type="button" aria-pressed={asList.value} onClick={() => (asList.value = true)}>
          {t("asList")}
        </button>
      </div>
    </div>
  );
}

function Chosen() {
  if (asList.value) return <NodeList />;
  return (
    <div class="flow">
      <Sheet key={flow.value.id} />
      {node.value && <NodePanel flow={flow.value} node={node.value} choose={choose} />}
    </div>
  );
}

function Sheet() {
  const window_ = useRef(null);
  const fit = () => {
    const { clientWidth, clientHeight } = window_.current;
    return Math.min(1, clientWidth / made.peek().width, clientHeight / made.peek().height);
  };
  const to = (value) => (zoom.value = Math.min(ZOOM.most, Math.max(ZOOM.least, value)));
  useLayoutEffect(() => {
    zoom.value ??= Math.max(READABLE, fit());
    const start = window_.current.querySelector(`[data-node="${CSS.escape(flow.peek().start)}"]`);
    start?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, []);
  return (
    <div class="sheet-of-flow">
      <div class="paper" ref={window_}>
        <Drawing flow={flow.value} made={made.value} chosen={node.value?.id} zoom={zoom.value ?? READABLE} choose={choose} />
      </div>
      <div class="zoom" role="group" aria-label={t("zoom")}>
        <button type="button" aria-label={t("zoomOut")} onClick={() => to(zoom.peek() / STEP)}>
          {"−"}
        </button>
        <button type="button" aria-label={t("zoomIn")} onClick={() => to(zoom.peek() * STEP)}>
          {"+"}
        </button>
        <button type="button" onClick={() => to(fit())}>
          {t("zoomFit")}
        </button>
        <span class="quiet">{t("drawingHint")}</span>
      </div>
    </div>
  );
}

function NodeList() {
  const { nodes, edges, start } = flow.value;
  const sorted = [...nodes].sort((a, b) => a.layer - b.layer || a.row - b.row);
  const go = (id) => {
    choose(id);
    document.getElementById(`node-${id}`)?.focus();
  };
  return (
    <ol class="node-list" aria-label={t("nodesOf", { flow: flow.value.id })}>
      {sorted.map((each) => {
        const exits = edges.filter(({ from }) => from === each.id);
        return (
          <li key={each.id} id={`node-${each.id}`} tabIndex={-1}>
            <NodeHead node={each} level={3} />
            {each.id === start && <p class="quiet">{t("startsHere")}</p>}
            <Prompts prompts={each.prompts} />
            <ExitList title="exits" exits={exits.filter(({ kind }) => !OTHER.has(kind))} choose={go} />
            <ExitList title="otherExits" exits={exits.filter(({ kind }) => OTHER.has(kind))} choose={go} />
          </li>
        );
      })}
    </ol>
  );
}
