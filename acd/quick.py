"""
Frozen dataclasses that are cheap to make, for what is made many times in a turn.

A frozen dataclass sets each field the long way round. Here a twin that is not frozen, with the
same slots, is filled and becomes the frozen class in one step; from then on it is as immutable as
any. Fields, equality, hash and text stay those of the dataclass. Give arguments by position where
it matters: names cost more than is saved.
"""

from __future__ import annotations

from dataclasses import MISSING, field, fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def quick(cls: type[T]) -> type[T]:
    """
    Make instances of this class cheap to make.

    Args:
        cls: A frozen dataclass with slots, without `__post_init__` and without bases.
    """
    twin = make_dataclass(
        f"{cls.__name__}Draft",
        [
            (one.name, Any, field() if one.default is MISSING else field(default=one.default))
            for one in fields(cls)  # type: ignore[arg-type]
        ],
        slots=True,
        eq=False,
        repr=False,
    )

    def new(cls: type[T], *args: Any, **named: Any) -> T:
        made: Any = twin(*args, **named)
        made.__class__ = cls
        whole: T = made
        return whole

    def parts(self: Any) -> tuple[type[T], tuple[Any, ...]]:
        return cls, tuple(getattr(self, name) for name in names)

    names = tuple(one.name for one in fields(cls))  # type: ignore[arg-type]
    made: Any = cls
    made.__new__ = new
    made.__reduce__ = parts  # copies and pickles are made as any other
    del made.__init__
    return cls
