#!/usr/bin/python3
"""Prints native.txt: written from docs/article.md alone, with hashlib and RFC 8032's own
arithmetic, so that the vectors owe nothing to the C code that they test."""
import base64
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e = (y1 - x1) * (y2 - x2) % P
    f = (y1 + x1) * (y2 + x2) % P
    g = 2 * t1 * t2 * D % P
    h = 2 * z1 * z2 % P
    s, r, u, v = f - e, h - g, h + g, f + e
    return s * r % P, u * v % P, r * u % P, s * v % P


def times(n, a):
    r = (0, 1, 1, 0)
    while n:
        if n & 1:
            r = add(r, a)
        a = add(a, a)
        n >>= 1
    return r


def base():
    y = 4 * pow(5, P - 2, P) % P
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


B = base()


def encode(a):
    x, y, z, _ = a
    inv = pow(z, P - 2, P)
    x, y = x * inv % P, y * inv % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def secret(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return a, h[32:]


def public(seed):
    return encode(times(secret(seed)[0], B))


def sign(seed, message):
    a, prefix = secret(seed)
    pub = public(seed)
    r = number(prefix, message) % L
    big_r = encode(times(r, B))
    k = number(big_r, pub, message) % L
    return big_r + ((r + k * a) % L).to_bytes(32, "little")


def b32(data):
    return base64.b32encode(data).decode().lower().rstrip("=")


def address(name, pub):
    return f"{name}.{b32(pub[:10])}@hearsay.invalid"


def msgid(data):
    return f"<{b32(hashlib.sha256(data).digest())}@hearsay.invalid>"


def show(name, seed, lines):
    data = "".join(line + "\r\n" for line in lines).encode()
    digest = hashlib.sha256(data).digest()
    print(f"vector {name}")
    for line in lines:
        print(f"line {line}" if line else "line")
    for i in range(0, len(data), 40):
        print(f"bytes {data[i:i + 40].hex()}")
    print(f"seed {seed.hex()}")
    print(f"public {public(seed).hex()}")
    print(f"sha256 {digest.hex()}")
    print(f"id {msgid(data)}")
    print(f"signature {sign(seed, b'hearsay article 1' + bytes(1) + digest).hex()}")
    print()
    return msgid(data)


def main():
    ana, bob = bytes(range(32)), bytes(range(32, 64))
    pa, pb = public(ana), public(bob)
    print("# Native articles. Made by make.py, read by tests/unit/test_native.c.")
    print("# line: as text, each ends with CRLF; bytes: the same, all of it, as hexadecimal.")
    print()
    first = show("plain", ana, [
        "Hearsay-Article: 1", f"From: Ana Lima <{address('ana', pa)}>",
        "Newsgroups: misc.test", "Subject: Hello",
        "Date: Mon, 01 Jun 2026 10:00:00 +0000", f"Hearsay-Author: {b32(pa)}", "",
        "The first line.", "", "-- ", "Ana"])
    show("least", bob, [
        "Hearsay-Article: 1", f"From: <{address('b', pb)}>", "Newsgroups: a", "Subject:",
        "Date: Thu, 01 Jan 1970 00:00:00 +0000", f"Hearsay-Author: {b32(pb)}", ""])
    show("reply", bob, [
        "Hearsay-Article: 1", f"From: Bob O'Neill <{address('bob-2', pb)}>",
        "Newsgroups: misc.test,comp.lang.c++", "Subject: Re: Hello",
        "Date: Mon, 01 Jun 2026 11:59:59 +0000",
        f"References: <1993Apr1.120000@host.example> {first}",
        "Reply-To: bob@mail.example", "Followup-To: poster",
        f"Hearsay-Author: {b32(pb)}", "", "> The first line.", "..", "."])
    show("every-header", ana, [
        "Hearsay-Article: 1", f"From: Ána Lima ✓ <{address('ana', pa)}>",
        "Newsgroups: hierarchie.größe,misc.test", "Subject: Grüße\taus  Köln",
        "Date: Fri, 31 Dec 9999 23:59:59 +0000", "References: <a@b>",
        f"Reply-To: Ána Lima ✓ <{address('ana', pa)}>", "Followup-To: misc.test",
        f"Supersedes: {first}", "Distribution: world",
        "Expires: Tue, 30 Jun 2026 00:00:00 +0000", "Keywords: one, two",
        "Summary: all of it", "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit",
        "Content-Language: de", "Content-Disposition: inline",
        "Cancel-Lock: sha256:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc=",
        "Cancel-Key: sha256:qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMA=",
        f"Hearsay-Author: {b32(pa)}", "", "Schöne Grüße"])
    show("cancel", ana, [
        "Hearsay-Article: 1", f"From: Ana Lima <{address('ana', pa)}>",
        "Newsgroups: misc.test", "Subject: cancel",
        "Date: Tue, 02 Jun 2026 10:00:00 +0000", f"Control: cancel {first}",
        f"Hearsay-Author: {b32(pa)}", "", "A mistake."])
    show("higher-version", bob, [
        "Hearsay-Article: 2", "Colour: green", f"Hearsay-Author: {b32(pb)}",
        "Newsgroups: misc.test", "Weather:  whatever ", "", "Not for version 1."])


main()
