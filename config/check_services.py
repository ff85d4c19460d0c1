"""Do surveys, sites for callbacks and written conversations name what exists?"""

from __future__ import annotations

from config.build_services import OTHERWISE
from config.check_nodes import PIN
from config.findings import Findings
from config.flow_vars import gives
from config.problems import KeyPath
from config.schema import Centre
from config.talks import Talk

_RESERVED_FACTS = frozenset({"known", "segment", "language", "name", PIN})
"""Of a customer's record, beside the fields that the configuration declares."""


def check_services(centre: Centre, found: Findings) -> None:
    """Add names that lead nowhere."""
    for name, survey in centre.surveys.items():
        path: KeyPath = ("surveys", name)
        for index, question in enumerate(survey.questions):
            place = (*path, "questions", index)
            found.refer("prompts", question.prompt, found.prompts(), (*place, "prompt"))
            if any(question.id == other.id for other in survey.questions[:index]):
                es, en = f"otra pregunta se llama «{question.id}»", f'another question is "{question.id}"'
                found.error("question-twice", (*place, "id"), es, en, ("otro nombre", "another name"))
        for segment in survey.sample:
            if segment != OTHERWISE:
                known = found.names("segments")
                found.refer("segments", segment, known, (*path, "sample", segment), at_key=True)
    for name, site in centre.callbacks.sites.items():
        found.refer("queues", site.queue, found.names("queues"), ("callbacks", "sites", name, "queue"))
    for lang in () if centre.speech is None else centre.speech.languages:
        if found.whole("languages"):
            place = ("speech", "languages", lang)
            found.refer("languages", lang, centre.languages, place, at_key=True)
    for index, talk in enumerate(centre.tests):
        _check_talk(centre, found, ("tests", index), talk)


def _check_talk(centre: Centre, found: Findings, path: KeyPath, talk: Talk) -> None:
    found.refer("entry", talk.entry, found.names("entry"), (*path, "entry"))
    entry = centre.entry.get(talk.entry)
    if entry is not None and entry.flow is None:
        es, en = (
            f"el {talk.entry} lo atiende un guion, no un flujo",
            f"a script answers {talk.entry}, no flow",
        )
        fix = ("pruebe un número con flow", "try a number with flow")
        found.error("test-script", (*path, "entry"), es, en, fix)
    _check_given(centre, found, (*path, "given"), talk)
    for index, line in enumerate(talk.talk):
        for prompt in line.hears or ():
            found.refer("prompts", prompt, found.prompts(), (*path, "talk", index, "hears"))
    for kind in ("queue", "callback", "voicemail"):
        found.refer("queues", getattr(talk.ends, kind), found.names("queues"), (*path, "ends", kind))


def _check_given(centre: Centre, found: Findings, path: KeyPath, talk: Talk) -> None:
    given = talk.given
    if found.whole("languages"):
        found.refer("languages", given.language, centre.languages, (*path, "language"))
    for name in given.hours:
        found.refer("hours", name, found.names("hours"), (*path, "hours", name), at_key=True)
    if found.whole("facts"):
        fields = _RESERVED_FACTS | frozenset(centre.facts.customer.fields)
        for name in given.customer:
            found.refer("fields", name, fields, (*path, "customer", name), at_key=True)
    for name, result in given.lookups.items():
        place = (*path, "lookups", name)
        found.refer("lookups", name, found.names("lookups"), place, at_key=True)
        for var in result if isinstance(result, dict) else ():
            if name in centre.lookups:
                found.refer("variables", var, gives(centre, name), (*place, var), at_key=True)
