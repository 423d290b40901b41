"""A Hub on 127.0.0.1 for the real, unmodified clients: what they ask for, a log of it, and faults on demand.

Repositories live in memory: commits are whole trees, files are bytes, large ones by their SHA-256 as on the Hub.
Downloads of large files are sent on to another host (localhost), as the Hub sends them to its store.
"""

# ruff: noqa: RET502, RET503 - every method answers the request and returns nothing

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

TOKEN = "hf_testtokenneverprinted0123456789"
USER = "tester"
TIME = "2026-01-01T00:00:00.000000Z"
LARGE = re.compile(r"\.(parquet|safetensors|bin|npy)$")
PAGE = 200
"""Entries of a folder that are told at once; the rest is on further pages."""
EMPTY = hashlib.sha1(b"empty").hexdigest()


@dataclass
class Commit:
    oid: str
    parent: str | None
    tree: dict[str, bytes]
    title: str = ""


@dataclass
class Repo:
    kind: str
    name: str
    private: bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)

    def at(self, revision: str) -> Commit | None:
        revision = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return self.commits.get(self.branches.get(revision) or self.tags.get(revision) or revision)

    @property
    def head(self) -> Commit:
        return self.commits[self.branches["main"]]


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that match.

    action: a status code; "drop" (close the connection half-way through the body); "truncate" (half of the answer);
    "corrupt" (another byte in the answer); or a function called with the server, after which all goes on.
    """

    method: str
    path: str
    action: int | str | Callable[[Hub], None]
    times: int = 1
    skip: int = 0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    status: int
    body: bytes


class Hub:
    """The server; use it in a `with` block."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.log: list[Request] = []
        self.unknown: list[str] = []
        """What was asked for that the server does not have."""
        self.faults: list[Fault] = []
        self.token = TOKEN
        self.lock = threading.RLock()
        self.authorizations: list[str] = []
        self._numbers = itertools.count()
        self._answering = 0
        self._quiet = threading.Condition()
        hub = self

        class Bound(_Handler):
            server_hub = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Hub:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Count a request as one that is being answered."""
        with self._quiet:
            self._answering += 1
        try:
            yield
        finally:
            with self._quiet:
                self._answering -= 1
                self._quiet.notify_all()

    def settle(self) -> None:
        """Wait until no request is being answered: those of a client that was killed are read to their end too."""
        with self._quiet:
            assert self._quiet.wait_for(lambda: not self._answering, 30)

    def environment(self, home: Any, *, token: bool = True) -> dict[str, str]:
        """Return what a client needs in its environment, before it imports anything."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            **({"HF_TOKEN": TOKEN} if token else {}),
        }

    def fail(self, method: str, path: str, action: Any, times: int = 1, skip: int = 0) -> None:
        self.faults.append(Fault(method, path, action, times, skip))

    def requests(self, method: str, path: str) -> list[Request]:
        return [one for one in self.log if one.method == method and re.search(path, one.path)]

    def repo(self, name: str, kind: str = "dataset") -> Repo:
        return self.repos[kind, name]

    def create(self, kind: str, name: str, private: bool = False) -> Repo:
        repo = Repo(kind, name, private)
        attributes = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
        self.repos[kind, name] = repo
        self.commit(repo, {".gitattributes": attributes}, "initial commit")
        return repo

    def commit(self, repo: Repo, tree: dict[str, bytes], title: str, branch: str = "main") -> Commit:
        parent = repo.branches.get(branch)
        oid = hashlib.sha1(f"{next(self._numbers)}{parent}{title}".encode()).hexdigest()
        repo.commits[oid] = Commit(oid, parent, tree, title)
        repo.branches[branch] = oid
        return repo.commits[oid]

    def fault_for(self, method: str, path: str) -> Any:
        with self.lock:
            for fault in self.faults:
                if fault.method == method and re.search(fault.path, path) and fault.times > 0:
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault.action
        return None


def blob_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def is_large(path: str) -> bool:
    return bool(LARGE.search(path))


class _Handler(BaseHTTPRequestHandler):
    server_hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _counted(self) -> None:
        # What a client that is killed does not wait for is nobody's fault.
        with self.server_hub.answering(), contextlib.suppress(ConnectionError):
            self._serve()

    def _serve(self) -> None:
        hub = self.server_hub
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        path = parts.path
        length = int(self.headers.get("Content-Length") or 0)
        self.mangle = ""
        hub.authorizations.append(self.headers.get("Authorization", ""))
        action = hub.fault_for(self.command, path)
        if action == "drop":
            self.rfile.read(length // 2)
            hub.log.append(Request(self.command, path, 0, b""))
            self.close_connection = True
            self.connection.close()
            return
        self.body = self.rfile.read(length) if length else self._chunked()
        if callable(action):
            action(hub)
        elif isinstance(action, int):
            return self._error(action, "InjectedFault", "injected")
        elif isinstance(action, str):
            self.mangle = action
        for method, pattern, name in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                with hub.lock:
                    return getattr(self, name)(**{k: unquote(v) for k, v in found.groupdict(default="").items()})
        hub.unknown.append(f"{self.command} {path}")
        self._error(404, "", f"no such endpoint: {self.command} {path}")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _counted

    def _chunked(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return b""
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.server_hub.log.append(Request(self.command, urlsplit(self.path).path, status, self.body))
        if self.mangle == "corrupt" and body:
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 255]) + body[middle + 1 :]
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.mangle == "truncate":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(body)

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _error(self, status: int, code: str, message: str) -> None:
        if self.command == "HEAD":
            return self._send(status, b"", {"X-Error-Code": code, "X-Error-Message": message})
        self._json({"error": message}, status, {"X-Error-Code": code, "X-Error-Message": message})

    def _authorized(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.server_hub.token}":
            return True
        self._error(401, "", "Invalid credentials in Authorization header")
        return False

    def _repo(self, kind: str, name: str) -> Repo | None:
        found = self.server_hub.repos.get((kind.removesuffix("s"), name))
        if found is None:
            self._error(404, "RepoNotFound", "Repository not found")
        return found

    def _at(self, kind: str, name: str, revision: str) -> tuple[Repo, Commit] | None:
        repo = self._repo(kind, name)
        if repo is None:
            return None
        commit = repo.at(revision or "main")
        if commit is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repo, commit

    def whoami(self) -> None:
        if self._authorized():
            self._json(
                {
                    "name": USER,
                    "type": "user",
                    "orgs": [],
                    "auth": {"accessToken": {"role": "write", "displayName": "test"}},
                }
            )

    def create(self) -> None:
        if not self._authorized():
            return
        asked = json.loads(self.body)
        kind, name = asked.get("type") or "model", f"{asked.get('organization') or USER}/{asked['name']}"
        prefix = "datasets/" if kind == "dataset" else ""
        url = f"{self.server_hub.url}/{prefix}{name}"
        if (kind, name) in self.server_hub.repos:
            return self._json({"error": "You already created this repo", "url": url}, 409)
        private = bool(asked.get("private")) or asked.get("visibility") == "private"
        self.server_hub.create(kind, name, private)
        self._json({"url": url, "id": name, "name": name})

    def info(self, kind: str, repo: str, revision: str) -> None:
        found = self._at(kind, repo, revision)
        if found:
            of, commit = found
            self._json(
                {
                    "id": repo,
                    "_id": "0",
                    "sha": commit.oid,
                    "siblings": [{"rfilename": path} for path in sorted(commit.tree)],
                    "private": of.private,
                    "gated": False,
                    "disabled": False,
                    "downloads": 0,
                    "likes": 0,
                    "tags": [],
                    "createdAt": TIME,
                    "lastModified": TIME,
                    "author": repo.partition("/")[0],
                }
            )

    def list_repos(self, kind: str) -> None:
        names = [name for (of, name) in self.server_hub.repos if f"{of}s" == kind]
        author = self.query.get("author")
        self._json([{"id": name, "_id": name} for name in names if not author or name.startswith(f"{author}/")])

    def validate(self) -> None:
        self._json({"errors": [], "warnings": []})

    def preupload(self, kind: str, repo: str, revision: str) -> None:
        if not self._authorized():
            return
        found = self._at(kind, repo, revision)
        if found:
            files = []
            for one in json.loads(self.body)["files"]:
                path, there = one["path"], found[1].tree.get(one["path"])
                large = is_large(path)
                oid = None
                if there is not None:
                    oid = hashlib.sha256(there).hexdigest() if large else blob_oid(there)
                files.append(
                    {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid}
                )
            self._json({"files": files})

    def batch(self, kind: str, repo: str) -> None:
        if not self._authorized():
            return
        found = self._repo(kind.removesuffix("/") or "models", repo)
        if found is None:
            return
        objects = []
        for one in json.loads(self.body)["objects"]:
            made: dict[str, Any] = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in found.large:
                href = f"{self.server_hub.url}/lfs/{found.kind}/{repo}/{one['oid']}"
                made["actions"] = {"upload": {"href": href}, "verify": {"href": f"{href}/verify"}}
            objects.append(made)
        self._json({"transfer": "basic", "objects": objects})

    def put_large(self, kind: str, repo: str, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            return self._error(400, "", "SHA-256 differs")
        self.server_hub.repos[kind, repo].large[oid] = self.body
        self._json({})

    def get_large(self, kind: str, repo: str, oid: str) -> None:
        self._ranged(self.server_hub.repos[kind, repo].large[oid], {"ETag": f'"{oid}"'})

    def verify(self, kind: str, repo: str, oid: str) -> None:
        there = self.server_hub.repos[kind, repo].large.get(oid)
        self._json({}, 200 if there is not None and len(there) == json.loads(self.body)["size"] else 404)

    def make_commit(self, kind: str, repo: str, revision: str) -> None:
        if not self._authorized():
            return
        found = self._at(kind, repo, revision)
        if not found:
            return
        of, head = found
        tree, title = dict(head.tree), ""
        for line in self.body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                title = value["summary"]
                if value.get("parentCommit") not in (None, head.oid):
                    return self._error(412, "", "A commit has happened since. Please refresh and try again.")
            elif entry["key"] == "file":
                tree[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                if value["oid"] not in of.large:
                    return self._error(400, "", f"LFS object {value['oid']} was not uploaded")
                tree[value["path"]] = of.large[value["oid"]]
            elif entry["key"] == "deletedFile":
                tree.pop(value["path"], None)
            elif entry["key"] == "deletedFolder":
                tree = {path: c for path, c in tree.items() if not path.startswith(value["path"].rstrip("/") + "/")}
            else:
                return self._error(400, "", f"unknown entry {entry['key']}")
        branch, proposed = revision.removeprefix("refs/heads/"), {}
        prefix = "datasets/" if of.kind == "dataset" else ""
        url = f"{self.server_hub.url}/{prefix}{repo}"
        if self.query.get("create_pr"):
            number = 1 + sum(name.startswith("refs/pr/") for name in of.branches)
            branch, proposed = f"refs/pr/{number}", {"pullRequestUrl": f"{url}/discussions/{number}"}
            of.branches[branch] = head.oid
        made = self.server_hub.commit(of, tree, title, branch)
        self._json({"success": True, "commitOid": made.oid, "commitUrl": f"{url}/commit/{made.oid}", **proposed})

    def tree(self, kind: str, repo: str, revision: str, path: str) -> None:
        found = self._at(kind, repo, revision)
        if not found:
            return
        of, commit = found
        base = f"{path.rstrip('/')}/" if path else ""
        files = {name: content for name, content in commit.tree.items() if name.startswith(base)}
        if path and not files:
            return self._error(404, "EntryNotFound", f"{path} does not exist on {revision}")
        recursive = self.query.get("recursive", "").lower() in ("true", "1")
        entries: dict[str, Any] = {}
        for name, content in sorted(files.items()):
            steps = name.removeprefix(base).split("/")
            for depth in range(1, len(steps)):
                folder = base + "/".join(steps[:depth])
                if recursive or depth == 1:
                    entries[folder] = {"type": "directory", "path": folder, "size": 0, "oid": EMPTY}
            if recursive or len(steps) == 1:
                entries[name] = _entry(of, name, content, commit)
        start = int(self.query.get("cursor", 0))
        page, rest = list(entries.values())[start : start + PAGE], len(entries) > start + PAGE
        query = urlencode({**self.query, "cursor": start + PAGE})
        link = f'<{self.server_hub.url}{urlsplit(self.path).path}?{query}>; rel="next"'
        self._json(page, headers={"Link": link} if rest else None)

    def paths_info(self, kind: str, repo: str, revision: str) -> None:
        found = self._at(kind, repo, revision)
        if found:
            of, commit = found
            text = self.body.decode()
            asked = json.loads(text)["paths"] if text.startswith("{") else parse_qs(text).get("paths", [])
            asked = [asked] if isinstance(asked, str) else asked
            self._json([_entry(of, name, commit.tree[name], commit) for name in asked if name in commit.tree])

    def refs(self, kind: str, repo: str) -> None:
        of = self._repo(kind, repo)
        if of:

            def told(found: dict[str, str], where: str) -> list[dict[str, str]]:
                return [{"name": n, "ref": f"refs/{where}/{n}", "targetCommit": oid} for n, oid in found.items()]

            own = {name: oid for name, oid in of.branches.items() if not name.startswith("refs/")}
            self._json({"branches": told(own, "heads"), "tags": told(of.tags, "tags"), "converts": []})

    def commits(self, kind: str, repo: str, revision: str) -> None:
        found = self._at(kind, repo, revision)
        if found:
            of, commit = found
            told = []
            at: Commit | None = commit
            while at:
                told.append({"id": at.oid, "title": at.title, "message": "", "date": TIME, "authors": []})
                at = of.commits.get(at.parent) if at.parent else None
            self._json(told)

    def make_tag(self, kind: str, repo: str, revision: str) -> None:
        if not self._authorized():
            return
        found = self._at(kind, repo, revision)
        if found:
            tag = json.loads(self.body)["tag"]
            if tag in found[0].tags:
                return self._error(409, "", f"Tag {tag} already exists")
            found[0].tags[tag] = found[1].oid
            self._json({})

    def delete_tag(self, kind: str, repo: str, revision: str) -> None:
        of = self._repo(kind, repo) if self._authorized() else None
        if of:
            del of.tags[revision]
            self._json({})

    def make_branch(self, kind: str, repo: str, revision: str) -> None:
        of = self._repo(kind, repo) if self._authorized() else None
        if of and revision in of.branches:
            return self._error(409, "", f"Branch {revision} already exists")
        if of:
            start = json.loads(self.body or b"{}").get("startingPoint") or "main"
            of.branches[revision] = of.at(start).oid  # type: ignore[union-attr]
            self._json({})

    def delete_branch(self, kind: str, repo: str, revision: str) -> None:
        of = self._repo(kind, repo) if self._authorized() else None
        if of:
            del of.branches[revision]
            self._json({})

    def may_see(self, kind: str, repo: str) -> None:
        if self._authorized() and self._repo(kind, repo):
            self._json({})

    def settings(self, kind: str, repo: str) -> None:
        of = self._repo(kind, repo) if self._authorized() else None
        if of:
            asked = json.loads(self.body)
            of.private = bool(asked.get("private")) or asked.get("visibility") == "private"
            self._json({})

    def delete_repo(self) -> None:
        if self._authorized():
            asked = json.loads(self.body)
            name = f"{asked.get('organization') or USER}/{asked['name']}"
            if self._repo(asked.get("type") or "model", name):
                del self.server_hub.repos[asked.get("type") or "model", name]
                self._json({})

    def resolve(self, kind: str, repo: str, revision: str, path: str) -> None:
        found = self._at(kind.removesuffix("/") or "models", repo, revision)
        if not found:
            return
        of, commit = found
        content = commit.tree.get(path)
        if content is None:
            return self._error(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
        if not is_large(path):
            return self._ranged(content, {**headers, "ETag": f'"{blob_oid(content)}"'})
        oid = hashlib.sha256(content).hexdigest()
        of.large.setdefault(oid, content)
        headers |= {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{oid}"', "ETag": f'"{oid}"'}
        elsewhere = f"http://localhost:{self.server_hub.port}/lfs/{of.kind}/{repo}/{oid}"
        self._send(302, b"", {**headers, "Location": elsewhere})

    def _ranged(self, content: bytes, headers: dict[str, str]) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return self._send(200, content, {"Accept-Ranges": "bytes", **headers})
        start, stop = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
        if start >= len(content):
            return self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        told = {"Content-Range": f"bytes {start}-{stop}/{len(content)}", **headers}
        self._send(206, content[start : stop + 1], told)


def _entry(repo: Repo, path: str, content: bytes, commit: Commit) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "file",
        "path": path,
        "size": len(content),
        "oid": blob_oid(content),
        "lastCommit": {"id": commit.oid, "title": commit.title, "date": TIME},
    }
    if is_large(path):
        sha256 = hashlib.sha256(content).hexdigest()
        made["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
    return made


_KIND, _REPO, _REV = r"(?P<kind>models|datasets|spaces)", r"(?P<repo>[^/]+/[^/]+)", r"(?P<revision>[^/]+)"
_ROUTES = [
    ("GET", r"/api/whoami-v2", "whoami"),
    ("POST", r"/api/repos/create", "create"),
    ("DELETE", r"/api/repos/delete", "delete_repo"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("GET", rf"/api/{_KIND}", "list_repos"),
    ("POST", rf"/api/{_KIND}/{_REPO}/preupload/{_REV}", "preupload"),
    ("POST", rf"/api/{_KIND}/{_REPO}/commit/{_REV}", "make_commit"),
    ("GET", rf"/api/{_KIND}/{_REPO}/tree/{_REV}(?:/(?P<path>.*))?", "tree"),
    ("POST", rf"/api/{_KIND}/{_REPO}/paths-info/{_REV}", "paths_info"),
    ("GET", rf"/api/{_KIND}/{_REPO}/refs", "refs"),
    ("GET", rf"/api/{_KIND}/{_REPO}/commits/{_REV}", "commits"),
    ("POST", rf"/api/{_KIND}/{_REPO}/tag/{_REV}", "make_tag"),
    ("DELETE", rf"/api/{_KIND}/{_REPO}/tag/{_REV}", "delete_tag"),
    ("POST", rf"/api/{_KIND}/{_REPO}/branch/{_REV}", "make_branch"),
    ("DELETE", rf"/api/{_KIND}/{_REPO}/branch/{_REV}", "delete_branch"),
    ("GET", rf"/api/{_KIND}/{_REPO}/auth-check", "may_see"),
    ("PUT", rf"/api/{_KIND}/{_REPO}/settings", "settings"),
    ("GET", rf"/api/{_KIND}/{_REPO}(?:/revision/{_REV})?", "info"),
    ("POST", rf"/(?P<kind>datasets/)?{_REPO}\.git/info/lfs/objects/batch", "batch"),
    ("POST", r"/lfs/(?P<kind>\w+)/(?P<repo>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})/verify", "verify"),
    ("PUT", r"/lfs/(?P<kind>\w+)/(?P<repo>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})", "put_large"),
    ("GET", r"/lfs/(?P<kind>\w+)/(?P<repo>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})", "get_large"),
    ("HEAD", r"/lfs/(?P<kind>\w+)/(?P<repo>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})", "get_large"),
    ("GET", rf"/(?P<kind>datasets/)?{_REPO}/resolve/{_REV}/(?P<path>.+)", "resolve"),
    ("HEAD", rf"/(?P<kind>datasets/)?{_REPO}/resolve/{_REV}/(?P<path>.+)", "resolve"),
]
