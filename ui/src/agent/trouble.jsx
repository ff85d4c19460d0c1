import { Icon } from "../icons.jsx";
import { language, t } from "../signals.js";
import { complain, troubles } from "./commands.js";

/** Why an order of this place was refused; it stays until the next try or until it is put away. */
export function Trouble({ slot, children }) {
  const why = troubles.value.get(slot);
  return (
    <div class="trouble refused" role="alert">
      {why && (
        <>
          <Icon name="alert" />
          <span>{why[language.value]}</span>
          {children}
          <button type="button" class="close" aria-label={t("dismiss")} onClick={() => complain(slot, null)}>
            <Icon name="close" />
          </button>
        </>
      )}
    </div>
  );
}
