// Who looks at the page, and what they may see.
import { signal } from "@preact/signals";

import { whoAmI } from "./http.js";

const RETRY_MS = 2000;

/** As `whoAmI` tells; null until known. */
export const person = signal(null);

export async function learnPerson() {
  while (person.peek() === null) {
    try {
      person.value = await whoAmI();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Whether they have one of these rights; false until it is known who they are. */
export const may = (...rights) => rights.some((right) => person.value?.rights.includes(right));
