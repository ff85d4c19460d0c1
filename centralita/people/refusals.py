"""Why people are not let in or not let change something: a code for programs, words for a person."""

from __future__ import annotations


class Refused(Exception):
    """
    Args:
        status: As HTTP says it.
        code: A stable word.
        es: What is wrong and how to mend it.
        en: The same in English.
        retry_after_s: When it can be tried again; 0: that does not depend on time.
    """

    def __init__(self, status: int, code: str, es: str, en: str, *, retry_after_s: int = 0) -> None:
        super().__init__(en)
        self.status, self.code, self.es, self.en = status, code, es, en
        self.retry_after_s = retry_after_s


def failed() -> Refused:
    """One answer for every reason, so that nobody learns which names there are."""
    return Refused(
        401,
        "sign_in_failed",
        "El nombre, la contraseña o el código no son correctos.",
        "The name, the password or the code is wrong.",
    )


def code_needed() -> Refused:
    return Refused(
        401,
        "totp_needed",
        "Escriba además el código de seis cifras de su aplicación.",
        "Give the six-digit code of your authenticator as well.",
    )


def wait(ms: int) -> Refused:
    seconds = max(1, -(-ms // 1000))
    return Refused(
        429,
        "too_many_attempts",
        f"Demasiados intentos: espere {seconds} s. Si es su cuenta, un administrador puede abrirla antes.",
        f"Too many attempts: wait {seconds} s. If it is your account, an administrator can open it earlier.",
        retry_after_s=seconds,
    )


def too_fast(ms: int) -> Refused:
    seconds = max(1, -(-ms // 1000))
    return Refused(
        429,
        "too_many_requests",
        f"Demasiadas peticiones: espere {seconds} s.",
        f"Too many requests: wait {seconds} s.",
        retry_after_s=seconds,
    )


def busy() -> Refused:
    return Refused(
        503,
        "busy",
        "Hay muchas personas entrando a la vez: inténtelo dentro de unos segundos.",
        "Many people are signing in at once: try again in a few seconds.",
        retry_after_s=2,
    )


def unavailable() -> Refused:
    return Refused(
        503,
        "people_unavailable",
        "La base de datos no responde ahora, y aún no se sabe quién es quién; las llamadas siguen. "
        "Inténtelo más tarde.",
        "The database does not answer now, and it is not known yet who is who; calls go on. Try later.",
        retry_after_s=5,
    )


def bad(key: str, es: str, en: str) -> Refused:
    """`key` is the field that is wrong; it is named in the texts."""
    return Refused(400, "bad_request", f"«{key}»: {es}", f"'{key}': {en}")


def unknown_person(name: str) -> Refused:
    return Refused(
        404,
        "unknown_person",
        f"No hay ninguna cuenta «{name}»: vea /api/people.",
        f"There is no account '{name}': see /api/people.",
    )


def name_is_taken() -> Refused:
    return Refused(
        409,
        "oidc_name_taken",
        "Ya hay aquí otra cuenta con su nombre, o su nombre no puede usarse: hable con un administrador.",
        "There is another account with your name here, or it cannot be used: ask an administrator.",
    )


def more_than_own() -> Refused:
    return Refused(
        403,
        "more_than_own",
        "Nadie puede dar más derechos de los que tiene.",
        "Nobody can give more rights than they have.",
    )
