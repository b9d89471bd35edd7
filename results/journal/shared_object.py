"""One object of a store, that several processes may want to change, and one does."""

import errno
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import ObjectStore

from results.storage.object_store import as_os_error
from results.store import DamagedResults, Store

if TYPE_CHECKING:  # this name is obstore's type checking alone
    from obstore import UpdateVersion


_NO_VERSION: "UpdateVersion" = {"e_tag": '"of no object"', "version": "1"}


class WriteRefused(Exception):
    """Another process changed the object.

    Attributes:
        content: what stands there now; None if nothing does.
    """

    def __init__(self, content: bytes | None) -> None:
        super().__init__("another process changed the object")
        self.content = content


class SharedObject(Protocol):
    """An object, changed only where it is still what it was when it was last seen or written.

    Each method is given the store that is asked, with the patience that it has. One thread at a
    time may use it.
    """

    def read(self, store: Store) -> bytes | None:
        """What stands there; None if nothing does.

        Raises:
            OSError: of the store.
        """

    def write(self, store: Store, content: bytes) -> None:
        """Makes or replaces it; never read, it must not be there.

        A write that went through although its answer was lost is not taken for another's.

        Raises:
            WriteRefused: if another process changed it.
            OSError: of the store; it may have been written.
        """


class PlainObject:
    """On a store whose writes have no conditions: it looks first, and another may be in between.

    Args:
        name: of the object in the store.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._expected: set[bytes | None] = {None}

    def read(self, store: Store) -> bytes | None:
        """See `SharedObject`."""
        content = self._look(store)
        self._expected = {content}
        return content

    def write(self, store: Store, content: bytes) -> None:
        """See `SharedObject`."""
        current = self._look(store)
        if current not in self._expected:
            raise WriteRefused(current)
        self._expected.add(content)
        store.write_bytes(self._name, content)
        self._expected = {content}

    def _look(self, store: Store) -> bytes | None:
        try:
            return store.read_bytes(self._name)
        except DamagedResults as problem:
            if isinstance(problem.__cause__, OSError):
                raise problem.__cause__ from None
            return None


class ConditionalObject:
    """On a store that refuses a write where another was faster.

    S3 compares entity tags, Google's store generations.

    Args:
        bucket: that it stands in.
        key: its name there.
    """

    def __init__(self, bucket: ObjectStore, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._version: UpdateVersion | None = None
        self._unanswered: set[bytes] = set()

    def read(self, store: Store) -> bytes | None:
        """See `SharedObject`."""
        content, self._version = store.retry(self._get)
        return content

    def write(self, store: Store, content: bytes) -> None:
        """See `SharedObject`."""
        self._unanswered.add(_digest(content))
        self._version = store.retry(lambda: self._put(content))
        self._unanswered.clear()

    def is_guarded(self, store: Store, content: bytes) -> bool:
        """Whether the store refuses to write the object again, which is there: some heed nothing.

        Args:
            store: that is asked.
            content: of the object; it stands there afterwards too.
        """
        made_again = partial(self._is_refused, content, None)
        replaced = partial(self._is_refused, content, _NO_VERSION)
        return store.retry(made_again) and store.retry(replaced)

    def _is_refused(self, content: bytes, version: "UpdateVersion | None") -> bool:
        try:
            self._send(content, version)
        except (AlreadyExistsError, PreconditionError):
            return True
        return False

    def _put(self, content: bytes) -> "UpdateVersion":
        try:
            return self._send(content, self._version)
        except (AlreadyExistsError, PreconditionError):
            return self._settle(content)
        except FileNotFoundError:
            if self._version is None:  # there is no such bucket
                raise
            return self._settle(content)

    def _settle(self, content: bytes) -> "UpdateVersion":
        """After a refusal: it may be this process's own earlier write that is in the way."""
        current, version = self._get()
        if version == self._version:  # two writes met, and neither was done
            raise ConnectionAbortedError(errno.ECONNABORTED, "another write was under way")
        if current is None or version is None or _digest(current) not in self._unanswered:
            raise WriteRefused(current)
        self._version = version
        return version if current == content else self._put(content)

    def _send(self, content: bytes, version: "UpdateVersion | None") -> "UpdateVersion":
        try:
            result = obstore.put(
                self._bucket,
                self._key,
                content,
                mode="create" if version is None else version,
                use_multipart=False,
            )
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, NotImplementedError) as problem:
            raise as_os_error(problem) from None
        return _version_of(result["e_tag"], result["version"])

    def _get(self) -> "tuple[bytes | None, UpdateVersion | None]":
        try:
            answer = obstore.get(self._bucket, self._key)
            content = bytes(answer.bytes())
        except FileNotFoundError:
            return None, None
        except (BaseError, NotImplementedError) as problem:
            raise as_os_error(problem) from None
        return content, _version_of(answer.meta["e_tag"], answer.meta["version"])


def _version_of(e_tag: str | None, version: str | None) -> "UpdateVersion":
    marks: UpdateVersion = {}
    if e_tag is not None:
        marks["e_tag"] = e_tag
    if version is not None:
        marks["version"] = version
    return marks


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
