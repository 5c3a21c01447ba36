/* shepctl call: one signed exchange with a SyncChannel service, as a sender behind ШЭП makes it. */
#include "base/text.h"
#include "crypto/trust.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "mobile/qr.h"
#include "sandbox/caller.h"
#include "sandbox/canonical.h"
#include "sandbox/file.h"

#include <string.h>
#include <unistd.h>

enum { PAYLOAD_MAX = 30 * 1024 * 1024, PASSWORD_MAX = 1024, WAIT_MS = 60000, QR_TEXT_MAX = 2048 };

struct call {
    const char *url;
    const char *key_path;
    const char *pass_path;
    const char *business_key_path;
    const char *business_pass_path;
    const char *service;
    const char *sender;
    const char *password_path;
    const char *message_id;
    const char *trust_dir;
    const char *ca_file;
    const char *out_path;
    bool text;
    bool raw;
    bool show_qr;
};

enum {
    OPT_URL,
    OPT_KEY,
    OPT_PASS,
    OPT_BUSINESS_KEY,
    OPT_BUSINESS_PASS,
    OPT_SERVICE,
    OPT_SENDER,
    OPT_PASSWORD,
    OPT_MESSAGE,
    OPT_TRUST,
    OPT_CA,
    OPT_OUT,
    OPT_TEXT,
    OPT_RAW,
    OPT_QR,
};

static const struct option_row rows[] = {
    { OPT_URL, "url", "URL", "of the service: https://HOST/shep/SyncChannel" },
    { OPT_KEY, "key", "P12", "the sender's key" },
    { OPT_PASS, "pass-file", "FILE", "its password: the file's first line" },
    { OPT_BUSINESS_KEY, "business-key", "P12", "signs the payload too, as its author" },
    { OPT_BUSINESS_PASS, "business-pass-file", "FILE", "its password; --pass-file by default" },
    { OPT_SERVICE, "service", "ID", "serviceId" },
    { OPT_SENDER, "sender", "S", "senderId" },
    { OPT_PASSWORD, "sender-password-file", "FILE", "the sender's password: the first line" },
    { OPT_MESSAGE, "message-id", "M", "messageId; a fresh one by default" },
    { OPT_TRUST, "verify-trust", "DIR",
      "trusted certificates for the answer; its signature alone is verified without" },
    { OPT_CA, "ca", "FILE", "PEM bundle for https (SHEPCTL_CA)" },
    { OPT_TEXT, "text", NULL, "the payload goes as text in `data`, as through gateways" },
    { OPT_OUT, "out", "FILE", "writes the answer's payload, and prints no XML" },
    { OPT_RAW, "raw", NULL, "print the answer as it came, and nothing else" },
    { OPT_QR, "show-qr", NULL, "print the QR, the link and the page of a new session" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct call *c = ctx;
    const char **const places[] = {
        [OPT_URL] = &c->url,
        [OPT_KEY] = &c->key_path,
        [OPT_PASS] = &c->pass_path,
        [OPT_BUSINESS_KEY] = &c->business_key_path,
        [OPT_BUSINESS_PASS] = &c->business_pass_path,
        [OPT_SERVICE] = &c->service,
        [OPT_SENDER] = &c->sender,
        [OPT_PASSWORD] = &c->password_path,
        [OPT_MESSAGE] = &c->message_id,
        [OPT_TRUST] = &c->trust_dir,
        [OPT_CA] = &c->ca_file,
        [OPT_OUT] = &c->out_path,
    };

    (void)err;
    if (key == OPT_TEXT)
        c->text = true;
    else if (key == OPT_RAW)
        c->raw = true;
    else if (key == OPT_QR)
        c->show_qr = true;
    else
        *places[key] = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl call",
    .arguments = "PAYLOAD.xml",
    .about = "Signs a SendMessage, sends it, verifies the answer and prints it; - is standard "
             "input.\nExit status: 0 SCSS001 with valid signatures, 1 any other answer, 2 none.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

/* ---- the answer, printed ---- */

static void row(const char *name, const char *value)
{
    if (!value[0])
        return;
    (void)printf("%-10s ", name);
    ctl_print_text(stdout, value);
    (void)fputc('\n', stdout);
}

static enum status print_qr(struct slice xml, struct err *err)
{
    static const struct {
        const char *element;
        const char *name;
    } shown[] = {
        { "signingSessionId", "session" }, { "expiresAt", "expires" },
        { "qrText", "QR text" },           { "link", "link" },
        { "businessLink", "business" },    { "pageUrl", "page" },
    };
    char text[QR_TEXT_MAX];
    struct canonical root;
    AUTO(bytes_free) struct bytes *qr = NULL;

    if (!canonical_root(xml, &root) || !canonical_child_text(&root, "qrText", text, sizeof(text)) ||
        !text[0])
        return RAISE(err, ST_INPUT, "--show-qr: there is no qrText in the answer");
    TRY(qr_terminal(text, &qr, err));
    (void)fwrite(qr->at, 1, qr->len, stdout);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (canonical_child_text(&root, shown[i].element, text, sizeof(text)))
            row(shown[i].name, text);
    return ST_OK;
}

/* The text of a leaf; on a terminal a long one is cut. */
static void print_leaf(struct slice text)
{
    enum { TEXT_SHOWN = 200 };

    if (text.len <= TEXT_SHOWN || !isatty(STDOUT_FILENO)) {
        ctl_print_slice(stdout, text);
        return;
    }
    ctl_print_slice(stdout, (struct slice){ text.at, TEXT_SHOWN });
    (void)printf("… (%zu bytes)", text.len);
}

/* One element a line, children indented, the text of leaves between their tags. */
static void print_xml(const struct canonical *element, int depth)
{
    enum { DEPTH_SHOWN = 32 };
    struct canonical child;
    struct canonical rest = *element;
    size_t end = (size_t)(element->inner.at + element->inner.len - element->whole.at);

    (void)printf("%*s", 2 * depth, "");
    ctl_print_slice(stdout, element->start);
    if (depth < DEPTH_SHOWN && canonical_child(element, NULL, &child)) {
        (void)fputc('\n', stdout);
        do {
            print_xml(&child, depth + 1);
            rest.inner =
                slice_skip(rest.inner, (size_t)(child.whole.at + child.whole.len - rest.inner.at));
        } while (canonical_child(&rest, NULL, &child));
        (void)printf("%*s", 2 * depth, "");
    } else {
        print_leaf(element->inner);
    }
    ctl_print_slice(stdout, slice_skip(element->whole, end));
    (void)fputc('\n', stdout);
}

static void print_data(struct slice xml)
{
    struct canonical root;

    if (canonical_root(xml, &root)) {
        print_xml(&root, 0);
        return;
    }
    ctl_print_slice(stdout, xml);
    (void)fputc('\n', stdout);
}

static void print_verdict(const char *name, const struct report *report)
{
    if (!report)
        return;
    row(name, verdict_name(report_verdict(report)));
    for (size_t i = 0; i < report_signer_count(report); i++)
        row("signed by", report_signer(report, i)->subject);
    show_checks(stdout, report);
}

static enum status print_answer(const struct call *c, const struct call_answer *a, struct err *err)
{
    char status[64];

    if (c->raw)
        return ctl_write(NULL, bytes_slice(a->raw), err);
    row("sent", a->sent_message_id);
    (void)text_format(status, sizeof(status), "%ld", a->http_status);
    row("HTTP", status);
    row(a->is_fault ? "Fault" : "status", a->code);
    row("message", a->message);
    row("messageId", a->message_id);
    row("answers", a->correlation_id);
    print_verdict("signature", a->report);
    print_verdict("business", a->business);
    if (c->out_path)
        return ctl_write(c->out_path, bytes_slice(a->data), err);
    if (a->data && c->show_qr && strcmp(a->code, "SCSS001") == 0)
        TRY(print_qr(bytes_slice(a->data), err));
    if (a->data)
        print_data(bytes_slice(a->data));
    return ST_OK;
}

/* ---- the exchange ---- */

static enum status check_options(const struct call *c, struct err *err)
{
    const struct {
        const char *value;
        const char *name;
    } needed[] = { { c->url, "--url U" },
                   { c->service, "--service ID" },
                   { c->sender, "--sender S" } };

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!needed[i].value)
            return RAISE(err, ST_INPUT, "%s is missing", needed[i].name);
    return ST_OK;
}

static enum status read_password(const char *path, char dst[PASSWORD_MAX], struct err *err)
{
    AUTO(bytes_wipe) struct bytes *text = NULL;
    const char *end;

    TRY(file_read(path, PASSWORD_MAX - 1, &text, err));
    end = memchr(text->at, '\n', text->len);
    (void)text_copy_slice(
        dst, PASSWORD_MAX,
        slice_trim((struct slice){ text->at, end ? (size_t)(end - text->at) : text->len }));
    return ST_OK;
}

static bool is_good(const struct call_answer *a)
{
    return strcmp(a->code, "SCSS001") == 0 && !a->is_fault && a->report &&
           report_verdict(a->report) == VERDICT_VALID &&
           (!a->business || report_verdict(a->business) == VERDICT_VALID);
}

static enum status send_and_print(const struct call *c, struct call_params *params, bool *ret_good,
                                  struct err *err)
{
    struct call_answer answer = { .http_status = 0 };
    enum status status;

    TRY(call_send(params, &answer, err));
    *ret_good = is_good(&answer);
    status = print_answer(c, &answer, err);
    call_answer_free(&answer);
    return status;
}

static enum status open_business_key(const struct call *c, struct key **ret_key, struct err *err)
{
    if (!c->business_key_path)
        return ST_OK;
    const struct key_source source = {
        .place = c->business_key_path,
        .secret_file = c->business_pass_path ? c->business_pass_path : c->pass_path,
    };
    return ctl_open_key(&source, ret_key, err);
}

static enum status run(const struct call *c, const char *path, bool *ret_good, struct err *err)
{
    AUTO(rest_free) struct rest *rest = NULL;
    AUTO(key_free) struct key *key = NULL;
    AUTO(key_free) struct key *business_key = NULL;
    AUTO(trust_free) struct trust *trust = NULL;
    AUTO(bytes_free) struct bytes *payload = NULL;
    char password[PASSWORD_MAX] = "";
    struct call_params params = { .url = c->url,
                                  .service_id = c->service,
                                  .sender_id = c->sender,
                                  .message_id = c->message_id,
                                  .as_text = c->text,
                                  .clock = clock_system(),
                                  .wait_ms = WAIT_MS };

    TRY(check_options(c, err));
    TRY(ctl_open_key(&(struct key_source){ .place = c->key_path, .secret_file = c->pass_path },
                     &key, err));
    TRY(open_business_key(c, &business_key, err));
    TRY(ctl_open_rest(c->ca_file, &rest, err));
    TRY(file_read(path, PAYLOAD_MAX, &payload, err));
    if (c->password_path)
        TRY(read_password(c->password_path, password, err));
    if (c->trust_dir) {
        TRY(trust_new(&trust, err));
        TRY(trust_add_dir(trust, c->trust_dir, err));
    }
    params.key = key;
    params.business_key = business_key;
    params.rest = rest;
    params.trust = trust;
    params.payload = bytes_slice(payload);
    params.sender_password = c->password_path ? password : NULL;
    return send_and_print(c, &params, ret_good, err);
}

int cmd_call(int argc, char **argv)
{
    struct call c = { .url = NULL };
    char **arguments;
    int code = ctl_options(&usage, &c, argc, argv, &arguments);
    bool good = false;
    struct err err;

    if (code != CTL_GO)
        return code;
    if (run(&c, arguments[0], &good, &err) != ST_OK)
        return ctl_fail(usage.command, &err);
    return good ? CTL_OK : CTL_NO;
}
