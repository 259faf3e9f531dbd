#!/usr/bin/env python3
"""Writes frame.txt: a second reading of docs/arq.md.

Not run by the tests; they check newsd/ against the file.
"""
import random


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


FORBIDDEN = (0x7E, 0x11, 0x13)


def mask_for(block):
    for mask in range(256):
        if mask not in FORBIDDEN and mask != 0x7D:
            if not any(byte ^ mask in FORBIDDEN for byte in block):
                return mask
    return None


def frame(session, offset, plain):
    seed = session.to_bytes(4, "big") + offset.to_bytes(6, "big")
    left = plain + crc32c(seed + plain).to_bytes(4, "big")
    out = b""
    while left:
        block = left[:344]
        mask = mask_for(block)
        if mask is None:
            block = left[:83]
            mask = mask_for(block)
            out += b"\x7d"
        out += bytes([mask]) + bytes(byte ^ mask for byte in block)
        left = left[len(block):]
    return out + b"\x7e"


TAIL = bytes.fromhex("00010304080a0d111a131b1c7f808d9193aad5ff")


def greeting(answer, flags, number, heard, session, other):
    words = b"HSY1%c%02x%02x%02x%08x%08x" % (
        b"a" if answer else b"c", flags, number, heard, session, other)
    return words + b"%08x" % crc32c(words) + TAIL + b"\x7e"


def multiply(a, b):
    r = 0
    while b:
        if b & 1:
            r ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11D
        b >>= 1
    return r


def parity(payload, t):
    generator = [1]
    root = 1
    for _ in range(2 * t):
        longer = generator + [0]
        for i, g in enumerate(generator):
            longer[i + 1] ^= multiply(g, root)
        generator = longer
        root = multiply(root, 2)
    depth = -(-len(payload) // (255 - 2 * t))
    out = b""
    for c in range(depth):
        rest = list(payload[c::depth]) + [0] * (2 * t)
        for i in range(len(rest) - 2 * t):
            f = rest[i]
            for k, g in enumerate(generator):
                rest[i + k] ^= multiply(f, g)
        out += bytes(rest[-2 * t:])
    return out


def main():
    rng = random.Random(5)
    with open(__file__[:-3] + ".txt", "w") as out:
        out.write("# Vectors of docs/arq.md. Written by frame.py beside it.\n")
        out.write("# frame SESSION OFFSET PLAIN LINE\n")
        for session, offset, plain in (
                (1, 0, b"\x00\x00\x00hello"),
                (1, 0, b"\x00\x00\x00\x7e\x7d\x11\x13"),
                (0xDEADBEEF, 0x123456789ABC, b"\x81\x9a\xbc\x00\x05\x00"),
                (0xDEADBEEF, 65536, b"\xa0\x00\x00\x01\x00\x01\x05\x09" + b"x" * 400),
                (0x7E7D1113, 3, b"\x00\x00\x03" + bytes(range(256))),
                (5, 1024, b"\x00\x04\x00" + rng.randbytes(1024)),
                (5, 2048, b"\x00\x08\x00" + bytes(range(256)) * 4)):
            out.write("frame %08x %012x %s %s\n" % (
                session, offset, plain.hex(), frame(session, offset, plain).hex()))
        out.write("# greeting ANSWER FLAGS NUMBER HEARD SESSION OTHER LINE\n")
        for g in ((0, 0, 1, 0, 0x1A2B3C4D, 0), (1, 0, 1, 1, 0x5566778, 0x1A2B3C4D),
                  (0, 3, 255, 0, 0xFFFFFFFF, 0), (1, 0x1C, 16, 2, 7, 9)):
            out.write("greeting %x %02x %02x %02x %08x %08x %s\n" % (
                g + (greeting(*g).hex(),)))
        out.write("# parity T PAYLOAD PARITY\n")
        for t, payload in ((2, b"hello"), (1, rng.randbytes(254)),
                           (2, rng.randbytes(1024)), (12, rng.randbytes(512))):
            out.write("parity %x %s %s\n" % (t, payload.hex(), parity(payload, t).hex()))


main()
