#!/usr/bin/env python3
"""Writes seal.txt: a second reading of docs/seal.md, on pyca/cryptography.

Not run by the tests; they check lib/ against the file. RFC 9180 is spelled out here.
"""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV, ChaCha20Poly1305

KEM = b"KEM\x00\x20"
SUITE = b"HPKE\x00\x20\x00\x01\x00\x03"


def extract(salt, ikm):
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk, info, length):
    out = last = b""
    n = 1
    while len(out) < length:
        last = hmac.new(prk, last + info + bytes([n]), hashlib.sha256).digest()
        out += last
        n += 1
    return out[:length]


def hkdf(ikm, info, length=32):
    return expand(extract(b"", ikm), info, length)


def lextract(suite, salt, label, ikm):
    return extract(salt, b"HPKE-v1" + suite + label + ikm)


def lexpand(suite, prk, label, info, length):
    return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + suite + label + info, length)


def xpub(k):
    return x25519.X25519PrivateKey.from_private_bytes(k).public_key().public_bytes_raw()


def dh(k, pub):
    return x25519.X25519PrivateKey.from_private_bytes(k).exchange(
        x25519.X25519PublicKey.from_public_bytes(pub))


def hpke(eph, static, their, info, psk, psk_id):
    enc = xpub(eph)
    prk = lextract(KEM, b"", b"eae_prk", dh(eph, their) + dh(static, their))
    shared = lexpand(KEM, prk, b"shared_secret", enc + their + xpub(static), 32)
    context = (b"\x03" + lextract(SUITE, b"", b"psk_id_hash", psk_id)
               + lextract(SUITE, b"", b"info_hash", info))
    secret = lextract(SUITE, shared, b"secret", psk)
    return (enc, lexpand(SUITE, secret, b"key", context, 32),
            lexpand(SUITE, secret, b"base_nonce", context, 12))


def chacha(key, base, seq, aad, plain):
    nonce = (int.from_bytes(base, "big") ^ seq).to_bytes(12, "big")
    return ChaCha20Poly1305(key).encrypt(nonce, plain, aad)


def h16(b):
    return hashlib.sha256(b).digest()[:16]


def seal(name, root, side, epoch, root_id, static, sign, their, prekey_id, eph, stream, chunks):
    chain = hkdf(root, b"hearsay epoch 1\0" + bytes([side]))
    for _ in range(epoch):
        chain = hkdf(chain, b"hearsay step 1\0")
    tag_key = hkdf(chain, b"hearsay tag 1\0")
    header_key = hkdf(chain, b"hearsay header 1\0", 64)
    psk = hkdf(chain, b"hearsay psk 1\0")
    session = hkdf(chain, b"hearsay session 1\0")
    n = len(chunks)
    e = Cipher(algorithms.AES(tag_key), modes.ECB()).encryptor()
    tag = e.update(struct.pack(">QQ", stream, 0)) + e.finalize()
    info = b"hearsay seal 1\0" + root_id + struct.pack(">Q", stream)
    enc, key, base = hpke(eph, static, xpub(their), info, psk, b"hearsay psk id 1\0")
    sealed = [b""]
    for i in range(1, n):
        sealed.append(chacha(key, base, i, tag + bytes([i, n]), chunks[i]))
    hashes = b"".join(h16(s) for s in sealed[1:])
    signed = (b"hearsay batch 1\0" + root_id + struct.pack(">Q", stream) + bytes([n])
              + h16(chunks[0]) + hashes)
    sig = ed25519.Ed25519PrivateKey.from_private_bytes(sign).sign(signed)
    sealed[0] = chacha(key, base, 0, tag + bytes([0, n]), sig + hashes + chunks[0])
    plain = enc + struct.pack(">IB", prekey_id, n)
    plain += b"".join(len(s).to_bytes(3, "big") for s in sealed)
    plain = plain.ljust(96, b"\0")
    header = AESSIV(header_key).encrypt(plain, [tag])
    spub = ed25519.Ed25519PrivateKey.from_private_bytes(sign).public_key().public_bytes_raw()
    rows = [("envelope", name.encode()), ("root", root), ("root-id", root_id),
            ("side", bytes([side])), ("epoch", bytes([epoch])), ("chain", chain),
            ("tag-key", tag_key), ("header-key", header_key), ("psk", psk),
            ("session", session), ("sender-static", static), ("sender-sign", sign),
            ("sender-static-public", xpub(static)), ("sender-sign-public", spub),
            ("recipient-key", their), ("prekey-id", struct.pack(">I", prekey_id)),
            ("ephemeral", eph), ("stream", struct.pack(">Q", stream))]
    rows += [("content", c) for c in chunks]
    rows += [("hpke-key", key), ("hpke-nonce", base), ("signed", signed), ("signature", sig),
             ("header-plain", plain), ("tag", tag), ("header", header)]
    rows += [("chunk", s) for s in sealed]
    for k, v in rows:
        print(k, v.hex())
    print()


def run(first):
    return bytes((first + i) & 255 for i in range(32))


if __name__ == "__main__":
    print("# Vectors of docs/seal.md: key and value in hexadecimal, an envelope a paragraph.")
    print("# Written by seal.py beside it.\n")
    seal("one", run(0x00), 0, 0, bytes(range(0xa0, 0xb0)), run(0x20), run(0x40), run(0x60), 0,
         run(0x80), 0x0102030405060708, [b"control"])
    seal("three", run(0x10), 1, 2, bytes(range(0xb0, 0xc0)), run(0x31), run(0x52), run(0x73),
         0x01020304, run(0x94), 0xfedcba9876543210,
         [b"control of three", b"first", b"the second chunk of content, longer than a block"])
