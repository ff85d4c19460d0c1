// A telephone in the browser, in our own words. This and `standby.js` alone know JsSIP; loaded when first needed.
import JsSIP from "jssip";

export { standby } from "./standby.js";

const CONNECT_MS = 8000; // a switch that is there answers in a fraction of this
const PATH_MS = 5000; // to find the first address that audio could use
const MEDIA_MS = 10000; // from the answer to audio that can flow
const KEY_MS = 100;

JsSIP.debug.disable();

/**
 * Dial a number; the account need not register.
 *
 * `microphone` is a MediaStream. `tell(state, why)` hears "connecting", "calling",
 * "up" and at last "ended": `why` is then null after a good end, else one of
 * "unreachable", "refused", "busy", "nobody", "noAudio", "failed".
 */
export function dial({ ws, user, password, host }, number, microphone, tell) {
  const agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(ws)],
    uri: `sip:${user}@${host}`,
    password,
    register: false,
    session_timers: false,
    user_agent: "Centralita",
    connection_recovery_min_interval: 3600, // one try: whoever calls sees at once that it failed
    connection_recovery_max_interval: 7200,
  });
  const speaker = new Audio();
  speaker.autoplay = true;
  let session = null;
  let over = false;
  let timer = null;

  function end(why) {
    if (over) return;
    over = true;
    clearTimeout(timer);
    speaker.srcObject = null;
    for (const track of microphone.getTracks()) track.stop();
    tell("ended", why);
    // Says BYE or CANCEL for a call that is still there, then closes the socket.
    agent.stop();
  }

  function endIn(ms, why) {
    clearTimeout(timer);
    timer = setTimeout(() => end(why), ms);
  }

  function watchMedia(connection) {
    // A browser that finds no address keeps looking, and the call would never be sent.
    endIn(PATH_MS, "noAudio");
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.candidate) clearTimeout(timer);
    });
    connection.addEventListener("track", ({ track, streams }) => {
      speaker.srcObject = streams[0] ?? new MediaStream([track]);
    });
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState === "connected") clearTimeout(timer);
      if (connection.connectionState === "failed") end("noAudio");
    });
  }

  agent.on("connected", () => {
    clearTimeout(timer);
    if (session || over) return;
    tell("calling", null);
    session = agent.call(`sip:${number}@${host}`, {
      mediaStream: microphone,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    });
    watchMedia(session.connection);
    session.on("confirmed", () => {
      tell("up", null);
      if (session.connection.connectionState !== "connected") endIn(MEDIA_MS, "noAudio");
    });
    session.on("ended", ({ cause }) => end(cause === C.RTP_TIMEOUT || cause === C.CONNECTION_ERROR ? "failed" : null));
    session.on("failed", ({ cause, originator }) => end(originator === "local" && cause === C.CANCELED ? null : failure(cause)));
  });
  agent.on("disconnected", () => end(session ? "failed" : "unreachable"));

  tell("connecting", null);
  endIn(CONNECT_MS, "unreachable");
  agent.start();

  return {
    /** One of 0-9 * #, heard by the other side as a key. */
    press(key) {
      if (session?.isEstablished()) session.sendDTMF(key, { transportType: "RFC2833", duration: KEY_MS });
    },
    mute(on) {
      for (const track of microphone.getAudioTracks()) track.enabled = !on;
    },
    hangUp() {
      end(null);
    },
    /** How loud both sides are now, 0 to 1, and the energy heard so far. */
    async levels() {
      const found = { mine: 0, theirs: 0, energy: 0 };
      if (!session?.connection || over) return found;
      for (const part of (await session.connection.getStats()).values()) {
        if (part.type === "media-source") found.mine = part.audioLevel ?? 0;
        if (part.type === "inbound-rtp" && part.kind === "audio") {
          found.theirs = part.audioLevel ?? 0;
          found.energy = part.totalAudioEnergy ?? 0;
        }
      }
      return found;
    },
  };
}

const C = JsSIP.C.causes;
const FAILURES = new Map([
  [C.CONNECTION_ERROR, "unreachable"],
  [C.REQUEST_TIMEOUT, "unreachable"],
  [C.BUSY, "busy"],
  [C.REJECTED, "refused"],
  [C.NOT_FOUND, "refused"],
  [C.AUTHENTICATION_ERROR, "refused"],
  [C.UNAVAILABLE, "nobody"],
  [C.NO_ANSWER, "nobody"],
  [C.WEBRTC_ERROR, "noAudio"],
  [C.INCOMPATIBLE_SDP, "noAudio"],
  [C.BAD_MEDIA_DESCRIPTION, "noAudio"],
]);

function failure(cause) {
  return FAILURES.get(cause) ?? "failed";
}
