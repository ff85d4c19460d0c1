/** How each kind of node looks: icon and word. */
export const KINDS = {
  say: ["talking", "kindSay"],
  menu: ["keypad", "kindMenu"],
  ask: ["microphone", "kindAsk"],
  digits: ["keypad", "kindDigits"],
  lookup: ["look-up", "kindLookup"],
  identify: ["verified", "kindIdentify"],
  set: ["set", "kindSet"],
  branch: ["branch", "kindBranch"],
  hours: ["waiting", "kindHours"],
  language: ["language", "kindLanguage"],
  enqueue: ["queue", "kindEnqueue"],
  callback: ["call-back", "kindCallback"],
  transfer: ["send-on", "kindTransfer"],
  voicemail: ["voicemail", "kindVoicemail"],
  survey: ["survey", "kindSurvey"],
  goodbye: ["hang-up", "kindGoodbye"],
};
export const UNKNOWN = ["branch", "kindOther"];

/** Exits that have no words of their own in the configuration. */
export const EXITS = {
  next: "exitNext",
  otherwise: "exitOtherwise",
  no_input: "exitNoInput",
  no_match: "exitNoMatch",
  too_many: "exitTooMany",
  failure: "exitFailure",
  hang_up: "exitHangUp",
  keypad: "exitKeypad",
  person: "exitPerson",
  found: "exitFound",
  not_found: "exitNotFound",
  again: "exitAgain",
  open: "exitOpen",
  closed: "exitClosed",
  accepted: "exitAccepted",
  declined: "exitDeclined",
};

/** What stands beside an exit. */
export function exitWords({ kind, label }, t) {
  const word = EXITS[kind];
  if (!word) return label || kind;
  return label ? t("exitBy", { exit: t(word), key: label }) : t(word);
}
