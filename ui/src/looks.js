/** How each state of an agent looks: colour, icon and word. */
export const LOOKS = {
  ready: ["ready", "ready", "stateReady"],
  ringing: ["ringing", "ringing", "stateRinging"],
  talking: ["talking", "talking", "stateTalking"],
  "wrap-up": ["wrap-up", "wrap-up", "stateWrapUp"],
  resting: ["not-ready", "waiting", "stateResting"],
  "not-ready": ["not-ready", "not-ready", "stateNotReady"],
  "on-call": ["alert", "phone", "stateOnCall"],
  "no-phone": ["alert", "no-phone", "stateNoPhone"],
  "no-screen": ["alert", "no-screen", "stateNoScreen"],
  "logged-out": ["logged-out", "logged-out", "stateLoggedOut"],
};

/** Reasons that the server or a page gives; what somebody else wrote is shown as it is. */
export const REASONS = {
  break: "reasonBreak",
  meal: "reasonMeal",
  training: "reasonTraining",
  meeting: "reasonMeeting",
  paperwork: "reasonPaperwork",
  no_answer: "reasonNoAnswer",
  busy: "reasonBusy",
  declined: "reasonDeclined",
  unreachable: "reasonUnreachable",
  no_reply: "reasonNoReply",
  failed: "reasonFailed",
  lost: "reasonLost",
};

/** Those that a person chooses from. */
export const PAUSES = ["break", "meal", "meeting", "training", "paperwork"];

/** What an agent will be when the contact in hand is over. */
export const NEXT = { not_ready: "stateNotReady", logged_out: "stateLoggedOut", ready: "stateReady" };
