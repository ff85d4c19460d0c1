import { render } from "preact";

import { start } from "../connection.js";
import { learnPerson } from "../person.js";
import { addWords } from "../signals.js";
import { FlowsPage, heard, readShown } from "./app.jsx";
import { words } from "./words.js";

const AGAIN_MS = 15_000;

addWords(words);
render(<FlowsPage />, document.getElementById("app"));
learnPerson();
// Read with every new connection, on what happens, and now and then: not all that changes a list is an event.
start({ history: false, hello: readShown, event: heard });
setInterval(() => {
  if (!document.hidden) readShown();
}, AGAIN_MS);
