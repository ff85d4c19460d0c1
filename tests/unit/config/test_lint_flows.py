"""Mistakes in flows that listen, look up and identify: each with its place, its code and its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.lint.registry import RULES
from config.loader import check_text
from config.problems import ConfigError, Problem

pytestmark = pytest.mark.unit

GOOD = """\
schema: acd/1
name: Prueba
languages: [es, en]
agents: {ana: {name: Ana, phone: ana}}
phones: {ana: {}}
trunks: {linea: {host: sip.example.com, allow: ["+34*"]}}
segments: [base, oro]
facts: {customer: {fields: {dni: text, casos: int}}}
speech: {languages: {es: {model: es-small}, en: {model: en-small}}}
intents:
  factura:
    label: Factura
    examples: {es: [mi factura, me cobran de más, el recibo], en: [my invoice, charged twice, the bill]}
  averia:
    label: Avería
    examples: {es: [no funciona, se ha roto, un técnico], en: [broken, no power, technician]}
lookups:
  saldo:
    url: "https://crm.example/saldo?doc={doc}"
    gives:
      saldo: {at: data.saldo, type: money}
      vence: {at: vence, type: date}
      activo: {at: activo, type: bool}
  alta: {url: "https://crm.example/alta", method: POST, body: {doc: "{doc}", pin: "{pin}"}}
surveys:
  fin: {questions: [{id: trato, prompt: trato}], sample: {otherwise: 20%, oro: 0%}}
callbacks: {sites: {web: {origins: ["https://tienda.example"], queue: ventas}}}
entry: {"900": {flow: principal}, "901": {flow: despues}}
flows:
  principal:
    start: motivo
    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}
    nodes:
      motivo:
        {ask: que_desea, intents: {factura: doc, averia: persona}, keypad: menu, slots: {digits: pedido}}
      menu:
        menu: pulse
        spoken: diga
        keys: {"1": doc, "2": llamar, "0": persona}
        phrases:
          "1": {es: [mi factura], en: [my bill]}
          "2": {es: [una llamada], en: [a callback]}
      doc: {digits: teclee, spoken: diga_doc, into: doc, length: 8, next: clave}
      clave: {digits: teclee, into: pin, length: 4, secret: true, next: probar}
      probar: {identify: pin, value: pin, next: mirar, again: clave}
      mirar: {lookup: saldo, with: {doc: doc}, found: segun, not_found: alta}
      segun:
        branch:
          - {when: ivr.saldo > 0, to: leer}
          - {when: "ivr.activo and ivr.vence > '2026-01-01'", to: leer}
        otherwise: persona
      leer: {say: su_saldo, next: nota}
      nota: {set: {nota: "saldo {saldo}"}, next: persona}
      alta: {lookup: alta, with: {doc: doc, pin: pin}, found: persona, not_found: persona}
      llamar: {callback: ventas, offer: le_llamamos, accepted: adios, declined: pasar}
      pasar: {transfer: {number: "+34910000001"}, failure: ficha}
      ficha: {lookup: customer, found: buzon, not_found: buzon}
      buzon: {voicemail: ventas, prompt: deje, next: adios}
      adios: {goodbye: null}
      persona: {enqueue: ventas}
  despues:
    start: encuesta
    on: {too_many: fin, failure: fin, no_input: again, no_match: again, hang_up: end}
    nodes:
      encuesta: {survey: fin, next: fin}
      fin: {goodbye: null}
queues:
  ventas:
    survey: despues
    on: {closed: hang_up, full: {limit: 9, to: hang_up}, nobody_signed_in: keep_waiting,
      nobody_could_ever: hang_up, waited: {1h: hang_up}}
prompts:
  que_desea: {es: ¿Qué desea?, en: What is it?}
  pulse: {es: Pulse., en: Press.}
  diga: {es: Diga., en: Say.}
  teclee: {es: Teclee., en: Key.}
  diga_doc: {es: Diga., en: Say.}
  su_saldo: {es: "Son {saldo: money}.", en: "It is {saldo: money}."}
  le_llamamos: {es: Le llamamos., en: We call.}
  deje: {es: Hable., en: Speak.}
  trato: {es: Del uno al cinco., en: One to five.}
tests:
  - name: una factura
    entry: "900"
    given: {customer: {pin: "1234", casos: 2}, lookups: {saldo: {saldo: "1.00"}}}
    talk: [hears: que_desea, says: mi factura, hangs_up: true]
    ends: {hang_up: true}
"""


def problems(text: str) -> list[Problem]:
    try:
        return list(check_text(text, Path("centro.yaml")).warnings)
    except ConfigError as error:
        return list(error.problems)


def changed(before: str, after: str) -> str:
    assert GOOD.count(before) == 1, before
    return GOOD.replace(before, after)


def test_a_sound_centre_is_told_nothing() -> None:
    """Not one finding, so that each test below has only the mistake that it plants."""
    assert problems(GOOD) == []


PLANTED = [
    # before, after, code, line, column, in the message, in the mend
    ('intents: {factura: doc,', 'intents: {factrua: doc,',
     'unknown-intent', 35, 36, 'intención desconocida «factrua»', '¿quiso decir «factura»?'),
    ('lookup: saldo, with', 'lookup: slado, with',
     'unknown-lookup', 46, 23, 'consulta desconocida «slado»', '¿quiso decir «saldo»?'),
    ('{survey: fin, next', '{survey: fni, next',
     'unknown-survey', 65, 26, 'encuesta desconocida «fni»', '¿quiso decir «fin»?'),
    ('survey: despues', 'survey: depsues',
     'unknown-flow', 69, 13, 'flujo desconocido «depsues»', '¿quiso decir «despues»?'),
    ('identify: pin', 'identify: pni',
     'unknown-field', 45, 26, 'campo de la ficha desconocido «pni»', '¿quiso decir «pin»?'),
    ('callback: ventas,', 'callback: venta,',
     'unknown-queue', 55, 26, 'cola desconocida «venta»', '¿quiso decir «ventas»?'),
    ('voicemail: ventas', 'voicemail: venta',
     'unknown-queue', 58, 26, 'cola desconocida «venta»', '¿quiso decir «ventas»?'),
    ('{number: "+34910000001"}', '{number: "+44910000001"}',
     'transfer-number', 56, 34, 'ninguna línea puede marcar +44910000', 'añádalo a «allow» de una lín'),
    ('{number: "+34910000001"}', '{agent: anna}',
     'unknown-agent', 56, 33, 'agente desconocido «anna»', '¿quiso decir «ana»?'),
    ('queue: ventas}}}\nentry', 'queue: venta}}}\nentry',
     'unknown-queue', 27, 71, 'cola desconocida «venta»', '¿quiso decir «ventas»?'),
    ('oro: 0%', 'plata: 0%',
     'unknown-segment', 26, 75, 'segmento desconocido «plata»', 'existen: base, oro'),
    ('prompt: trato}', 'prompt: trat}',
     'unknown-prompt', 26, 41, 'locución desconocida «trat»', '¿quiso decir «trato»?'),
    ('value: pin, next', 'value: pni, next',
     'unknown-variable', 45, 38, 'variable desconocida «pni»', '¿quiso decir «dni»?'),
    ('    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}\n',
     '',
     'missing-exit', 30, 3, 'no se dice a dónde llevan no_input,', 'añada a este flujo on: {no_i'),
    ('too_many: persona, failure: persona, no_input: again',
     'too_many: again, failure: persona, no_input: again',
     'unknown-node', 32, 20, 'nodo desconocido «again»', 'existen: adios, alta, buzon,'),
    ('no_match: again, hang_up: end}\n    nodes:\n      motivo',
     'no_match: end, hang_up: end}\n    nodes:\n      motivo',
     'unknown-node', 32, 74, 'nodo desconocido «end»', '¿quiso decir «menu»?'),
    ('"2": llamar, "0": persona', '"2": llamar, "0": doc',
     'no-person', 36, 7, 'con la tecla 0 no se llega a una per', 'añada «"0": nodo» con {enque'),
    ('again: clave}', 'again: clave, too_many: adios}',
     'identify-person', 45, 7, 'quien falla demasiadas veces no lleg', 'lleve «too_many» a un nodo {'),
    ('keypad: menu', 'keypad: menu, keypad_key: "0"',
     'key-twice', 35, 94, 'es la misma tecla que key', 'p. ej. key: "0", keypad_key:'),
    ('      doc: {digits: teclee, spoken', '      doc: {too_many: lejos, digits: teclee, spoken',
     'unknown-node', 43, 23, 'nodo desconocido «lejos»', 'existen: adios, alta, buzon,'),
    ('found: segun, not_found: alta}', 'found: mirar, not_found: alta}',
     'endless-loop', 46, 7, 'bucle sin salida: mirar → mirar', 'haga que «next» o «too_many»'),
    ('with: {doc: doc}, found', 'with: {doc: dco}, found',
     'unknown-variable', 46, 42, 'variable desconocida «dco»', '¿quiso decir «doc»?'),
    ('with: {doc: doc}, found', 'with: {docu: doc}, found',
     'lookup-argument', 46, 37, 'la consulta no usa «docu»', '¿quiso decir «doc»?'),
    ('with: {doc: doc}, found', 'with: {doc: pin}, found',
     'secret-in-url', 46, 42, '«pin» es secreto y la dirección qued', 'úselo solo en identify, o en'),
    ('"saldo {saldo}"', '"clave {pin}"',
     'secret-used', 53, 26, '«pin» es secreto: aquí se diría o se', 'úselo solo en identify, o en'),
    ('ivr.saldo > 0', "ivr.pin == '1'",
     'secret-used', 49, 20, '«pin» es secreto: no se compara', 'úselo solo en identify, o en'),
    ('ivr.saldo > 0', 'ivr.sald > 0',
     'rule-unknown-fact', 49, 20, 'dato desconocido «ivr.sald»', '¿quiso decir «ivr.saldo»?'),
    ('ivr.saldo > 0', 'ivr.saldo > 0s',
     'rule-different-types', 49, 32, 'se compara un importe con una duraci', 'p. ej. 3 para números, 10m p'),
    ("ivr.vence > '2026-01-01'", "ivr.vence > '1-1-2026'",
     'rule-bad-date', 50, 48, 'una fecha se escribe año-mes-día', '"2026-12-24"'),
    ('{saldo: money}.", en', '{pin: digits}.", en',
     'secret-used', 52, 19, '«pin» es secreto: aquí se diría o se', 'úselo solo en identify, o en'),
    ('{saldo: money}.", en', '{saldo: dinero}.", en',
     'bad-placeholder', 78, 18, '«{saldo: dinero}» no se puede leer', '{variable: clase}, de clase'),
    ('slots: {digits: pedido}', 'slots: {digits: intent}',
     'variable-reserved', 35, 98, '«intent» la pone la casa', 'otro nombre'),
    ('slots: {digits: pedido}', 'slots: {digit: saldo}',
     'bad-key', 35, 90, 'valor no válido', '¿quiso decir «digits»?'),
    ('secret: true, next', 'secret: true, spoken: diga_doc, next',
     'secret-aloud', 44, 14, 'un número secreto solo se teclea, y', 'quite spoken y confirm'),
    ('no_match: again, hang_up: end}\n    nodes:\n      motivo',
     'no_match: again, hang_up: leer}\n    nodes:\n      motivo',
     'hang-up-speaks', 32, 90, 'ya no hay nadie que oiga «leer»', 'end, o un nodo lookup, set o'),
    ('https://crm.example/saldo', 'http://crm.example/saldo',
     'lookup-http', 19, 10, 'http fuera de la red propia: cualqui', 'use https'),
    ('https://crm.example/saldo?doc={doc}', 'https://{doc}.example/saldo',
     'lookup-host', 19, 10, 'una variable no puede decidir a quié', 'use {nombre} tras la primera'),
    ('https://crm.example/saldo?doc={doc}', 'https://crm.example/saldo?doc={Doc}',
     'placeholder', 19, 10, 'entre llaves va el nombre de una var', 'p. ej. ?doc={documento}'),
    ('method: POST, body', 'body',
     'lookup', 24, 9, 'body pide method: POST', 'añada method: POST'),
    ('type: money', 'type: euros',
     'bad-value', 21, 37, 'valor no válido', 'existen: bool, date, int, mo'),
    ('{es: [una llamada], en: [a callback]}', '{es: [mi factura], en: [a callback]}',
     'phrase-twice', 41, 11, '«mi factura» vale para las teclas 1', 'deje una'),
    ('{es: [una llamada], en: [a callback]}', '{es: [uno], en: [a callback]}',
     'phrase-twice', 42, 11, '«uno» vale para las teclas 2 y 1 (es', 'deje una'),
    ('{es: [una llamada], en: [a callback]}', '{es: [mi fractura], en: [a callback]}',
     'phrases-alike', 41, 11, '«mi factura» y «mi fractura» (2) sue', 'use palabras más distintas o'),
    ('{es: [una llamada], en: [a callback]}', '{es: [mi factura de luz], en: [a callback]}',
     'phrase-begins', 41, 11, '«mi factura» y «mi factura de luz» (', 'alargue la corta o cambie un'),
    ('{es: [una llamada], en: [a callback]}', '[una llamada, otra cosa]',
     'phrases-language', 42, 11, 'estas frases valdrían en es y en', 'escríbalas por idioma: {es:'),
    ('          "2": {es: [una llamada], en: [a callback]}\n',
     '          "5": {es: [una llamada], en: [a callback]}\n',
     'unknown-key', 42, 11, 'el menú no tiene la tecla «5»', 'póngala en «keys» o quite su'),
    (('          "1": {es: [mi factura], en: [my bill]}\n'
      '          "2": {es: [una llamada], en: [a callback]}\n'),
     '          "1": {es: [mi factura]}\n          "2": {es: [una llamada]}\n',
     'phrases-language', 40, 9, 'no hay frases en «en»', 'añada {en: […]}'),
    (', en: {model: en-small}', '',
     'no-recognizer', 35, 10, 'nadie escucha en en: se preguntará p', 'añada speech: {languages: {e'),
    ('keys: {"1": doc, "2": llamar, "0": persona}',
     'keys: {"1": doc, "2": llamar, "*": doc, "#": doc, "0": persona}',
     'no-keypad-key', 39, 39, 'un menú hablado necesita libre 1, *', 'dé otra tecla a una de ellas'),
    ('[no funciona, se ha roto, un técnico]', '[no funciona, se ha roto, Mi factura]',
     'intent-example-twice', 16, 46, 'es también un ejemplo de «factura»', 'deje uno'),
    ('[no funciona, se ha roto, un técnico]', '[no funciona, se ha roto, se ha roto]',
     'intent-few-examples', 16, 16, 'son pocos ejemplos para reconocerla', 'diez o más, como lo dice la'),
    ('{es: {model: es-small}, en: {model: en-small}}',
     '{es: {model: es-small}, en: {model: en-small}, fr: {model: x}}',
     'unknown-language', 9, 68, 'idioma desconocido «fr»', 'existen: en, es'),
    ('speech: {', 'speech: {accept: 40%, ',
     'confidence', 9, 9, 'confirm no puede pasar de accept', 'baje el primero'),
    ('{id: trato, prompt: trato}]', '{id: trato, prompt: trato}, {id: trato, prompt: trato}]',
     'question-twice', 26, 54, 'otra pregunta se llama «trato»', 'otro nombre'),
    ('prompt: trato}', 'prompt: trato, from: 5, to: 1}',
     'survey', 26, 21, 'from va antes que to', 'p. ej. from: 1, to: 5'),
    ('hears: que_desea', 'hears: que_quiere',
     'unknown-prompt', 86, 19, 'locución desconocida «que_quiere»', '¿quiso decir «que_desea»?'),
    ('says: mi factura', 'dice: mi factura',
     'unknown-key', 86, 30, 'clave desconocida', '¿quiso decir «silence»?'),
    ('lookups: {saldo: {saldo:', 'lookups: {saldo: {sald:',
     'unknown-variable', 85, 66, 'variable desconocida «sald»', '¿quiso decir «saldo»?'),
    ('casos: 2}', 'cosas: 2}',
     'unknown-field', 85, 37, 'campo de la ficha desconocido «cosas', '¿quiso decir «casos»?'),
    ('ends: {hang_up: true}', 'ends: {queue: venta}',
     'unknown-queue', 87, 19, 'cola desconocida «venta»', '¿quiso decir «ventas»?'),
    ('ends: {hang_up: true}', 'ends: {}',
     'talk-end', 87, 11, 'un final es uno de: queue, hang_up,', 'p. ej. queue: ventas'),
    ('entry: "900"\n', 'entry: "902"\n',
     'unknown-entry', 84, 12, 'número desconocido «902»', '¿quiso decir «901»?'),
    ('length: 8', 'length: 9-5',
     'length', 43, 66, 'largo no válido: de 1 a 40 cifras', 'p. ej. 8, 5-9'),
    ('[no funciona, se ha roto, un técnico], en: [broken, no power, technician]}',
     '[no funciona, se ha roto, un técnico]}',
     'intent-language', 16, 5, 'no hay ejemplos en «en»', 'añada en: […]'),
    ('with: {doc: doc}, found', 'with: {doc: nota}, found',
     'variable-unset', 46, 42, '«nota» se usa aquí antes de que ning', 'ponga antes el nodo que la p'),
    ('  alta: {url:', '  alta: {gives: {vence: {at: x, type: int}}, url:',
     'variable-types', 54, 22, '«vence» es int aquí y date en otra p', 'dé otro nombre a una'),
    ('survey: despues', 'survey: principal',
     'survey-missing', 69, 13, '«principal» no pregunta ninguna encu', 'añada un nodo {survey: …}'),
    ('length: 4, secret: true', 'length: 4',
     'pin-not-secret', 45, 38, '«pin» es una clave, y se oiría y gua', 'añada secret: true a donde s'),
    ('deje: {es: Hable.,', 'deje: {es: "Hable, {name}.",',
     'data-by-caller-id', 58, 42, 'se diría «name», de la ficha, a quie', 'pase antes por identify, o p'),
    ('      adios: {goodbye: null}\n',
     '      adios: {say: diga, next: end}\n      end: {goodbye: null}\n',
     'node-reserved', 60, 7, '«end» no puede ser un nodo', 'póngale otro nombre'),
    ('into: doc, length: 8, next: clave}\n',
     ('into: doc, length: 8, too_many: adios, next: otro}\n'
      '      otro: {digits: teclee, into: pedido, too_many: adios, next: clave}\n'),
     'person-far', 43, 7, 'desde aquí hacen falta más de 2 resp', 'lleve «too_many» a un nodo {'),
    ('next: nota}', 'next: nota, hang_up: leer}',
     'hang-up-speaks', 52, 50, 'ya no hay nadie que oiga «leer»', 'end, o un nodo lookup, set o'),
    ('keypad: menu,', 'keypad: menu, person: adios,',
     'no-person', 34, 7, 'con la tecla 0 no se llega a una per', 'añada «"0": nodo» con {enque'),
    ('say: su_saldo', 'say: [su_saldo, hay_algo]',
     'unknown-prompt', 52, 30, 'locución desconocida «hay_algo»', '¿quiso decir «su_saldo»?'),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code", "line", "column", "said", "mend"), PLANTED)
def test_a_planted_mistake_is_found_where_it_is(
    before: str, after: str, code: str, line: int, column: int, said: str, mend: str
) -> None:
    """One mistake, one finding: line, column, code, what is wrong and the mend, in both languages."""
    (found,) = problems(changed(before, after))

    assert (found.code, found.line, found.column) == (code, line, column)
    assert said in found.es
    assert mend in found.fix_es
    assert found.en and found.fix_en
    if code in RULES:
        assert found.severity is RULES[code].severity
