/*
 * «Llámame»: un botón para su página que pide una llamada. / A button for your page that asks for a call.
 *
 *   <script src="https://SU-CENTRALITA/llamame.js" data-site="web" async></script>
 *
 * data-site   el sitio de «callbacks.sites» en la configuración / the site in the configuration
 * data-into   selector del elemento donde ponerlo; si falta, junto a esta línea / where to put it
 * data-lang   es | en; si falta, el idioma de la página / the page's language
 * data-label  otro texto para el botón / another text for the button
 */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || !script.dataset.site) return;
  var server = new URL(script.src, location.href).origin;
  var address = server + "/api/callbacks/public/" + encodeURIComponent(script.dataset.site);
  var words = {
    es: {
      button: "Llámame",
      title: "Le llamamos",
      number: "Su teléfono",
      name: "Su nombre (si quiere)",
      note: "¿Sobre qué? (si quiere)",
      send: "Quiero que me llamen",
      close: "Cerrar",
      sending: "Un momento…",
      wrong: "Escriba su número de teléfono.",
      promised: "Le llamaremos en cuanto alguien quede libre.",
      again: "Ya teníamos apuntada su llamada.",
      next: "Es usted el siguiente.",
      place: "Su turno es el {n}.",
      wait: "Tardaremos unos {n} minutos.",
      soon: "Será en menos de dos minutos.",
      failed: "No hemos podido apuntarlo. Inténtelo dentro de un momento, por favor.",
    },
    en: {
      button: "Call me",
      title: "We call you",
      number: "Your telephone",
      name: "Your name (optional)",
      note: "What about? (optional)",
      send: "Please call me",
      close: "Close",
      sending: "One moment…",
      wrong: "Please write your telephone number.",
      promised: "We will call you as soon as somebody is free.",
      again: "We had noted your call already.",
      next: "You are next.",
      place: "Your turn is number {n}.",
      wait: "It will take about {n} minutes.",
      soon: "It will be in less than two minutes.",
      failed: "We could not note it. Please try again in a moment.",
    },
  };
  var page = document.documentElement.lang || navigator.language || "es";
  var lang = (script.dataset.lang || page).slice(0, 2).toLowerCase() === "en" ? "en" : "es";
  var say = words[lang];
  var style =
    ":host{all:initial;font:1rem/1.4 system-ui,sans-serif;color:#1c2530}" +
    "[hidden]{display:none!important}*{box-sizing:border-box;font:inherit}" +
    "button{min-height:2.75rem;padding:.5rem 1.1rem;border:0;border-radius:.5rem;cursor:pointer;" +
    "background:#0b5cad;color:#fff}button.quiet{background:transparent;color:#0b5cad;border:1px solid #0b5cad}" +
    ":focus-visible{outline:3px solid #f0a500;outline-offset:2px}" +
    "form{width:20rem;max-width:100%;margin-top:.5rem;padding:1rem;border:1px solid #b8c2cc;" +
    "border-radius:.5rem;background:#fff}" +
    "h2{margin:0 0 .5rem;font-size:1.15rem;font-weight:600}label{display:block;margin:.5rem 0 .15rem}" +
    "input,textarea{width:100%;padding:.5rem;border:1px solid #6b7885;border-radius:.35rem;" +
    "background:#fff;color:#1c2530}.row{display:flex;gap:.5rem;margin-top:.9rem;flex-wrap:wrap}" +
    ".trap{position:absolute;left:-9999px;height:1px;width:1px;overflow:hidden}" +
    "p{margin:.75rem 0 0}p.bad{color:#a3180f}";

  function make(name, attributes, text) {
    var one = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) {
      one.setAttribute(key, attributes[key]);
    });
    if (text) one.textContent = text;
    return one;
  }

  function field(form, id, label, attributes, name) {
    form.appendChild(make("label", { for: id }, label));
    attributes.id = id;
    return form.appendChild(make(name || "input", attributes));
  }

  function key() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map
      .call(bytes, function (one) {
        return one.toString(16).padStart(2, "0");
      })
      .join("");
  }

  var host = make("div", { lang: lang, "data-llamame": script.dataset.site });
  var root = host.attachShadow({ mode: "open" });
  if (root.adoptedStyleSheets && "replaceSync" in CSSStyleSheet.prototype) {
    var sheet = new CSSStyleSheet(); // a page that forbids inline styles still takes these
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } else {
    root.appendChild(make("style", {}, style));
  }

  var open = root.appendChild(
    make(
      "button",
      { type: "button", "aria-expanded": "false", "aria-controls": "form" },
      script.dataset.label || say.button
    )
  );
  var form = root.appendChild(make("form", { id: "form", novalidate: "", "aria-labelledby": "title" }));
  form.hidden = true;
  form.appendChild(make("h2", { id: "title" }, say.title));
  var number = field(form, "number", say.number, {
    type: "tel",
    name: "number",
    required: "",
    autocomplete: "tel",
    maxlength: "40",
    "aria-describedby": "told",
  });
  var name = field(form, "name", say.name, { type: "text", autocomplete: "name", maxlength: "60" });
  var note = field(form, "note", say.note, { rows: "2", maxlength: "300" }, "textarea");
  var trap = make("div", { class: "trap", "aria-hidden": "true" });
  var web = trap.appendChild(make("input", { type: "text", tabindex: "-1", autocomplete: "off" }));
  form.appendChild(trap);
  var row = form.appendChild(make("div", { class: "row" }));
  var send = row.appendChild(make("button", { type: "submit" }, say.send));
  var close = row.appendChild(make("button", { type: "button", class: "quiet" }, say.close));
  var told = form.appendChild(make("p", { id: "told", role: "status", "aria-live": "polite" }));
  var request = "";

  function show(is) {
    form.hidden = !is;
    open.setAttribute("aria-expanded", String(is));
    (is ? number : open).focus();
    if (is) {
      request = key();
      tell("", false);
    }
  }

  function tell(text, bad) {
    told.textContent = text;
    told.className = bad ? "bad" : "";
    number.setAttribute("aria-invalid", String(!!bad));
  }

  function promised(answer) {
    var said = [answer.again ? say.again : say.promised];
    if (answer.position === 1) said.push(say.next);
    else if (answer.position) said.push(say.place.replace("{n}", answer.position));
    if (answer.wait_ms) {
      var minutes = Math.ceil(answer.wait_ms[1] / 60000);
      said.push(minutes < 2 ? say.soon : say.wait.replace("{n}", minutes));
    }
    return said.join(" ");
  }

  open.addEventListener("click", function () {
    show(form.hidden);
  });
  close.addEventListener("click", function () {
    show(false);
  });
  root.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !form.hidden) show(false);
  });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (!/[0-9]/.test(number.value)) {
      tell(say.wrong, true);
      number.focus();
      return;
    }
    send.disabled = true;
    tell(say.sending, false);
    var wish = { number: number.value, name: name.value, note: note.value, web: web.value, key: request };
    fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "omit",
      body: JSON.stringify(wish),
    })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (response.ok) tell(promised(answer), false);
          else tell(answer[lang] || say.failed, true);
        });
      })
      .catch(function () {
        tell(say.failed, true);
      })
      .then(function () {
        send.disabled = false;
      });
  });

  function place() {
    var into = script.dataset.into ? document.querySelector(script.dataset.into) : null;
    if (into) into.appendChild(host);
    else if (script.parentNode && script.parentNode.nodeName !== "HEAD") script.after(host);
    else document.body.appendChild(host);
  }
  if (document.body && (!script.dataset.into || document.querySelector(script.dataset.into))) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
