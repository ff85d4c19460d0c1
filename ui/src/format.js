// Dates, numbers and durations as the language writes them. All inputs are milliseconds.

const makers = new Map();

function maker(kind, language, options) {
  const key = kind.name + language + JSON.stringify(options);
  if (!makers.has(key)) makers.set(key, new kind(language, options));
  return makers.get(key);
}

/** A text of the catalogue with its {places} filled in; `places.count` chooses between one and many. */
export function text(entry, places, language) {
  const chosen =
    typeof entry === "string"
      ? entry
      : (entry[maker(Intl.PluralRules, language, {}).select(places.count)] ?? entry.other);
  return chosen.replace(/\{(\w+)\}/g, (_, name) => places[name]);
}

/** A whole number. */
export function count(value, language) {
  return maker(Intl.NumberFormat, language, {}).format(value);
}

/** Hour and minute of a moment. */
export function clockTime(ms, language) {
  return maker(Intl.DateTimeFormat, language, { hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** Day and month of a moment. */
export function day(ms, language) {
  return maker(Intl.DateTimeFormat, language, { day: "numeric", month: "short" }).format(ms);
}

/** A share of 1 in hundredths. */
export function percent(share, language) {
  return maker(Intl.NumberFormat, language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** How long ago, in the largest unit that says something: "hace 12 min". */
export function ago(ms, language) {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const [value, unit] =
    minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
  return maker(Intl.RelativeTimeFormat, language, { style: "short" }).format(-value, unit);
}

/** A length of time as 0:07, 12:34 or 1:02:03; never negative. */
export function duration(ms, language) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const one = maker(Intl.NumberFormat, language, { useGrouping: false });
  const two = maker(Intl.NumberFormat, language, { minimumIntegerDigits: 2, useGrouping: false });
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two.format(seconds % 60);
  return hours > 0
    ? `${one.format(hours)}:${two.format(minutes)}:${rest}`
    : `${one.format(minutes)}:${rest}`;
}

/** The alphabet of a language. */
export function collator(language) {
  return maker(Intl.Collator, language, { numeric: true });
}

/** Several things in one sentence: "a, b y c". */
export function list(parts, language) {
  return maker(Intl.ListFormat, language, { type: "conjunction" }).format(parts);
}

/** The name of a language: "es" is "español" or "Spanish". */
export function languageName(tag, language) {
  try {
    return maker(Intl.DisplayNames, language, { type: "language" }).of(tag);
  } catch {
    return tag; // not a language anybody knows
  }
}

/** A telephone number in readable groups; the number itself is not changed. */
export function phone(number) {
  const spain = /^\+34(\d{3})(\d{3})(\d{3})$/.exec(number);
  if (spain) return `+34 ${spain[1]} ${spain[2]} ${spain[3]}`;
  return number;
}
