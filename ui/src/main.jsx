import { render } from "preact";

import { App } from "./app.jsx";
import { start } from "./connection.js";
import { learnPerson } from "./person.js";

render(<App />, document.getElementById("app"));
start();
learnPerson();
