"""All that a session key turns into, as byte strings to search memory for: its printed forms, the AES-128 key schedules of both
directions (FIPS-197, and the order in which AES units use them) and the tables of OCB3 (RFC 7253), computed here from the key alone.
"""

import base64
import struct


def _tables():
    """The S-box, from inversion in GF(2^8) and the affine map."""
    exponents, logarithms, value = [0] * 255, [0] * 256, 1
    for power in range(255):
        exponents[power], logarithms[value] = value, power
        value ^= (value << 1) ^ (0x11B if value & 0x80 else 0)
    box = []
    for byte in range(256):
        inverse = exponents[-logarithms[byte] % 255] if byte else 0
        box.append(_affine(inverse))
    return box


def _affine(byte):
    result = 0x63
    for turn in range(5):
        result ^= (byte << turn | byte >> (8 - turn)) & 0xFF
    return result


SBOX = _tables()


def _double(byte):
    return (byte << 1 ^ (0x1B if byte & 0x80 else 0)) & 0xFF


def _times(byte, factor):
    result = 0
    while factor:
        if factor & 1:
            result ^= byte
        byte, factor = _double(byte), factor >> 1
    return result


def _mix(block, factors):
    out = bytearray(16)
    for column in range(0, 16, 4):
        for row in range(4):
            for k in range(4):
                out[column + row] ^= _times(block[column + (row + k) % 4], factors[k])
    return bytes(out)


def _xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def round_keys(key):
    """The eleven round keys of encryption (FIPS-197 5.2)."""
    words, constant = [key[i:i + 4] for i in range(0, 16, 4)], 1
    while len(words) < 44:
        word = words[-1]
        if len(words) % 4 == 0:
            word = bytes(SBOX[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _double(constant)
        words.append(_xor(words[-4], word))
    return [b"".join(words[i:i + 4]) for i in range(0, 44, 4)]


def decryption_keys(key):
    """Those of decryption as AES units take them: the middle ones through InvMixColumns (FIPS-197 5.3.5)."""
    keys = round_keys(key)
    return keys[:1] + [_mix(k, (14, 11, 13, 9)) for k in keys[1:10]] + keys[10:]


def encrypt(key, block):
    keys = round_keys(key)
    state = _xor(block, keys[0])
    for number in range(1, 11):
        state = bytes(SBOX[state[(column * 4 + row * 5) % 16]] for column in range(4) for row in range(4))
        if number < 10:
            state = _mix(state, (2, 3, 1, 1))
        state = _xor(state, keys[number])
    return state


def _double_block(block):
    value = int.from_bytes(block, "big") << 1
    return (value & (1 << 128) - 1 ^ (0x87 if value >> 128 else 0)).to_bytes(16, "big")


def ocb_tables(key):
    """{name: block}: L_*, L_$, L_0 to L_7, and their running sums (the offsets without Offset_0)."""
    star = encrypt(key, bytes(16))
    dollar = _double_block(star)
    tables, table, offset = {"L_*": star, "L_$": dollar}, [], bytes(16)
    for i in range(8):
        table.append(_double_block(table[-1] if table else dollar))
        tables[f"L_{i}"] = table[-1]
    for i in range(1, 129):
        offset = _xor(offset, table[(i & -i).bit_length() - 1])
        tables.setdefault(f"sum of {i}", offset)
    return tables


def nonce_tables(key, direction, sequences):
    """{name: block}: Ktop and Offset_0 of these sequence numbers."""
    tables, ktop = {}, b""
    for sequence in sequences:
        if not ktop or sequence % 64 == 0:
            ktop = encrypt(key, bytes(3) + b"\1" + bytes(4) + struct.pack(">Q", sequence & ~63 | direction << 63))
            tables[f"Ktop {direction}/{sequence & ~63}"] = ktop
        stretch = int.from_bytes(ktop + _xor(ktop[:8], ktop[1:9]), "big")
        tables[f"Offset_0 {direction}/{sequence}"] = (stretch >> 64 - sequence % 64 & (1 << 128) - 1).to_bytes(16, "big")
    return tables


def _orders(block):
    """The halves of a block as they lie in memory, with their bytes swapped as 64-bit numbers, and as pairs of 32-bit numbers."""
    for half in (block[:8], block[8:]):
        yield half
        yield half[::-1]
        yield half[3::-1] + half[:3:-1]


def needles(key, to_server=range(0), to_client=range(0)):
    """{bytes: what they are}, with what belongs to these sequence numbers alone. Blocks are searched by halves, which finds any half
    that was left behind, too."""
    found = {base64.b64encode(key).rstrip(b"="): "the key in base64", key.hex().encode(): "the key in hex",
             key.hex().upper().encode(): "the key in hex"}
    named = {f"round key {i}": k for i, k in enumerate(round_keys(key))}
    named.update({f"decryption round key {i}": k for i, k in enumerate(decryption_keys(key))})
    named.update(ocb_tables(key))
    named.update(nonce_tables(key, 0, to_server))
    named.update(nonce_tables(key, 1, to_client))
    for name, block in named.items():
        for piece in _orders(block):
            found.setdefault(piece, name)
    return found


def self_test():
    """FIPS-197 appendix A.1 and C.1, and RFC 7253's definition through a block of zeros."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert round_keys(key)[10].hex() == "d014f9a8c9ee2589e13f0cc8b6630ca6"
    key = bytes(range(16))
    assert encrypt(key, bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    assert decryption_keys(key)[9].hex() == "13aa29be9c8faff6f770f58000f7bf03"
    assert ocb_tables(key)["L_*"].hex() == "c6a13b37878f5b826f4f8162a1c8d879"
    assert nonce_tables(key, 0, [15])["Offset_0 0/15"] != nonce_tables(key, 0, [16])["Offset_0 0/16"]


if __name__ == "__main__":
    self_test()
    print("vectors pass")
