"""YAML of a centre of flows for tests: an entry for each thing that a flow can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from centralita.clock import wall_clock_ms
from tests.support.scene import EXITS, WRAP_S

ORDER, WRONG_ORDER = "79927398713", "79927398710"
"""By ISO/IEC 7812-1 annex B the last digit of the first is right, that of the other is not."""

PROMPTS = {
    "hola": ("Bienvenido al centro de los flujos.", "Welcome to the centre of flows."),
    "teclee_pin": ("Teclee las ocho cifras de su clave.", "Please key the eight digits of your code."),
    "teclee_documento": ("Teclee las cifras de su documento.", "Please key your document."),
    "su_saldo": ("Su saldo es de {saldo: money} y vence el {vence: date}.", "You owe {saldo: money}."),
    "no_esta": ("No hay nada con ese número.", "There is nothing with that number."),
    "no_podemos": (
        "Ahora mismo no podemos consultarlo. Le pasamos con una persona.",
        "We cannot look it up now. We are putting you through.",
    ),
    "sin_probar": ("Le pasamos con una persona sin comprobar quién es.", "We could not check who you are."),
    "un_momento": ("Un momento, lo estamos mirando.", "One moment, we are looking it up."),
    "elija": ("Pulse la tecla de la prueba que le hayan indicado.", "Please press the key of your trial."),
    "teclee_pedido": ("Teclee el número de su pedido y almohadilla.", "Key your order number, then hash."),
    "pedido_malo": ("Ese número de pedido no es correcto.", "That order number is not correct."),
    "pedido_bueno": ("Buscamos el pedido {pedido: digits}.", "We are looking for order {pedido: digits}."),
    "deje_mensaje": ("Deje su mensaje después de la señal.", "Please leave your message after the tone."),
    "nada_dicho": ("No hemos oído ningún mensaje.", "We have not heard a message."),
    "p_trato": ("Del uno al cinco, ¿cómo ha sido el trato?", "From one to five, how were you treated?"),
    "p_resuelto": ("Del uno al cinco, ¿quedó resuelto?", "From one to five, was it solved?"),
    "gracias": ("Muchas gracias por contestar.", "Thank you very much for your answers."),
    "le_llamamos": ("Si quiere que le llamemos, pulse uno.", "To be called back, press one."),
    "no_contesta": ("Esa persona no contesta.", "That person does not answer."),
    "es_oro": ("Es usted cliente de oro.", "You are a gold customer."),
    "no_es_oro": ("Es usted un cliente como los demás.", "You are a customer like any other."),
    "esta_abierto": ("Ahora está abierto.", "We are open."),
    "esta_cerrado": ("Ahora está cerrado.", "We are closed."),
    "despedida": ("Gracias por llamar. Hasta otro día.", "Thank you for calling. Goodbye."),
}

_CONFIG = """
schema: acd/1
name: Centro de los flujos
languages: [es, en]
segments: [base, oro]
facts: {customer: {within: 500ms, fields: {documento: text}}}
classify:
  - {id: segmento, when: customer.known and call.trust >= matched, set: {segment: customer.segment}}
routing: {policy: fair}
skills: {ventas: 0..10, soporte: 0..10}
agents:
  ana: {name: Ana, phone: ana, skills: {ventas: 8, soporte: 8}}
  beto: {name: Beto, phone: beto, skills: {ventas: 8, soporte: 8}}
phones: {ana: {}, beto: {}}
hours:
  hoy: {week: {}, days: {<today>}}
  nunca: {week: {mon-sun: "00:00-24:00"}, days: {<never>}}
<more>
entry:
  "910": {flow: saldo}
  "911": {flow: consultas}
  "912": {flow: pedidos}
  "913": {flow: paseo}
  "914": {flow: colgar}
  "915": {flow: ramas}
  "916": {flow: buzon}
  "918": {flow: pasar}
  "920": {flow: ventas}
  "921": {flow: soporte}
  "922": {flow: ficha}<entries>
lookups:
  saldo: {<get>/saldo/{doc}", within: 5s, secret_headers: {Authorization: crm},
    gives: {saldo: {at: data.saldo, type: money}, vence: {at: data.vence, type: date}}}
  caido: {<get>/caido/{doc}", within: 3s, gives: {saldo: {at: data.saldo, type: money}}}
  lento: {<get>/lento/{doc}", within: 1s, gives: {saldo: {at: data.saldo, type: money}}}
  raro: {<get>/raro/{doc}", within: 3s, gives: {saldo: {at: data.saldo, type: money}}}
  tarda: {<get>/lento/{doc}", within: 10s, gives: {saldo: {at: data.saldo, type: money}}}
  aviso: {<get>/aviso", within: 3s, method: POST, body: {prueba: "{prueba}"}}
surveys:
  atencion:
    questions: [{id: trato, prompt: p_trato}, {id: resuelto, prompt: p_resuelto}]
    sample: {otherwise: 100%}
  nadie:
    questions: [{id: trato, prompt: p_trato}]
    sample: {otherwise: 0%}
flows:
  saldo:
    start: saludo
    on: <on>
    nodes:
      saludo: {say: hola, next: quien}
      quien: {branch: [{when: call.trust >= pin, to: ficha}], otherwise: clave}
      clave: {digits: teclee_pin, into: pin, length: 8, secret: true, next: probar}
      probar: {identify: pin, value: pin, tries: 3, next: quien, again: clave, too_many: sin_probar,
        failure: documento}
      documento: {digits: teclee_documento, into: documento, length: 7-9, check: dni, next: buscar}
      buscar: {identify: documento, value: documento, next: clave, again: documento, too_many: sin_probar,
        failure: sin_probar}
      ficha: {lookup: customer, found: mirar, not_found: sin_probar, failure: sin_probar}
      mirar: {lookup: saldo, with: {doc: documento}, saying: un_momento, found: leer, not_found: no_esta}
      leer: {say: su_saldo, next: adios}
      no_esta: {say: no_esta, next: adios}
      sin_probar: {say: sin_probar, next: persona}
      no_podemos: {say: no_podemos, next: persona}
      adios: {goodbye: despedida}
      persona: {enqueue: general}
  ficha:
    start: ficha
    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}
    nodes:
      ficha: {lookup: customer, found: dice, not_found: no_esta, failure: sin_probar}
      dice: {say: hola, next: persona}
      no_esta: {say: no_esta, next: persona}
      sin_probar: {say: sin_probar, next: persona}
      persona: {enqueue: general}
  consultas:
    start: elegir
    on: <on>
    nodes:
      elegir: {menu: elija, keys: {"1": hay, "2": no_hay, "3": caido, "4": lento, "5": raro, "6": tarda,
        "0": persona}}
      hay: {set: {doc: "111"}, next: saldo}
      no_hay: {set: {doc: "404"}, next: saldo}
      saldo: {lookup: saldo, with: {doc: doc}, saying: un_momento, found: leer, not_found: no_esta}
      caido: {set: {doc: "500"}, next: mirar_caido}
      mirar_caido: {lookup: caido, with: {doc: doc}, saying: un_momento, found: leer, not_found: no_esta}
      lento: {set: {doc: "111"}, next: mirar_lento}
      mirar_lento: {lookup: lento, with: {doc: doc}, saying: un_momento, found: leer, not_found: no_esta}
      raro: {set: {doc: "111"}, next: mirar_raro}
      mirar_raro: {lookup: raro, with: {doc: doc}, saying: un_momento, found: leer, not_found: no_esta}
      tarda: {set: {doc: "111"}, next: mirar_tarda}
      mirar_tarda: {lookup: tarda, with: {doc: doc}, saying: un_momento, found: acabo, not_found: no_esta}
      leer: {say: su_saldo, next: acabo}
      no_esta: {say: no_esta, next: acabo}
      acabo: {goodbye: despedida}
      no_podemos: {say: no_podemos, next: persona}
      persona: {enqueue: general}
  pedidos:
    start: pedido
    on: <on>
    nodes:
      pedido: {digits: teclee_pedido, into: pedido, length: 5-12, check: luhn, confirm: true,
        invalid: pedido_malo, next: dice}
      dice: {say: pedido_bueno, next: adios}
      no_podemos: {say: no_podemos, next: persona}
      adios: {goodbye: despedida}
      persona: {enqueue: general}
  paseo:
    start: ingles
    on: <on>
    nodes:
      ingles: {language: en, next: poner}
      poner: {set: {canal: web}, next: clave}
      clave: {digits: teclee_pin, into: pin, length: 8, secret: true, next: probar}
      probar: {identify: pin, value: pin, next: elegir, again: clave, failure: no_podemos}
      elegir: {menu: elija, keys: {"1": pedido, "0": persona}}
      pedido: {digits: teclee_pedido, into: pedido, length: 5-12, check: luhn, confirm: true, next: mirar}
      mirar: {lookup: tarda, with: {doc: pedido}, saying: un_momento, found: buzon, not_found: no_podemos}
      buzon: {voicemail: ventas, prompt: deje_mensaje, silence: 3s, next: fin}
      fin:
        branch: [{when: 'call.trust >= pin and ivr.canal == "web" and ivr.pedido == "<order>"', to: ventas}]
        otherwise: no_podemos
      ventas: {enqueue: ventas}
      no_podemos: {say: no_podemos, next: persona}
      persona: {enqueue: general}
  colgar:
    start: elegir
    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: avisar}
    nodes:
      elegir:
        menu: elija
        keys: {"1": s_dice, "2": s_cifras, "3": s_mira, "4": s_buzon, "5": s_encuesta, "6": s_llamar,
          "7": s_pasar, "8": s_confirma, "0": persona}
      s_dice: {set: {prueba: dice}, next: dice}
      dice: {say: [deje_mensaje, no_podemos, elija, no_podemos, elija], next: persona, hang_up: avisar}
      s_cifras: {set: {prueba: cifras}, next: cifras}
      cifras: {digits: teclee_pin, into: cifras, length: 8, secret: true, next: persona}
      s_confirma: {set: {prueba: confirma}, next: confirma}
      confirma: {digits: teclee_pedido, into: pedido, length: 11, confirm: true, next: persona}
      s_mira: {set: {prueba: mira}, next: mira}
      mira: {lookup: tarda, with: {doc: prueba}, found: persona, not_found: persona}
      s_buzon: {set: {prueba: buzon}, next: buzon}
      buzon: {voicemail: ventas, prompt: deje_mensaje, next: persona}
      s_encuesta: {set: {prueba: encuesta}, next: encuesta}
      encuesta: {survey: atencion, next: persona}
      s_llamar: {set: {prueba: llamar}, next: llamar}
      llamar: {callback: ventas, offer: le_llamamos, accepted: persona, declined: persona}
      s_pasar: {set: {prueba: pasar}, next: pasar}
      pasar: {transfer: {agent: ana}, ring: 30s}
      avisar: {lookup: aviso, with: {prueba: prueba}, found: persona, not_found: persona}
      persona: {enqueue: general}
  ramas:
    start: abierto
    nodes:
      abierto: {hours: hoy, open: si, closed: persona}
      si: {say: esta_abierto, next: cerrado}
      cerrado: {hours: nunca, open: persona, closed: no}
      no: {say: esta_cerrado, next: poner}
      poner: {set: {motivo: prueba}, next: segun}
      segun:
        branch:
          - {when: 'ivr.motivo == "otra"', to: persona}
          - {when: 'customer.segment == oro and ivr.motivo == "prueba"', to: oro}
        otherwise: otros
      oro: {say: es_oro, next: persona}
      otros: {say: no_es_oro, next: persona}
      persona: {enqueue: general}
  buzon:
    start: buzon
    on: <on>
    nodes:
      buzon: {voicemail: ventas, prompt: deje_mensaje, silence: 2s, next: adios, no_input: nada}
      nada: {say: nada_dicho, next: persona}
      adios: {goodbye: despedida}
      no_podemos: {say: no_podemos, next: persona}
      persona: {enqueue: general}
  pasar:
    start: pasar
    on: {too_many: persona, failure: no_contesta, no_input: again, no_match: again, hang_up: end}
    nodes:
      pasar: {transfer: {agent: ana}, ring: 8s}
      no_contesta: {say: no_contesta, next: persona}
      persona: {enqueue: general}
  ventas:
    start: elegir
    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}
    nodes:
      elegir: {menu: elija, keys: {"1": ventas, "0": persona}, labels: {"1": Un pedido}}
      persona: {enqueue: general}
      ventas: {enqueue: ventas}
  soporte: {start: soporte, nodes: {soporte: {enqueue: soporte}}}
  encuesta:
    start: preguntas
    on: {too_many: gracias, failure: gracias, no_input: again, no_match: again, hang_up: end}
    nodes:
      preguntas: {survey: atencion, next: gracias}
      gracias: {goodbye: gracias}
  no_encuesta:
    start: preguntas
    on: {too_many: gracias, failure: gracias, no_input: again, no_match: again, hang_up: end}
    nodes:
      preguntas: {survey: nadie, next: gracias}
      gracias: {goodbye: gracias}<flows>
queues:
  ventas: {need: ["ventas >= 5/10"], survey: encuesta, <times>}
  soporte: {need: ["soporte >= 5/10"], survey: no_encuesta, <times>}
  general: {<times>}
prompts:
<prompts>
"""
_ON = "{too_many: persona, failure: no_podemos, no_input: again, no_match: again, hang_up: end}"


def flows_config(crm: str, *, more: str = "", entries: str = "", flows: str = "") -> str:
    """
    YAML of the centre.

    Args:
        crm: Address of the CRM.
        more: Further sections.
        entries: Further lines of `entry`, each indented by two.
        flows: Further lines of `flows`, indented likewise.
    """
    today = datetime.fromtimestamp(wall_clock_ms() / 1000, UTC).date()
    near = [today + timedelta(days=n) for n in (-1, 0, 1)]
    filled = {
        "<today>": ", ".join(f'"{day}": "00:00-24:00"' for day in near),
        "<never>": ", ".join(f'"{day}": []' for day in near),
        "<more>": more,
        "<entries>": entries and "\n" + entries.rstrip(),
        "<flows>": flows and "\n" + flows.rstrip(),
        "<get>": f'url: "{crm}',
        "<on>": _ON,
        "<order>": ORDER,
        "<times>": f"ring: {{for: 12s}}, wrap: {{for: {WRAP_S}s}}, announce_every: 60s, short_abandon: 1s, "
        f"rest: {{busy: 2s, declined: 2s, failed: 2s}}, on: {{{EXITS}}}",
        "<prompts>": "\n".join(f'  {name}: {{es: "{es}", en: "{en}"}}' for name, (es, en) in PROMPTS.items()),
    }
    text = _CONFIG
    for place, value in filled.items():
        text = text.replace(place, value)
    return text
