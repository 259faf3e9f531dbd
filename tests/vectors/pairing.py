#!/usr/bin/env python3
"""Writes pairing.txt: a second reading of docs/pairing.md, on pyca/cryptography.

Not run by the tests; they check batcher/ against the file.
"""
import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def hkdf(salt, ikm, info, length=32):
    prk = hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()
    out = last = b""
    n = 1
    while len(out) < length:
        last = hmac.new(prk, last + info + bytes([n]), hashlib.sha256).digest()
        out += last
        n += 1
    return out[:length]


def raw(public):
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def xpub(private):
    return raw(x25519.X25519PrivateKey.from_private_bytes(private).public_key())


def edpub(private):
    return raw(ed25519.Ed25519PrivateKey.from_private_bytes(private).public_key())


def dh(private, public):
    key = x25519.X25519PrivateKey.from_private_bytes(private)
    return key.exchange(x25519.X25519PublicKey.from_public_bytes(public))


def run(first):
    return bytes(range(first, first + 32))


def show(key, value):
    print(key, value.hex())


SECRET, EA, EB, EA2 = run(0x00), run(0x20), run(0x40), run(0x60)
JOINER_PAIR, JOINER_SIGN = run(0x80), run(0xA0)
INVITER_PAIR, INVITER_SIGN = run(0xC0), run(0xE0)
EXPIRES = 1800000000  # 500,000 hours

print("# Vectors of docs/pairing.md, written by pairing.py: key hexvalue.")
show("secret", SECRET)
show("ea", EA)
show("eb", EB)
show("ea2", EA2)
show("joiner-pair", JOINER_PAIR)
show("joiner-sign", JOINER_SIGN)
show("inviter-pair", INVITER_PAIR)
show("inviter-sign", INVITER_SIGN)

body = struct.pack(">BI", 1, EXPIRES // 3600) + xpub(EA) + SECRET + b"\0"
body += hashlib.sha256(body).digest()[:4]
token = base64.b32encode(body).rstrip(b"=")
show("token", token)

provisional = hkdf(b"", SECRET, b"hearsay provisional 1\0")
show("provisional-root", provisional)
show("provisional-id", hkdf(b"", provisional, b"hearsay root id 1\0", 16))
joiner_static = hkdf(b"", SECRET, b"hearsay joiner static 1\0")
show("provisional-joiner-static", joiner_static)
show("provisional-joiner-sign", hkdf(b"", SECRET, b"hearsay joiner sign 1\0"))
show("provisional-inviter-sign", hkdf(b"", SECRET, b"hearsay inviter sign 1\0"))
for side in (0, 1):
    info = b"hearsay epoch 1\0" + bytes([side])
    show("provisional-chain-%d" % side, hkdf(b"", provisional, info))

join = xpub(EB) + xpub(JOINER_PAIR) + edpub(JOINER_SIGN) + struct.pack(">IB", 0, 0)
show("join", join)
confirm = xpub(EB) + xpub(EA2) + xpub(INVITER_PAIR) + edpub(INVITER_SIGN)
confirm += struct.pack(">IB", 1, 0)
show("confirm", confirm)

transcript = hashlib.sha256(b"hearsay transcript 1\0" + token + join + confirm).digest()
show("transcript", transcript)
ikm = dh(EB, xpub(EA)) + dh(EB, xpub(EA2)) + dh(JOINER_PAIR, xpub(INVITER_PAIR))
assert ikm == dh(EA, xpub(EB)) + dh(EA2, xpub(EB)) + dh(INVITER_PAIR, xpub(JOINER_PAIR))
root = hkdf(SECRET, ikm, b"hearsay root 1\0" + transcript)
show("root", root)
show("root-id", hkdf(b"", root, b"hearsay root id 1\0", 16))
show("words", hkdf(b"", root, b"hearsay verify 1\0", 8))
for side in (0, 1):
    show("chain-%d" % side, hkdf(b"", root, b"hearsay epoch 1\0" + bytes([side])))
