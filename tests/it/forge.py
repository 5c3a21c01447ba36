"""The tools of forgery: DER and XML taken apart and put together otherwise."""
import base64
import re


def read_tlv(der, at=0):
    """(tag, content, end); definite lengths only."""
    length, start = der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(der[start:start + count], "big"), start + count
    assert start + length <= len(der)
    return der[at], der[start:start + length], start + length


def read_children(content):
    children, at = [], 0
    while at < len(content):
        tag, inside, at = read_tlv(content, at)
        children.append((tag, inside))
    return children


def write_tlv(tag, content):
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def change(der, path, edit):
    """DER with edit() applied to the children of the element at path, a list of places (negative from the end)."""
    def walk(tag, content, rest):
        children = read_children(content)
        if rest:
            place = rest[0] % len(children)
            children[place] = walk(*children[place], rest[1:])
        else:
            children = edit(children)
        return tag, b"".join(write_tlv(*child) for child in children)

    tag, content, _ = read_tlv(der)
    return write_tlv(*walk(tag, content, path))


def child_at(der, path):
    tag, content, _ = read_tlv(der)
    for place in path:
        tag, content = read_children(content)[place]
    return tag, content


# RFC 5652: ContentInfo / [0] / SignedData / …
ENCAPSULATED, SIGNER_INFO = [1, 0, 2], [1, 0, -1, 0]


def with_other_content(cms, content):
    """The CMS as it was signed, another content in it."""
    return change(cms, ENCAPSULATED, lambda children: [children[0], (0xA0, write_tlv(0x04, content))])


def with_timestamp_of(cms, other):
    """The CMS with the unsigned attributes, which hold the timestamp, of another one."""
    attributes = child_at(other, SIGNER_INFO + [-1])
    assert attributes[0] == 0xA1 and child_at(cms, SIGNER_INFO + [-1])[0] == 0xA1
    return change(cms, SIGNER_INFO, lambda children: children[:-1] + [attributes])


def certificate_base64(world, key):
    pem = world.key(key).with_suffix(".pem").read_text()
    return "".join(pem.split("-----")[2].split())


SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"


def part(text):
    """An element that WS-Security signs by its Id."""
    return f'<soap:Body xmlns:soap="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="part">{text}</soap:Body>'


def signed_in_part(world, xml, element, key="individual"):
    """xml with a Signature whose one Reference is "#part": true over element, silent about the rest."""
    envelope = world.sign(f'<soap:Envelope xmlns:soap="{SOAP}">{element}</soap:Envelope>', key=key).decode()
    signature = re.search(r"<ds:Signature\b.*</ds:Signature>", envelope, re.DOTALL)[0]
    assert 'URI="#part"' in signature
    info = f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate_base64(world, key)}</ds:X509Certificate>" \
           "</ds:X509Data></ds:KeyInfo>"
    signature = re.sub(r"<ds:KeyInfo\b.*</ds:KeyInfo>", info, signature, flags=re.DOTALL)
    if "xmlns:ds=" not in signature:
        signature = signature.replace("<ds:Signature", '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"', 1)
    end = xml.rindex("</")
    return xml[:end] + signature + xml[end:]


def decode(value):
    return base64.b64decode(value)


def encode(data):
    return base64.b64encode(data).decode()
