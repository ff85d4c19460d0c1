// All there is of one node: what it says, what may be answered, and where each exit leads.
import { Icon } from "../icons.jsx";
import { languageName, t } from "../signals.js";
import { exitWords, KINDS, UNKNOWN } from "./kinds.js";
import { OTHER } from "./layout.js";

export function NodePanel({ flow, node, choose }) {
  const exits = flow.edges.filter(({ from }) => from === node.id);
  return (
    <aside class="panel" aria-label={t("chosenNode")} data-chosen={node.id}>
      <NodeHead node={node} level={3} />
      <Prompts prompts={node.prompts} />
      <Phrases phrases={node.phrases} />
      <Intents intents={node.intents} />
      <Facts facts={node.facts} />
      <ExitList title="exits" exits={exits.filter(({ kind }) => !OTHER.has(kind))} choose={choose} />
      <ExitList title="otherExits" exits={exits.filter(({ kind }) => OTHER.has(kind))} choose={choose} />
      {exits.length === 0 && <p class="quiet">{t("noExits")}</p>}
    </aside>
  );
}

export function NodeHead({ node, level }) {
  const [icon, word] = KINDS[node.kind] ?? UNKNOWN;
  const Head = `h${level}`;
  return (
    <Head class="node-head">
      <span class="kind">
        <Icon name={icon} />
        {t(word)}
      </span>
      {node.id}
      {node.id !== node.title && <span class="quiet">{node.title}</span>}
      {node.listens && (
        <span class="kind">
          <Icon name="microphone" />
          {t("listens")}
        </span>
      )}
    </Head>
  );
}

export function Prompts({ prompts }) {
  const said = Object.entries(prompts ?? {});
  if (said.length === 0) return null;
  return (
    <section>
      <h4>{t("whatIsSaid")}</h4>
      <dl class="said">
        {said.map(([tag, text]) => (
          <div key={tag}>
            <dt>{languageName(tag)}</dt>
            <dd lang={tag}>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Phrases({ phrases }) {
  const keys = Object.entries(phrases ?? {});
  if (keys.length === 0) return null;
  return (
    <section>
      <h4>{t("phrases")}</h4>
      <dl class="said">
        {keys.map(([key, byLanguage]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              <Spoken byLanguage={byLanguage} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Spoken({ byLanguage }) {
  return Object.entries(byLanguage).map(([tag, phrases]) => (
    <p key={tag} lang={tag}>
      {phrases.map((phrase) => t("quoted", { text: phrase })).join(", ")}
    </p>
  ));
}

function Intents({ intents }) {
  if (!intents?.length) return null;
  return (
    <section>
      <h4>{t("intents")}</h4>
      <dl class="said">
        {intents.map(({ id, label, examples }) => (
          <div key={id}>
            <dt>{label || id}</dt>
            <dd>
              <Spoken byLanguage={examples ?? {}} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Facts({ facts }) {
  const known = Object.entries(facts ?? {});
  if (known.length === 0) return null;
  return (
    <section>
      <h4>{t("nodeFacts")}</h4>
      <dl class="said">
        {known.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function ExitList({ title, exits, choose }) {
  if (exits.length === 0) return null;
  return (
    <section>
      <h4>{t(title)}</h4>
      <ul class="exits">
        {exits.map((edge, place) => (
          <li key={place}>
            <span>{exitWords(edge, t)}</span>
            <button type="button" class="link" onClick={() => choose(edge.to)}>
              {t("leadsTo", { to: edge.to })}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
