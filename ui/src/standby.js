// An agent's telephone in the browser: it registers, rings and is answered. Loaded with `telephone.js`.
import JsSIP from "jssip";

const REGISTER_S = 60; // as short as the switch takes: a browser that vanished is noticed
const RETRY_S = { min: 1, max: 8 };
const GATHER_MS = 400; // from the first address found; more of them are not worth the wait
const PATH_MS = 5000; // to find any address that audio could use
const KEY_MS = 100;
const ICE = { iceServers: [] };
const BUSY = { status_code: 486 };
const DECLINED = { status_code: 603 };

/**
 * Be the telephone of this account until `close` is called.
 *
 * `tell(what)` hears `{line: "connecting" | "ready" | "offline" | "refused"}` and, of
 * the one call there can be, `{call: "ringing" | "up" | "none", why, answering}`.
 * `answering` is what the switch asks for: true when the phone shall pick up by itself.
 */
export function standby({ ws, user, password, host }, tell) {
  const agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(ws)],
    uri: `sip:${user}@${host}`,
    password,
    register: true,
    register_expires: REGISTER_S,
    session_timers: false,
    user_agent: "Centralita",
    connection_recovery_min_interval: RETRY_S.min,
    connection_recovery_max_interval: RETRY_S.max,
  });
  const speaker = new Audio();
  speaker.autoplay = true;
  let session = null;
  let microphone = null;

  agent.on("registered", () => tell({ line: "ready" }));
  agent.on("unregistered", () => tell({ line: "offline" }));
  agent.on("disconnected", () => tell({ line: "offline" }));
  agent.on("connecting", () => tell({ line: "connecting" }));
  agent.on("registrationFailed", ({ response }) =>
    tell({ line: response && [401, 403, 404].includes(response.status_code) ? "refused" : "offline" }),
  );
  agent.on("newRTCSession", ({ session: coming, originator, request }) => {
    if (originator !== "remote") return;
    // One call at a time: the switch offers no second one, and somebody else may not barge in.
    if (session) coming.terminate(BUSY);
    else take(coming, request);
  });

  function take(coming, request) {
    session = coming;
    coming.on("confirmed", () => session === coming && tell({ call: "up" }));
    coming.on("ended", () => over(coming, null));
    coming.on("failed", ({ cause, originator }) => over(coming, failure(cause, originator)));
    coming.on("peerconnection", ({ peerconnection }) => listenTo(peerconnection));
    tell({ call: "ringing", answering: answersItself(request) });
  }

  function listenTo(connection) {
    connection.addEventListener("track", ({ track, streams }) => {
      speaker.srcObject = streams[0] ?? new MediaStream([track]);
    });
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState === "failed") session?.terminate();
    });
  }

  function over(ended, why) {
    if (session !== ended) return;
    session = null;
    speaker.srcObject = null;
    release();
    tell({ call: "none", why });
  }

  function release() {
    for (const track of microphone?.getTracks() ?? []) track.stop();
    microphone = null;
  }

  /** A browser that finds no address keeps looking, and the answer would never be sent. */
  function sendSoon(answering) {
    const none = setTimeout(() => session === answering && answering.terminate(), PATH_MS);
    let soon = null;
    answering.on("icecandidate", ({ ready }) => {
      clearTimeout(none);
      soon ??= setTimeout(ready, GATHER_MS);
    });
    answering.on("accepted", () => clearTimeout(none));
    answering.on("failed", () => clearTimeout(none));
  }

  agent.start();
  tell({ line: "connecting" });

  return {
    /** Take the call that rings with this microphone, which is let go at its end. */
    answer(stream) {
      if (!session || session.isEstablished() || microphone) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      microphone = stream;
      sendSoon(session);
      session.answer({ mediaStream: stream, mediaConstraints: { audio: true, video: false }, pcConfig: ICE });
    },
    decline() {
      if (session && !session.isEstablished()) session.terminate(DECLINED);
    },
    hangUp() {
      if (session) session.terminate(session.isEstablished() ? {} : DECLINED);
    },
    /** One of 0-9 * #, heard by the other side as a key. */
    press(key) {
      if (session?.isEstablished()) session.sendDTMF(key, { transportType: "RFC2833", duration: KEY_MS });
    },
    /** Go on with another microphone. */
    async change(stream) {
      const sender = session?.connection?.getSenders().find(({ track }) => track?.kind === "audio");
      if (sender) await sender.replaceTrack(stream.getAudioTracks()[0]);
      release();
      microphone = stream;
    },
    /** The loudspeaker to be heard in; "" for the usual one. */
    async speakIn(device) {
      await speaker.setSinkId?.(device);
    },
    /** How loud both sides are now, 0 to 1, and the energy heard so far. */
    async levels() {
      const found = { mine: 0, theirs: 0, energy: 0 };
      if (!session?.connection) return found;
      for (const part of (await session.connection.getStats()).values()) {
        if (part.type === "media-source") found.mine = part.audioLevel ?? 0;
        if (part.type === "inbound-rtp" && part.kind === "audio") {
          found.theirs = part.audioLevel ?? 0;
          found.energy = part.totalAudioEnergy ?? 0;
        }
      }
      return found;
    },
    /** Ends the call, if there is one, and the registration. */
    close() {
      agent.stop();
      release();
    },
  };
}

// As telephones on a desk understand it; RFC 5373 and its older forms.
function answersItself(request) {
  const headers = ["Alert-Info", "Call-Info", "Answer-Mode"].map((name) => request.getHeader(name) ?? "");
  return headers.some((value) => /auto-answer|answer-after=0|^auto/i.test(value));
}

const C = JsSIP.C.causes;
const QUIET = new Set([C.CANCELED, C.REJECTED, C.BUSY, C.BYE, C.NO_ANSWER]);

function failure(cause, originator) {
  if (QUIET.has(cause)) return null;
  if ([C.WEBRTC_ERROR, C.INCOMPATIBLE_SDP, C.BAD_MEDIA_DESCRIPTION].includes(cause)) return "noAudio";
  return originator === "local" ? null : "failed";
}
