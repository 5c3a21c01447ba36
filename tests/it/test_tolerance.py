"""What real callers send, and we survive (shep-contract.md section 1), over real HTTPS."""
import base64
import re
import time
import uuid

import pytest

from world import SERVICE, envelope, reached_the_session, send_message

STATUS = ("<s:getSigningStatus xmlns:s='urn:shep-adapter:signing:1'><signingSessionId>0193abcd-0000-7000-8000-00000000000f"
          "</signingSessionId></s:getSigningStatus>")
ESCAPED = STATUS.replace("<", "&lt;")
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def info(order=("messageId", "serviceId", "messageDate", "sender"), **extra):
    parts = {"messageId": f"<messageId>{uuid.uuid4()}</messageId>", "serviceId": f"<serviceId>{SERVICE}</serviceId>",
             "messageDate": f"<messageDate>{extra.pop('date', NOW)}</messageDate>",
             "sender": "<sender><senderId>sandbox</senderId></sender>"}
    return "".join(parts[name] for name in order) + extra.pop("more", "")


def local(offset, fraction=""):
    now = time.gmtime(time.time() + offset * 3600)
    return time.strftime("%Y-%m-%dT%H:%M:%S", now) + fraction


INFOS = {
    "as in the XSD": info(),
    "another order": info(("sender", "messageDate", "serviceId", "messageId")),
    "empty optional elements": info(more="<correlationId/><routeId/><properties/><sessionId></sessionId>"),
    "sessionId of braces only": info(more="<sessionId>{}</sessionId>"),
    "sessionId without braces": info(more="<sessionId>0193abcd-0000-7000-8000-00000000000f</sessionId>"),
    "sessionId not a guid": info(more="<sessionId>abc</sessionId>"),
    "a date without zone": info(date=local(5)),
    "a date with nanoseconds": info(date=local(5, ".123456789")),
    "a date of +06:00": info(date=local(6) + "+06:00"),
    "a bare date": info(date=time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 3600))),
    "properties": info(more="<properties><key>k</key><value>v</value></properties>"),
}
DATAS = {
    "text": f"<data>{ESCAPED}</data>",
    "text of xs:string": f"<data xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:xs='http://www.w3.org/2001/"
                         f"XMLSchema' xsi:type='xs:string'>{ESCAPED}</data>",
    "CDATA": f"<data><![CDATA[{STATUS}]]></data>",
    "text with a declaration": f"<data>&lt;?xml version=\"1.0\" encoding=\"UTF-8\"?>{ESCAPED}</data>",
    "elements": f"<data>{STATUS}</data>",
    "elements with xsi:type": f"<data xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:c='urn:c' "
                              f"xsi:type='c:Request'>{STATUS}</data>",
    "elements under xs:string": f"<data xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:xs='http://www.w3.org/"
                                f"2001/XMLSchema' xsi:type='xs:string'>{STATUS}</data>",
    "data in a foreign namespace": f"<data xmlns='http://www.w3.org/2001/XMLSchema-instance' type='xsd:string'>{ESCAPED}</data>",
}
TYPES = ["text/xml; charset=utf-8", 'text/xml;charset="utf-8"', "application/xml", "application/soap+xml"]


@pytest.mark.parametrize("name", INFOS)
def test_request_info_as_callers_write_it(world, name):
    body = send_message(DATAS["elements"], "", info=INFOS[name])
    status, _, answer = world.post(world.sign(envelope(body)))
    assert status == 200 and reached_the_session(answer.decode()), answer.decode()[-1500:]


@pytest.mark.parametrize("name", DATAS)
def test_data_as_callers_write_it(world, name):
    status, _, answer = world.post(world.sign(envelope(send_message(DATAS[name], str(uuid.uuid4())))))
    assert status == 200 and reached_the_session(answer.decode()), answer.decode()[-1500:]
    if name in ("text", "CDATA"):
        assert b"&lt;" in answer  # text for text


@pytest.mark.parametrize("name, data", [("empty", "<data/>"), ("none", "")])
def test_no_payload_is_a_business_error(world, name, data):
    status, _, answer = world.post(world.sign(envelope(send_message(data, str(uuid.uuid4())))))
    assert status == 200 and b"SCSE002" in answer and b"payloadMissing" in answer, answer.decode()[-1500:]


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("action", [None, '""', "SendMessage"])
def test_content_types_and_soap_actions(world, content_type, action):
    request = world.sign(envelope(send_message(DATAS["elements"], str(uuid.uuid4()))))
    status, _, answer = world.post(request, content_type, {"SOAPAction": action} if action is not None else {})
    assert status == 200 and reached_the_session(answer.decode())


def test_a_byte_order_mark(world):
    request = world.sign(envelope(send_message(DATAS["elements"], str(uuid.uuid4()))))
    status, _, answer = world.post(b"\xef\xbb\xbf" + request)
    assert status == 200 and reached_the_session(answer.decode())


def test_different_prefixes_for_the_soap_namespace(world):
    ns = "http://schemas.xmlsoap.org/soap/envelope/"
    text = (f'<a:Envelope xmlns:a="{ns}"><b:Header xmlns:b="{ns}"/><c:Body xmlns:c="{ns}">'
            f"{send_message(DATAS['elements'], str(uuid.uuid4()))}</c:Body></a:Envelope>")
    status, _, answer = world.post(world.sign(text))
    assert status == 200 and reached_the_session(answer.decode()), answer.decode()[-1500:]


def test_fifteen_megabytes(world):
    data = base64.b64encode(b"x" * (11 << 20)).decode()
    payload = (f'<s:createSigningSession xmlns:s="urn:shep-adapter:signing:1"><description>d</description>'
               f"<signMethod>CMS_WITH_DATA</signMethod><authType>None</authType><documents><document><id>1</id>"
               f"<nameRu>a</nameRu><nameKz>a</nameKz><nameEn>a</nameEn><file><mime>application/pdf</mime><data>{data}</data>"
               f"</file></document></documents></s:createSigningSession>")
    status, _, answer = world.post(world.sign(envelope(send_message(f"<data>{payload}</data>", str(uuid.uuid4())))))
    assert status == 200 and b"SCSS001" in answer, answer.decode()[-1500:]


def test_the_answer_correlates_with_the_request(world):
    """correlationId is the request's messageId, messageId is ours, sessionId is echoed."""
    message_id, session = str(uuid.uuid4()), "{0193abcd-0000-7000-8000-00000000000f}"
    body = send_message(DATAS["elements"], "", info=info(more=f"<sessionId>{session}</sessionId>").replace(
        "<messageId>", f"<messageId>{message_id}x", 1))
    _, _, answer = world.post(world.sign(envelope(body)))
    text = answer.decode()
    assert f"<correlationId>{message_id}x" in text
    assert f"<sessionId>{session}</sessionId>" in text
    assert re.search(r"<messageId>[0-9a-f-]{36}</messageId>", text)
