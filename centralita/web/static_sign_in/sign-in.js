// Signs a person in. Written by hand, no build: the page must work before anything else does.

const WORDS = {
  es: {
    unreachable: "El servidor no responde. Compruebe la red e inténtelo otra vez.",
    missing: "Escriba su nombre y su contraseña.",
    differ: "Las dos contraseñas nuevas no son iguales.",
    oidc_no_role: "Su cuenta de la empresa no tiene ningún papel aquí. Hable con un administrador.",
    oidc_name_taken: "Ya hay aquí otra cuenta con su nombre. Hable con un administrador.",
    oidc_unavailable: "El servicio de cuentas de la empresa no responde. Inténtelo más tarde.",
    oidc_failed: "No se ha podido comprobar su cuenta de la empresa. Vuelva a intentarlo.",
    other: "English",
    title: "Entrar · Centralita",
  },
  en: {
    unreachable: "The server does not answer. Check the network and try again.",
    missing: "Give your name and your password.",
    differ: "The two new passwords are not the same.",
    oidc_no_role: "Your company's account has no role here. Ask an administrator.",
    oidc_name_taken: "There is another account with your name here. Ask an administrator.",
    oidc_unavailable: "The company's account service does not answer. Try again later.",
    oidc_failed: "Your company's account could not be verified. Try again.",
    other: "Español",
    title: "Sign in · Centralita",
  },
};

const find = (id) => document.getElementById(id);
const enter = find("enter");
const change = find("change");
const problem = find("problem");
let language = localStorage.getItem("centralita.language") ?? (navigator.language.startsWith("en") ? "en" : "es");
let csrf = "";
let oneTimePassword = "";
let told = null;

function speak() {
  document.documentElement.lang = language;
  document.title = WORDS[language].title;
  for (const each of document.querySelectorAll("[data-es]")) each.textContent = each.dataset[language];
  const other = find("language");
  other.textContent = WORDS[language].other;
  other.lang = language === "es" ? "en" : "es";
  if (told) problem.textContent = told[language];
}

function complain(words) {
  told = words;
  problem.hidden = !words;
  problem.textContent = words ? words[language] : "";
}

const own = (key) => ({ es: WORDS.es[key], en: WORDS.en[key] });

async function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  try {
    const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : {});
    return { status: answer.status, said: await answer.json() };
  } catch {
    return { status: 0, said: own("unreachable") };
  }
}

function goOn(me) {
  csrf = me.csrf ?? "";
  if (me.must_change) {
    enter.hidden = true;
    change.hidden = false;
    find("old").hidden = oneTimePassword !== "";
    find(oneTimePassword ? "new-password" : "old-password").focus();
    return;
  }
  const here = location.pathname;
  const home = me.role === "agent" ? "/agente" : "/";
  if (here === "/sign-in" || (here === "/" && home !== "/")) location.replace(home);
  else location.reload();
}

async function submitting(form, work) {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  complain(null);
  await work();
  button.disabled = false;
}

enter.addEventListener("submit", (event) => {
  event.preventDefault();
  submitting(enter, async () => {
    const [name, password, totp] = [find("name").value.trim(), find("password").value, find("totp").value.trim()];
    if (!name || !password) return complain(own("missing"));
    const { status, said } = await ask("/api/sign-in", totp ? { name, password, totp } : { name, password });
    if (status === 200) {
      oneTimePassword = said.must_change ? password : "";
      return goOn(said);
    }
    if (said.title === "totp_needed") {
      find("code").hidden = false;
      find("totp").focus();
    }
    complain(said);
  });
});

change.addEventListener("submit", (event) => {
  event.preventDefault();
  submitting(change, async () => {
    const chosen = find("new-password").value;
    if (chosen !== find("again").value) return complain(own("differ"));
    const password = oneTimePassword || find("old-password").value;
    const { status, said } = await ask("/api/me/password", { password, new_password: chosen });
    if (status === 200) return goOn(said);
    complain(said);
  });
});

find("language").addEventListener("click", () => {
  language = language === "es" ? "en" : "es";
  localStorage.setItem("centralita.language", language);
  speak();
});

speak();
find("name").focus();
const refused = new URLSearchParams(location.search).get("oidc");
if (refused) complain(own(WORDS.es[refused] ? refused : "oidc_failed"));
const ways = await ask("/api/sign-in");
if (ways.status === 200) find("oidc").hidden = !ways.said.oidc;
const me = await ask("/api/me");
// Who was refused just now is told why, even if an earlier session still holds.
if (!refused && me.status === 200 && (me.said.must_change || location.pathname === "/sign-in")) {
  if (me.said.kind === "person") goOn(me.said);
}
