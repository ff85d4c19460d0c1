"""Models that look like models, and archives of them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

VOSK: Mapping[str, bytes] = {
    "am/final.mdl": b"am",
    "conf/mfcc.conf": b"--sample-frequency=16000",
    "conf/model.conf": b"",
    "graph/HCLr.fst": b"hclr" * 100,
    "graph/Gr.fst": b"gr",
}
WHISPER: Mapping[str, bytes] = {
    "model.bin": b"abcdef",
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "vocabulary.json": json.dumps([str(number) for number in range(51_865)]).encode(),
}


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def zipped(file: Path, files: Mapping[str, bytes], *, within: str = "") -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{within}{name}", data)
    return file


def tarred(file: Path, files: Mapping[str, bytes], *, within: str = "", kind: str = "gz") -> Path:
    with tarfile.open(file, f"w:{kind}") as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{within}{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file
