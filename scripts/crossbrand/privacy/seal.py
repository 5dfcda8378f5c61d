"""Seals a text with the suppression key, so that a journal holds nobody's data in the clear.

Counter mode of HMAC-SHA256 with a fresh nonce, and a MAC over both: short texts that live for the
minutes of an erasure, and no further library.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from crossbrand.errors import CrossbrandError
from crossbrand.keys import Key

NONCE_BYTES = 16
BLOCK = 32


def seal(key: Key, text: str) -> str:
    """The text as base64, which only the holder of the key can open."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    body = _crossed(key, nonce, text.encode())
    mac = hmac.digest(_derived(key, b"mac"), nonce + body, "sha256")
    return base64.b64encode(nonce + mac + body).decode()


def unseal(key: Key, sealed: str) -> str:
    """What was sealed. Raises CrossbrandError where it was changed, or sealed with another key."""
    raw = base64.b64decode(sealed)
    nonce, mac, body = raw[:NONCE_BYTES], raw[NONCE_BYTES : NONCE_BYTES + BLOCK], raw[48:]
    if not hmac.compare_digest(mac, hmac.digest(_derived(key, b"mac"), nonce + body, "sha256")):
        raise CrossbrandError("The journal of the erasure was changed or made with another key.")
    return _crossed(key, nonce, body).decode()


def _derived(key: Key, purpose: bytes) -> bytes:
    return hmac.digest(key.secret, b"journal " + purpose, "sha256")


def _crossed(key: Key, nonce: bytes, data: bytes) -> bytes:
    stream = _derived(key, b"stream")
    blocks = (
        hmac.digest(stream, nonce + number.to_bytes(8, "big"), "sha256")
        for number in range(-(-len(data) // BLOCK))
    )
    pad = b"".join(blocks)[: len(data)]
    return bytes(a ^ b for a, b in zip(data, pad, strict=True))
