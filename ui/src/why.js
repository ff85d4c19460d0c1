// Why somebody waits, in one sentence. The server gives reasons and how many agents each one holds back.

/** What keeps agents who could serve, in the order in which it is said. */
const STATES = {
  talking: "whyTalking",
  offered: "whyOffered",
  wrap_up: "whyWrapUp",
  not_ready: "whyNotReady",
  resting: "whyResting",
  own_call: "whyOwnCall",
  no_phone: "whyNoPhone",
  desktop_gone: "whyNoScreen",
  logged_out: "whyLoggedOut",
};

const WHOLE = { turn: "whyTurn", nobody: "whyNobody", nobody_yet: "whyNobodyYet" };
const LANGUAGE = /^lang\.(.+)$/;

/**
 * The sentence for `why`, a list of `{code, agents, skill}`: "5 agentes hablando y 2 en pausa; 1 sin inglés".
 *
 * Who lacks the queue's own skill is of another team, and only counted when there is nobody else.
 * `words` has `t`, `count`, `list` and `languageName` in the reader's language.
 */
export function whySentence(why, words) {
  const states = Object.keys(STATES).flatMap((code) => why.filter((reason) => reason.code === code));
  const skills = why.filter(({ code, skill }) => code === "skill" && (states.length === 0 || LANGUAGE.test(skill)));
  const [first] = [...states, ...skills];
  // Who is counted is said once.
  const who = (reason) =>
    reason === first
      ? words.t("whyAgents", { count: reason.agents, shown: words.count(reason.agents) })
      : words.count(reason.agents);
  const sentences = [
    states.map((reason) => words.t(STATES[reason.code], { who: who(reason) })),
    skills.map((reason) => lacking(reason, who(reason), words)),
  ]
    .filter((parts) => parts.length > 0)
    .map((parts) => words.list(parts));
  for (const [code, word] of Object.entries(WHOLE)) {
    if (why.some((reason) => reason.code === code)) sentences.unshift(words.t(word));
  }
  const whole = sentences.join("; ");
  return whole && whole[0].toLocaleUpperCase() + whole.slice(1);
}

function lacking({ skill }, who, words) {
  const tag = LANGUAGE.exec(skill)?.[1];
  return tag
    ? words.t("whyWithoutLanguage", { who, skill: words.languageName(tag) })
    : words.t("whyWithoutSkill", { who, skill });
}
