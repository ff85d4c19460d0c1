// One shape for each state, so that no state is told by colour alone. Decorative: the word stands beside it.
const SHAPES = {
  ready: (
    <>
      <circle cx="8" cy="8" r="6.5" />
      <path d="M5 8.2l2.2 2.2L11 6.4" />
    </>
  ),
  ringing: <path d="M3 11.5h10c-1.3-1-1.5-2.6-1.5-4.5a3.5 3.5 0 0 0-7 0c0 1.9-.2 3.5-1.5 4.5zM6.5 13.5a1.6 1.6 0 0 0 3 0" />,
  waiting: (
    <>
      <circle cx="8" cy="8" r="6.5" />
      <path d="M8 4.5V8l2.5 1.8" />
    </>
  ),
  talking: <path d="M2.5 3h11v8H8l-3.2 2.7V11H2.5z" />,
  "wrap-up": <path d="M3 13l.7-3L10.8 2.9l2.3 2.3L6 12.3zM9.3 4.4l2.3 2.3" />,
  "not-ready": (
    <>
      <circle cx="8" cy="8" r="6.5" />
      <path d="M6.3 5.5v5M9.7 5.5v5" />
    </>
  ),
  "logged-out": (
    <>
      <circle cx="8" cy="8" r="6.5" />
      <path d="M4.8 8h6.4" />
    </>
  ),
  alert: <path d="M8 1.9L14.8 13.8H1.2zM8 6.2v3.6M8 11.6v.4" />,
  phone: <path d="M4.6 1.8l2 3.2-1.5 1.6c.8 1.7 2.1 3 3.8 3.8l1.6-1.5 3.2 2c-.2 2-1.5 3.1-3 3C6 13.3 2 9.3 1.7 4.8c-.1-1.5 1-2.8 2.9-3z" />,
  "hang-up": <path d="M1.6 9.4c3.6-3.9 9.2-3.9 12.8 0l-1.9 2-2.6-1.2V8.1c-1.3-.4-2.5-.4-3.8 0v2.1l-2.6 1.2z" />,
  "no-phone": (
    <>
      <path d="M4.6 1.8l2 3.2-1.5 1.6c.8 1.7 2.1 3 3.8 3.8l1.6-1.5 3.2 2c-.2 2-1.5 3.1-3 3C6 13.3 2 9.3 1.7 4.8c-.1-1.5 1-2.8 2.9-3z" />
      <path d="M14.5 1.5l-5 5M9.5 1.5l5 5" />
    </>
  ),
  "no-screen": <path d="M1.8 2.8h12.4v8.4H1.8zM5.5 13.8h5M5.8 5l4.4 4M10.2 5L5.8 9" />,
  microphone: (
    <>
      <rect x="5.8" y="1.5" width="4.4" height="7.5" rx="2.2" />
      <path d="M3.2 7.2a4.8 4.8 0 0 0 9.6 0M8 12v2.5" />
    </>
  ),
  muted: (
    <>
      <rect x="5.8" y="1.5" width="4.4" height="7.5" rx="2.2" />
      <path d="M3.2 7.2a4.8 4.8 0 0 0 9.6 0M8 12v2.5M2 1.5l12 13" />
    </>
  ),
  "send-on": <path d="M2.5 8h10M9 4.5L12.5 8 9 11.5M2.5 4v8" />,
  keypad: <path d="M4 3.5h.01M8 3.5h.01M12 3.5h.01M4 7.5h.01M8 7.5h.01M12 7.5h.01M4 11.5h.01M8 11.5h.01M12 11.5h.01" stroke-width="2.4" />,
  person: <path d="M8 8.2a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8zM2.6 14c.6-3 2.7-4.4 5.4-4.4s4.8 1.4 5.4 4.4" />,
  queue: <path d="M2.5 4h11M2.5 8h11M2.5 12h7" />,
  close: <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" />,
  branch: <path d="M2 8h4l4-4.5h4M6 8l4 4.5h4" />,
  "look-up": (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="M10.5 10.5L14 14" />
    </>
  ),
  verified: <path d="M8 1.5l5.5 2v4c0 3.4-2.3 5.8-5.5 7-3.2-1.2-5.5-3.6-5.5-7v-4zM5.4 7.9l1.9 1.9 3.4-3.6" />,
  unverified: <path d="M8 1.5l5.5 2v4c0 3.4-2.3 5.8-5.5 7-3.2-1.2-5.5-3.6-5.5-7v-4zM8 4.8v3.6M8 10.9v.2" />,
  "call-back": <path d="M5.4 4.6l1.7 2.7-1.3 1.4c.7 1.4 1.8 2.5 3.2 3.2l1.3-1.3 2.7 1.7c-.2 1.7-1.3 2.6-2.5 2.5-4-.3-7.4-3.7-7.7-7.7-.1-1.2.8-2.3 2.6-2.5zM14 2L9.5 6.5M9.3 3v3.7H13" />,
  voicemail: (
    <>
      <circle cx="4.4" cy="8" r="2.9" />
      <circle cx="11.6" cy="8" r="2.9" />
      <path d="M4.4 10.9h7.2" />
    </>
  ),
  survey: <path d="M8 1.8l1.9 4 4.3.6-3.1 3 .8 4.4L8 11.7l-3.9 2.1.8-4.4-3.1-3 4.3-.6z" />,
  language: (
    <>
      <circle cx="8" cy="8" r="6.3" />
      <path d="M1.7 8h12.6M8 1.7c2.2 2 2.8 4 2.8 6.3S10.2 12.3 8 14.3C5.8 12.3 5.2 10.3 5.2 8S5.8 3.7 8 1.7" />
    </>
  ),
  set: <path d="M3 6h10M3 10h10" />,
  play: <path d="M4.5 2.5v11l8.5-5.5z" />,
  live: (
    <>
      <circle cx="8" cy="8" r="2" />
      <path d="M4.5 11.5a5 5 0 0 1 0-7M11.5 4.5a5 5 0 0 1 0 7" />
    </>
  ),
};

/** `place`: {x, y} inside another drawing. */
export function Icon({ name, place }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" {...(place && { ...place, width: 16, height: 16 })}>
      {SHAPES[name]}
    </svg>
  );
}
