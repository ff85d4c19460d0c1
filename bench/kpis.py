"""
What reports cost, and whether anybody on the line could notice them.

A database is filled with the project's own rows; then a server's loop answers reports over
HTTP, with callers on the line, while another task of the same loop writes down how late it
is woken. The same without reports is the yardstick.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched if sys.version_info >= (3, 12) else islice
