/** The key of the keyboard that does the same as the button. */
export function Key({ name }) {
  return <kbd>{name}</kbd>;
}
