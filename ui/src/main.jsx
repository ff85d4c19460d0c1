import { render } from "preact";

import { App } from "./app.jsx";
import { start } from "./connection.js";

render(<App />, document.getElementById("app"));
start();
