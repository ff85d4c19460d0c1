"""The set-up, with the real apt, gpg, make and Asterisk."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from centralita.install.asterisk import AsteriskInstall, configuration_dir, ensure_asterisk, locate
from centralita.install.debian import MANIFEST, Tree, fetch
from centralita.install.errors import InstallError
from centralita.install.needs import needs
from centralita.install.probe import probe

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
TOOLS = ("apt-get", "dpkg-deb", "gpg")
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"without {', '.join(TOOLS)}"
)


def _quiet(_: str) -> None:
    return None


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


@dataclass(frozen=True, slots=True)
class Archive:
    """A signed Debian archive on this disk, holding the package `hola`, which depends on `mundo`."""

    folder: Path
    keys: Path
    keyring: Path

    @property
    def tree(self) -> Tree:
        return Tree("lab", ("hola",), self.keyring, f"file:{self.folder}", room_mb=1)

    def sign(self) -> None:
        suite = self.folder / "dists" / "lab"
        (suite / "InRelease").unlink(missing_ok=True)
        _run(
            "gpg",
            "--homedir",
            self.keys,
            "--batch",
            "--clearsign",
            "-o",
            suite / "InRelease",
            suite / "Release",
        )


def _package(folder: Path, name: str, depends: str) -> str:
    """Build one package below `pool` and give its stanza of the index."""
    work = folder / "work" / name
    (work / "DEBIAN").mkdir(parents=True)
    (work / "usr" / "share" / name).mkdir(parents=True)
    (work / "usr" / "share" / name / "text").write_text(f"{name}\n")
    control = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\n{depends}"
    (work / "DEBIAN" / "control").write_text(f"{control}Description: x\n")
    (folder / "pool").mkdir(exist_ok=True)
    _run("dpkg-deb", "--root-owner-group", "-b", work, folder / "pool" / f"{name}_1_all.deb")
    data = (folder / "pool" / f"{name}_1_all.deb").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return (
        f"{control}Filename: pool/{name}_1_all.deb\nSize: {len(data)}\nSHA256: {digest}\nDescription: x\n\n"
    )


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    folder, keys = tmp_path / "archive", tmp_path / "keys"
    keys.mkdir(mode=0o700)
    architecture = _run("dpkg", "--print-architecture").strip()
    index = folder / "dists" / "lab" / "main" / f"binary-{architecture}" / "Packages"
    index.parent.mkdir(parents=True)
    index.write_text(_package(folder, "hola", "Depends: mundo\n") + _package(folder, "mundo", ""))
    listed = f" {hashlib.sha256(index.read_bytes()).hexdigest()} {index.stat().st_size}"
    (folder / "dists" / "lab" / "Release").write_text(
        f"Origin: lab\nSuite: lab\nCodename: lab\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n"
        f"Architectures: {architecture}\nComponents: main\n"
        f"SHA256:\n{listed} main/binary-{architecture}/Packages\n"
    )
    gpg = ("gpg", "--homedir", str(keys), "--batch")
    _run(*gpg, "--passphrase", "", "--quick-generate-key", "lab@example.org", "ed25519", "sign", "never")
    _run(*gpg, "--export", "-o", str(tmp_path / "lab.gpg"))
    made = Archive(folder, keys, tmp_path / "lab.gpg")
    made.sign()
    yield made
    subprocess.run(["gpgconf", "--homedir", str(keys), "--kill", "all"], check=False)


@needs_tools
def test_a_package_and_what_it_depends_on_stand_in_the_folder(archive: Archive, tmp_path: Path) -> None:
    """The tree is whole, says what is inside, and nothing else is left beside it."""
    target = fetch(archive.tree, tmp_path / "cache" / "tree", environ=os.environ, say=_quiet)

    assert (target / "usr/share/hola/text").read_text() == "hola\n"
    assert (target / "usr/share/mundo/text").read_text() == "mundo\n"
    assert "mundo_1_all.deb" in (target / MANIFEST).read_text()
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["tree", "tree.lock"]


@needs_tools
def test_the_hosts_packages_are_not_touched(archive: Archive, tmp_path: Path) -> None:
    """dpkg's list of installed packages is the same, byte for byte, before and after."""
    status = Path("/var/lib/dpkg/status")
    before = status.read_bytes()

    fetch(archive.tree, tmp_path / "cache" / "tree", environ=os.environ, say=_quiet)

    assert status.read_bytes() == before
    assert subprocess.run(["dpkg", "-s", "hola"], capture_output=True, check=False).returncode != 0


def _refused(tree: Tree, target: Path) -> str:
    with pytest.raises(InstallError) as error:
        fetch(tree, target, environ=os.environ, say=_quiet)
    assert not target.exists()
    return str(error.value)


@needs_tools
def test_an_archive_signed_by_a_stranger_is_refused(archive: Archive, tmp_path: Path) -> None:
    """With a key that is not ours nothing is unpacked, and the text speaks of the signature."""
    stranger = tmp_path / "stranger.gpg"
    stranger.write_bytes(b"")

    said = _refused(replace(archive.tree, keyring=stranger), tmp_path / "cache" / "tree")

    assert "firma" in said
    assert "signature" in said


@needs_tools
def test_an_unsigned_archive_is_refused_even_if_the_host_would_take_it(
    archive: Archive, tmp_path: Path
) -> None:
    """A host that allows unsigned archives does not weaken us."""
    (archive.folder / "dists" / "lab" / "InRelease").unlink()
    weak = tmp_path / "weak.conf"
    weak.write_text('Acquire::AllowInsecureRepositories "true";\nAPT::Get::AllowUnauthenticated "true";\n')

    with pytest.raises(InstallError, match="firma"):
        fetch(
            archive.tree,
            tmp_path / "cache" / "tree",
            environ={**os.environ, "APT_CONFIG": str(weak)},
            say=_quiet,
        )


@needs_tools
def test_a_package_that_was_tampered_with_is_refused(archive: Archive, tmp_path: Path) -> None:
    """The index is signed, so a changed package does not fit it."""
    package = archive.folder / "pool" / "mundo_1_all.deb"
    data = bytearray(package.read_bytes())
    data[-1] ^= 1
    package.write_bytes(data)

    assert "apt-get install" in _refused(archive.tree, tmp_path / "cache" / "tree")


@needs_tools
def test_without_a_network_the_text_says_what_to_do(archive: Archive, tmp_path: Path) -> None:
    """A refused connection is told as such, with the way out."""
    said = _refused(replace(archive.tree, archive="http://127.0.0.1:9/debian"), tmp_path / "cache" / "tree")

    assert "No se llega al archivo de Debian" in said
    assert "ASTERISK_ROOT" in said


@needs_tools
def test_a_refused_tree_leaves_nothing_that_passes_as_good(archive: Archive, tmp_path: Path) -> None:
    """What the caller's own trial refuses is not there afterwards, and a later try starts clean."""
    target = tmp_path / "cache" / "tree"

    with pytest.raises(InstallError, match="no"):
        fetch(archive.tree, target, environ=os.environ, say=_quiet, accept=_refuse)
    assert not target.exists()
    assert fetch(archive.tree, target, environ=os.environ, say=_quiet).is_dir()


_KILLED = """
import os, signal, sys
from pathlib import Path
from centralita.install.debian import Tree, fetch
def accept(tree):
    (tree / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
fetch(Tree("lab", ("hola",), Path(sys.argv[1]), sys.argv[2], room_mb=1), Path(sys.argv[3]),
      environ=os.environ, say=print, accept=accept)
"""


@needs_tools
def test_kill_9_in_the_middle_leaves_no_tree_and_no_lock(archive: Archive, tmp_path: Path) -> None:
    """The next start builds the tree afresh, from packages that were already downloaded."""
    target = tmp_path / "cache" / "tree"
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, archive.keyring, archive.tree.archive or "", target],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert not target.exists()
    shutil.rmtree(archive.folder / "pool")

    fetch(archive.tree, target, environ=os.environ, say=_quiet)

    assert (target / "usr/share/mundo/text").exists()
    assert not (target / "half").exists()


@needs_tools
def test_a_download_damaged_on_disk_is_thrown_away(archive: Archive, tmp_path: Path) -> None:
    """apt takes a file of the right size for good: we do not, and the next try mends it."""
    target = tmp_path / "cache" / "tree"
    with pytest.raises(InstallError):
        fetch(archive.tree, target, environ=os.environ, say=_quiet, accept=_refuse)
    kept = tmp_path / "cache" / "tree.work" / "archives" / "mundo_1_all.deb"
    kept.write_bytes(bytes(kept.stat().st_size))

    assert "mundo_1_all.deb" in _refused(archive.tree, target)
    assert fetch(archive.tree, target, environ=os.environ, say=_quiet).is_dir()


def _refuse(_: Path) -> None:
    raise InstallError("no")


@needs_tools
def test_two_starts_at_once_fetch_once(archive: Archive, tmp_path: Path) -> None:
    """The second waits for the first and uses its tree."""
    target = tmp_path / "cache" / "tree"
    tried: list[Path] = []

    def start() -> None:
        fetch(archive.tree, target, environ=os.environ, say=_quiet, accept=tried.append)

    starts = [threading.Thread(target=start) for _ in range(2)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join(60)

    assert len(tried) == 1
    assert target.is_dir()


@pytest.fixture(scope="module")
def asterisk() -> AsteriskInstall:
    return ensure_asterisk(environ=os.environ, say=_quiet)


def test_the_second_start_knows_its_asterisk_at_once(asterisk: AsteriskInstall) -> None:
    """It starts nothing: less than 50 ms of processor, its children's included."""
    began_s = _processor_s()
    again = ensure_asterisk(environ=os.environ, say=pytest.fail)

    assert _processor_s() - began_s < 0.05
    assert again == asterisk


def test_what_an_asterisk_lacks_is_named_by_kind(asterisk: AsteriskInstall) -> None:
    """Every kind of need is really asked for: one that no Asterisk has is missing, and only that one."""
    wanted = needs(configuration_dir())
    impossible = replace(
        wanted,
        applications=(*wanted.applications, "Telepatia"),
        functions=(*wanted.functions, "ADIVINA"),
        actions=(*wanted.actions, "Levitar"),
        originate=(*wanted.originate, "Milagro"),
        version_min=99,
    )

    assert set(probe(asterisk, impossible).missing) == {
        "application Telepatia", "function ADIVINA", "AMI action Levitar", "AMI Originate Milagro",
        "version >= 99",
    }  # fmt: skip


def test_a_module_that_does_not_load_is_named(asterisk: AsteriskInstall, tmp_path: Path) -> None:
    """A file of the right name that is no module does not pass."""
    modules = tmp_path / "modules"
    modules.mkdir()
    for module in asterisk.modules_dir.iterdir():
        (modules / module.name).symlink_to(module)
    (modules / "func_rand.so").unlink()
    (modules / "func_rand.so").write_bytes(b"\x7fELF broken")

    missing = probe(replace(asterisk, modules_dir=modules), needs(configuration_dir())).missing

    assert "module func_rand.so" in missing
    assert "function RAND" in missing


def test_the_probe_leaves_no_process_and_no_folder(asterisk: AsteriskInstall, tmp_path: Path) -> None:
    """After the trial its Asterisk is gone."""
    home = tmp_path / "tmp"
    home.mkdir()
    script = "import sys; from tests.integration.test_install import probe_once; probe_once()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == asterisk.version
    assert list(home.iterdir()) == []
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)]
    assert not any(str(home).encode() in line for line in lines)


def probe_once() -> None:
    """Run the probe once and print the version (used in a process of its own)."""
    report = probe(ensure_asterisk(environ=os.environ, say=_quiet), needs(configuration_dir()))
    sys.stdout.write(report.version)


def _readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def test_a_chosen_asterisk_is_used_and_tried(asterisk: AsteriskInstall, tmp_path: Path) -> None:
    """ASTERISK_ROOT wins over everything else, once it passed the probe."""
    if asterisk.root is None:
        pytest.skip("the host's own Asterisk serves: there is no tree to name")
    said: list[str] = []
    environ = {**os.environ, "ASTERISK_ROOT": str(asterisk.root), "XDG_CACHE_HOME": str(tmp_path)}

    assert ensure_asterisk(environ=environ, say=said.append) == asterisk
    assert any(str(asterisk.binary) in line for line in said)


def test_a_tree_that_changed_under_the_stamp_is_tried_again(
    asterisk: AsteriskInstall, tmp_path: Path
) -> None:
    """The remembered choice holds only while the program is the very same file."""
    if asterisk.root is None:
        pytest.skip("the host's own Asterisk serves: there is no tree to change")
    root = tmp_path / "root"
    (root / "usr" / "sbin").mkdir(parents=True)
    for shared in ("lib", "share"):
        (root / "usr" / shared).symlink_to(asterisk.root / "usr" / shared)
    shutil.copy2(asterisk.binary, root / "usr" / "sbin")
    environ = {**os.environ, "ASTERISK_ROOT": str(root), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ensure_asterisk(environ=environ, say=_quiet)
    binary = locate(root).binary
    binary.write_bytes(binary.read_bytes()[:1000])

    with pytest.raises(InstallError, match="start:"):
        ensure_asterisk(environ=environ, say=_quiet)


def test_no_file_of_the_setup_names_a_registry() -> None:
    """Versions and hashes only, so that the set-up works behind any mirror."""
    files = [*(ROOT / "requirements").glob("*.txt"), *(ROOT / "scripts").iterdir(), ROOT / "Makefile"]
    texts = {path.name: path.read_text() for path in files if path.is_file()}

    assert {name for name, text in texts.items() if re.search(r"https?://", text)} == set()
    assert all("--hash=sha256:" in texts[f"{name}.txt"] for name in ("run", "test", "lint", "build", "tools"))


def test_make_alone_explains_itself() -> None:
    """Every target is listed with its Spanish and its English line."""
    shown = _run("make", cwd=ROOT)
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert targets >= {"run", "test", "test-long", "setup", "lint", "clean"}
    assert set(re.findall(r"^  make (\S+) +\S.* / \S", shown, re.MULTILINE)) == targets


def _processor_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
