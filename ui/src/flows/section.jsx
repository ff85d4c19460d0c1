// What every list of this area has: a title, why it cannot be shown, and what stands there when there is nothing.
import { Icon } from "../icons.jsx";
import { t } from "../signals.js";
import { sentence } from "./reading.js";

/** `list` as of `reading`; `children` draws what was read. */
export function Section({ id, word, list, hint, tools, children }) {
  const data = list.data.value;
  const trouble = list.trouble.value;
  return (
    <section aria-labelledby={id} class="area">
      <div class="title">
        <h2 id={id}>{t(word)}</h2>
        {tools}
      </div>
      {hint && <p class="quiet hint-line">{t(hint)}</p>}
      <Refused error={trouble}>
        {trouble && (
          <button type="button" class="small" onClick={list.read}>
            {t("readAgain")}
          </button>
        )}
      </Refused>
      {data === null ? !trouble && <p class="nothing loading">{t("loading")}</p> : children(data)}
    </section>
  );
}

/** Why something was refused or could not be read; empty for nothing. */
export function Refused({ error, children }) {
  return (
    <div class="refused" role="alert">
      {error && (
        <>
          <Icon name="alert" />
          <span>{sentence(error)}</span>
          {children}
        </>
      )}
    </div>
  );
}
