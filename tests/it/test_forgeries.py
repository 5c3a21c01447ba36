"""Every way to send back something other than what was asked for is refused: by its HTTP status, with a message that
tells the citizen what to do, and with its reason in the status and in the journal. The right thing is then accepted."""
import html
import re

import pytest

import forge
from telephone import document, place_of, request, telephone

# what a citizen reads, by its beginning: ru, kk, en
CHANGED = "Подписано не то", "Ұйым жіберген құжаттан басқа", "What was signed is not"
CONTENT = "Подпись не соответствует документу", "Қолтаңба құжатқа сәйкес", "The signature does not fit"
FORMAT = "Подпись не удалось распознать", "Қолтаңбаны тану мүмкін", "The signature could not be recognised"
DATES = "Срок действия вашего сертификата", "ЭЦҚ сертификатыңыздың мерзімі", "Your certificate has expired"
REVOKED = "Ваш сертификат ЭЦП отозван", "ЭЦҚ сертификатыңыз кері", "Your certificate has been revoked"
KEY_USAGE = "Этот ключ не предназначен", "Бұл кілт құжаттарға", "This key is not meant"
OWNER = "Этот документ должно подписать другое", "Бұл құжатқа басқа тұлға", "Somebody else must sign"
TIMESTAMP = "В подписи нет верной метки времени", "Қолтаңбада ҚР ҰКО-ның", "The signature has no valid timestamp"
SIGNERS = "Все документы должно подписать одно", "Барлық құжатқа бір тұлға", "One person must sign"
NO_MORE = "Попыток больше нет", "Әрекеттер таусылды", "There are no attempts left"
NOT_JSON = "Ответ приложения не удалось прочитать", "Қосымшаның жауабын оқу", "The app's answer could not"
UNKNOWN = "Ссылка недействительна", "Сілтеме жарамсыз", "This link is not valid"
BEARER = "Доступ к документам не подтверждён", "Құжаттарға қолжетімділік", "Access to the documents"
EXPIRED = "Срок действия QR-кода истёк", "QR-кодтың қолданылу мерзімі", "The QR code has expired"
CANCELLED = "Организация отменила", "Ұйым қол қою сұрауын", "The organisation has cancelled"
SIGNED = "Документы по этому QR-коду уже подписаны", "Осы QR-код бойынша", "The documents of this QR code are signed"
FAILED = "Запрос на подпись закрыт", "Бірнеше сәтсіз әрекеттен", "This signing request was closed"
LANGUAGES = ["ru", "kk", "en"]

FILE, DETACHED, BYTES, XML, MIX = "CMS_WITH_DATA", "CMS_SIGN_ONLY", "SIGN_BYTES_ARRAY", "XML", "MIX_SIGN"
ALL, CMS, FILES = (FILE, DETACHED, BYTES, XML, MIX), (FILE, DETACHED, MIX), (FILE, DETACHED, BYTES, MIX)
FIRST_XML = f"<order>{forge.part('<sum>100</sum>')}<to>АО ТЕСТ</to></order>"
DOCUMENTS = {XML: [document(1, FIRST_XML), document(2, "<order><sum>200</sum></order>")],
             MIX: [document(1, "первый", method=DETACHED), document(2, "<order><sum>200</sum></order>", method=XML)]}
DOCUMENTS.update((method, [document(1, "первый"), document(2, "второй")]) for method in (FILE, DETACHED, BYTES))


def signed_otherwise(edit, **how):
    """Signs, after edit() of the value that the first document's signature is made over."""
    def make(phone):
        signed = phone.sign()
        asked, place = phone.asked["documentsToSign"][0], signed["documentsToSign"][0]
        holder, member = place_of(asked)
        place_holder, _ = place_of(place)
        place_holder[member] = phone.sign_value(phone.method_of(asked), edit(holder[member]), **how)
        return signed
    return make


def edited(edit):
    """Edits the first document's signed value."""
    def make(phone):
        signed = phone.sign()
        holder, member = place_of(signed["documentsToSign"][0])
        holder[member] = edit(phone, holder[member])
        return signed
    return make


def edited_json(edit):
    """Signs rightly, and edits what is around it; edit() is given the documents."""
    def make(phone):
        signed = phone.sign()
        edit(signed["documentsToSign"])
        return signed
    return make


def signed_with(**how):
    return lambda phone: phone.sign(**how)


def other_file(value):
    return forge.encode(forge.decode(value) + b"!")


def in_the_cms(edit):
    return edited(lambda phone, value: forge.encode(edit(phone, forge.decode(value))))


def another_timestamp(phone, cms):
    method, (holder, member) = phone.method_of(phone.asked["documentsToSign"][0]), place_of(phone.asked["documentsToSign"][0])
    return forge.with_timestamp_of(cms, forge.decode(phone.sign_value(method, holder[member], again=1)))


def signature_of_a_part(phone, _):
    return forge.signed_in_part(phone.world, FIRST_XML, forge.part("<sum>100</sum>"))


def signature_in_a_part(phone, _):
    inner = phone.sign_value(XML, forge.part("<sum>100</sum>"))
    return FIRST_XML.replace(forge.part("<sum>100</sum>"), inner)


def swap_values(documents):
    (first, member), (second, _) = place_of(documents[0]), place_of(documents[1])
    first[member], second[member] = second[member], first[member]


def swap_ids(documents):
    documents[0]["id"], documents[1]["id"] = documents[1]["id"], documents[0]["id"]


def by_two_people(phone):
    mine, hers = phone.sign(), phone.sign(key="individual-2")
    mine["documentsToSign"][1] = hers["documentsToSign"][1]
    return mine


NOT_AS_ISSUED = "is not as it was issued"
# what is forged: by which methods, how, what the citizen reads, the reason (a regular expression)
FORGERIES = {
    "other content in the CMS": ((FILE,), signed_otherwise(other_file), CHANGED, "coverage: the CMS carries"),
    "content of the CMS replaced after signing":
        ((FILE,), in_the_cms(lambda _, cms: forge.with_other_content(cms, b"another")), CONTENT, "digest"),
    "the CMS without its content":
        ((FILE,), lambda phone: with_method(phone, DETACHED), FORMAT, "format"),
    "a detached CMS over other content": ((DETACHED, MIX), signed_otherwise(other_file), CONTENT, "digest"),
    "a CMS of other content where a detached one is asked for":
        ((DETACHED,), lambda phone: with_method(phone, FILE, other_file), CONTENT, "digest"),
    "a signature over other bytes": ((BYTES,), signed_otherwise(lambda value: value + "!"), CONTENT, "signature"),
    "other XML around the Signature":
        ((XML,), signed_otherwise(lambda xml: xml.replace("100", "900")), CHANGED, "coverage: the XML around"),
    "XML changed after signing":
        ((XML,), edited(lambda _, xml: xml.replace("100", "900")), CONTENT, "digest"),
    "a Signature of a part, by its id": ((XML,), edited(signature_of_a_part), CHANGED, "coverage: .*#part"),
    "a Signature of a part, in the part": ((XML,), edited(signature_in_a_part), CHANGED, "coverage"),
    "signed XML inside of other XML":
        ((XML,), edited(lambda _, xml: f"<forged>{xml}</forged>"), CHANGED, "coverage"),
    "no signature at all": (ALL, lambda phone: phone.asked, FORMAT, ""),
    "a name changed": (ALL, edited_json(lambda d: d[1].update(nameKz="Басқа")), CHANGED, f"nameKz of document 2 {NOT_AS_ISSUED}"),
    "meta changed": (ALL, edited_json(lambda d: d[0]["meta"][0].update(value="7")), CHANGED, f"meta of document 1 {NOT_AS_ISSUED}"),
    "meta left out": (ALL, edited_json(lambda d: d[0].pop("meta")), CHANGED, f"meta of document 1 {NOT_AS_ISSUED}"),
    "mime changed":
        (FILES, edited_json(lambda d: d[0]["document"]["file"].update(mime="text/html")), CHANGED, f"document 1 {NOT_AS_ISSUED}"),
    "a member that was never issued": (ALL, edited_json(lambda d: d[0].update(note="x")), CHANGED, f"document 1 {NOT_AS_ISSUED}"),
    "documents in another order": (ALL, edited_json(lambda d: d.reverse()), CHANGED, "document 1"),
    "signed values swapped": ((FILE, DETACHED, BYTES, XML), edited_json(swap_values), (CHANGED, CONTENT), "document 1: "),
    "ids swapped": (ALL, edited_json(swap_ids), CHANGED, f"id of document 1 {NOT_AS_ISSUED}"),
    "a document missing": (ALL, edited_json(lambda d: d.pop()), CHANGED, "1 documents came back, 2 were issued"),
    "a document too many": (ALL, edited_json(lambda d: d.append(d[1])), CHANGED, "3 documents came back, 2 were issued"),
    "another person's certificate": (ALL, signed_with(key="individual-2"), OWNER, "owner"),
    "an AUTH certificate": (ALL, signed_with(key="individual-auth"), KEY_USAGE, "keyUsage"),
    "an expired certificate": (ALL, signed_with(key="individual-expired"), DATES, "dates"),
    "a revoked certificate": (ALL, signed_with(key="individual-revoked"), REVOKED, "revocation"),
    "one document signed by another person": (ALL, by_two_people, OWNER, "document 2: owner"),
    "no timestamp": (CMS, signed_with(timestamp=False), TIMESTAMP, "timestamp"),
    "the timestamp of another signature": (CMS, in_the_cms(another_timestamp), TIMESTAMP, "timestamp"),
}


def with_method(phone, method, edit=lambda value: value):
    signed = phone.sign()
    holder, member = place_of(phone.asked["documentsToSign"][0])
    place_of(signed["documentsToSign"][0])[0][member] = phone.sign_value(method, edit(holder[member]))
    return signed


CASES = [(name, method, *rest) for name, (methods, *rest) in FORGERIES.items() for method in methods]


def open_session(world, method=FILE, **kwargs):
    return telephone(world, request(method, DOCUMENTS[method], **kwargs))


def reason_of(world, session):
    answer = world.ask("getSigningStatus", session)
    return html.unescape(answer.value("reason") or "")


def check_the_right_one_is_accepted(phone):
    assert phone.put(phone.sign())[0] == 200
    result = phone.world.ask("getSigningResult", phone.session)
    assert result.code == "SCSS001", result.text
    assert len(re.findall("<verdict>valid</verdict>", result.text)) == len(phone.asked["documentsToSign"])


@pytest.mark.parametrize("name, method, make, said, reason", CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_a_forgery_is_refused_with_its_reason_and_the_right_thing_then_accepted(world, name, method, make, said, reason):
    phone = open_session(world, method)
    language = LANGUAGES[sum(map(ord, name + method)) % 3]
    status, message = phone.put(make(phone), language)
    sayings = said if isinstance(said[0], tuple) else (said,)
    assert status == 403 and message.startswith(tuple(one[LANGUAGES.index(language)] for one in sayings)), message
    told = reason_of(world, phone.session)
    assert re.search(reason, told), told
    [line] = world.events("put.refused", session=phone.session)
    assert line["code"] == "403" and line["text"].replace('\\"', '"') == told, line
    assert not re.search(r"\d{12}", told)
    check_the_right_one_is_accepted(phone)


def check_refusal(phone, want_status, said, put):
    """The same PUT in every language; put(language) gives what put() gives."""
    for i, language in enumerate(LANGUAGES):
        status, message = put(language)
        assert status == want_status and message.startswith(said[i]), (status, message)
    calls = [line for line in phone.world.journal() if line["event"].startswith(("put.", "call.", "token.", "bearer."))]
    assert [line["code"] for line in calls[-3:]] == [str(want_status)] * 3


def test_every_message_comes_in_the_language_asked_for(world):
    """req 1.42, 1.43"""
    phone = open_session(world)
    forged = FORGERIES["a name changed"][1](phone)
    check_refusal(phone, 403, CHANGED, lambda language: phone.put(forged, language))
    check_the_right_one_is_accepted(phone)


def test_a_wrong_token_is_404_and_a_wrong_bearer_401_and_neither_touches_the_session(world):
    phone = open_session(world)
    signed = phone.sign()
    token = phone.api2.split("/")[-2]
    wrong = phone.api2.replace(token, ("B" if token[0] == "A" else "A") + token[1:])
    other = open_session(world)
    check_refusal(phone, 404, UNKNOWN, lambda language: phone.put(signed, language, path=wrong))
    for bearer in (other.bearer, phone.bearer[:-1], token):  # another session's, a piece of it, the path's
        check_refusal(phone, 401, BEARER, lambda language, bearer=bearer: phone.put(signed, language, bearer))
    assert len(world.events("bearer.wrong", session=phone.session)) == 9
    assert world.ask("getSigningStatus", phone.session).value("failedPuts") in (None, "0")
    check_the_right_one_is_accepted(phone)


def test_a_put_that_is_no_answer_of_the_app_is_400_and_not_counted(world):
    phone = open_session(world)
    for body in (b"", b"{", b"[]", b'{"documentsToSign":[]}', b"\xff", b'{"documentsToSign":{}}'):
        check_refusal(phone, 400, NOT_JSON, lambda language, body=body: phone.put(body, language))
    check_the_right_one_is_accepted(phone)


def test_a_put_after_expiry_is_refused_before_any_sweeper_came(world):
    phone = open_session(world)
    signed = phone.sign()
    world.expire(phone.session)
    check_refusal(phone, 403, EXPIRED, lambda language: phone.put(signed, language))
    answer = world.ask("getSigningStatus", phone.session)
    assert answer.value("state") == "expired" and "подпись не пришла" in answer.value("reason")
    assert "sessionNotSigned" in world.ask("getSigningResult", phone.session).text


def test_a_put_after_the_cancel_is_refused(world):
    phone = open_session(world)
    signed = phone.sign()
    assert world.ask("cancelSigningSession", phone.session).value("state") == "cancelled"
    check_refusal(phone, 409, CANCELLED, lambda language: phone.put(signed, language))
    assert world.ask("getSigningStatus", phone.session).value("state") == "cancelled"


@pytest.mark.parametrize("method", ALL)
def test_after_success_the_same_put_is_taken_again_and_no_other(world, method):
    phone = open_session(world, method)
    signed = phone.sign()
    assert phone.put(signed)[0] == 200
    kept = world.ask("getSigningResult", phone.session).text
    others = {"another signature of the same person": phone.sign(again=2),
              "another person's": phone.sign(key="individual-2"), "unsigned": phone.asked,
              "swapped": edited_json(swap_ids)(phone)}
    for name, other in others.items():
        assert other != signed, name
        check_refusal(phone, 409, SIGNED, lambda language, other=other: phone.put(other, language))
    reordered = {key: signed[key] for key in reversed(signed)}
    for again in (signed, reordered, b"", {"documentsToSign": []}):  # req 1.37: the third PUT confirms
        assert phone.put(again)[0] == 200
    now = world.ask("getSigningResult", phone.session).text
    values = r"<(?:data|documentXml)>([^<]+)<"
    assert re.findall(values, kept)[:2] == re.findall(values, now)[:2]


def test_the_fifth_refused_put_ends_the_session(world):
    phone = open_session(world)
    forged = FORGERIES["other content in the CMS"][1](phone)
    for number in range(1, 5):
        status, message = phone.put(forged, "en")
        assert status == 403 and message.startswith(CHANGED[2]) and NO_MORE[2] not in message
        assert world.ask("getSigningStatus", phone.session).value("failedPuts") == str(number)
    status, message = phone.put(forged, "en")
    assert status == 403 and message.startswith(CHANGED[2]) and NO_MORE[2] in message
    answer = world.ask("getSigningStatus", phone.session)
    assert answer.value("state") == "failed" and "coverage" in answer.value("reason"), answer.text
    check_refusal(phone, 409, FAILED, lambda language: phone.put(phone.sign(), language))
    assert "sessionNotSigned" in world.ask("getSigningResult", phone.session).text


def test_two_people_cannot_share_a_session_that_names_nobody(world):
    phone = open_session(world, iin=None)
    status, message = phone.put(by_two_people(phone), "kk")
    assert status == 403 and message.startswith(SIGNERS[1])
    assert "another signer than of the first document" in reason_of(world, phone.session)
    assert phone.put(phone.sign(key="individual-2"))[0] == 200
