"""What a partner's generator makes of wsdl/: zeep loads it, makes the payload's types, and the
message it writes is valid by the XSDs. Usage: zeep_client.py PROJECT"""

import os
import sys

try:
    import zeep
    from lxml import etree
except ImportError as missing:
    print(f"SKIP: {missing}: install python3-zeep")
    sys.exit(77)

SIGNING = "{urn:shep-adapter:signing:1}"
COID = "{urn:shep-adapter:coid:1}"
COMMON = "{urn:shep-adapter:common:1}"
TYPES = "{http://bip.bee.kz/SyncChannel/v10/Types}"


class Offline(zeep.transports.Transport):
    def load(self, url):
        if "://" in url:
            raise AssertionError(f"{url}: the contract must not need the network")
        return super().load(url)


def main(project):
    wsdl = os.path.join(project, "wsdl")
    client = zeep.Client(os.path.join(wsdl, "SyncChannel.wsdl"), transport=Offline())
    for root in ("createSigningSession", "getSigningStatus", "getSigningResult", "cancelSigningSession"):
        client.get_element(SIGNING + root)
        client.get_element(SIGNING + root + "Response")
    for root in ("verifyPhoto", "getVerification", "getPersonData", "getVendors", "getTransactions", "getActDetail",
                 "getAct", "getNews"):
        client.get_element(COID + root)
        client.get_element(COID + root + "Response")
    client.get_element(COMMON + "error")

    create = client.get_element(SIGNING + "createSigningSession")
    payload = create(
        description="Договор",
        signMethod="CMS_WITH_DATA",
        documents={"document": [{"id": 1, "nameRu": "Файл", "file": {"mime": "application/pdf", "data": b"hello"}}]},
    )
    data = etree.Element("data")
    create.render(data, payload)
    text = etree.tostring(data[0], encoding="unicode")  # a live object would get an xsi:type that is none
    info = {
        "messageId": "m-1",
        "serviceId": "EGOVMOBILE_QR_SIGN_SERVICE",
        "messageDate": "2026-11-22T14:03:07+05:00",
        "sender": {"senderId": "ekzamen", "password": "p"},
    }
    request = {"requestInfo": info, "requestData": {"data": text}}
    message = client.create_message(client.service, "SendMessage", request=request)

    body = message.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    schema = etree.XMLSchema(etree.parse(os.path.join(wsdl, "SyncChannelTypes.xsd")))
    schema.assertValid(etree.ElementTree(body[0]))
    etree.XMLSchema(etree.parse(os.path.join(wsdl, "signing.xsd"))).assertValid(etree.ElementTree(data[0]))
    assert body[0].tag == TYPES + "SendMessage"

    person = client.get_element(COID + "getPersonData")
    ask = person(idempotencyKey="0193a5c0-7b2e-7c3d-8e4f-0123456789ab", mcdb=True,
                 consent={"iin": "123456789011", "fullName": "ТЕСТОВ ТЕСТ"})
    holder = etree.Element("data")
    person.render(holder, ask)
    coid = etree.XMLSchema(etree.parse(os.path.join(wsdl, "coid.xsd")))
    coid.assertValid(etree.ElementTree(holder[0]))
    print("zeep made", data[0].tag, "of", len(etree.tostring(data[0])), "bytes")


main(sys.argv[1])
