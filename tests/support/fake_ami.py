"""An Asterisk manager for tests: real sockets, scripted answers, and every way to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tests.support.polling import eventually

Pairs = list[tuple[str, str]]
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def block(*pairs: tuple[str, str]) -> bytes:
    """A block as Asterisk prints it."""
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in pairs) + b"\r\n"


async def until(condition: Callable[[], object], *, within_s: float = 5.0) -> None:
    """Poll until the condition holds; fails after the deadline."""
    await eventually(lambda: bool(condition()), within_s, every_s=0.002)


class Action:
    """One action as the switch received it."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self.name = dict(pairs).get("Action", "")
        self.action_id = dict(pairs).get("ActionID", "")

    def get(self, name: str) -> str:
        return dict(self.pairs).get(name, "")


class FakeSession:
    """The switch's side of one connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def success(self, action: Action, *more: tuple[str, str]) -> None:
        self.send(block(("Response", "Success"), ("ActionID", action.action_id), *more))

    def error(self, action: Action, text: str) -> None:
        self.send(block(("Response", "Error"), ("ActionID", action.action_id), ("Message", text)))

    def event(self, name: str, *more: tuple[str, str]) -> None:
        self.send(block(("Event", name), *more))

    def list_of(self, action: Action, items: Sequence[bytes], *, end: str = "Complete") -> None:
        """A list answer; `{id}` in an item stands for the ActionID."""
        self.success(action, ("EventList", "start"))
        for item in items:
            self.send(item.replace(b"{id}", action.action_id.encode()))
        tail = (("ActionID", action.action_id), ("EventList", end), ("ListItems", str(len(items))))
        self.event(f"{action.name}Complete", *tail)

    def drop(self) -> None:
        self.writer.transport.abort()


Answer = Callable[[FakeSession, Action], None]


def silence(_session: FakeSession, _action: Action) -> None:
    """Never answer: a half-open peer, or an action that got lost."""


class FakeAmi:
    """A manager on a loopback port. `answers` decides per action; others are answered `Success`."""

    def __init__(self, *, greeting: bytes = GREETING) -> None:
        self.secret = "right"
        self.booted = True
        self.greeting = greeting
        self.answers: dict[str, Answer] = {}
        self.actions: list[Action] = []
        self.sessions: list[FakeSession] = []
        self.logins = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FakeAmi:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def listen(self) -> None:
        """Open the port: the first time any free one, then the same again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and all connections, as when Asterisk dies."""
        assert self._server is not None
        self._server.close()
        for session in self.sessions:
            session.drop()
        await self._server.wait_closed()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def session(self) -> FakeSession:
        """The newest connection."""
        return self.sessions[-1]

    def named(self, name: str) -> list[Action]:
        return [action for action in self.actions if action.name == name]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        session = FakeSession(writer)
        self.sessions.append(session)
        session.send(self.greeting)
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                self._take(session, raw)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _take(self, session: FakeSession, raw: bytes) -> None:
        lines = raw.decode().rstrip("\r\n").split("\r\n")
        pairs = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        action = Action(pairs)
        self.actions.append(action)
        answer = self.answers.get(action.name)
        if answer is not None:
            answer(session, action)
        elif action.name == "Login":
            self._login(session, action)
        elif action.name == "Logoff":
            session.send(block(("Response", "Goodbye"), ("ActionID", action.action_id)))
            session.writer.close()
        else:
            session.success(action)

    def _login(self, session: FakeSession, action: Action) -> None:
        if action.get("Secret") == self.secret:
            self.logins += 1
            session.success(action, ("Message", "Authentication accepted"))
            if self.booted:
                session.event("FullyBooted", ("Status", "Fully Booted"))
        else:
            session.error(action, "Authentication failed")
            session.writer.close()
