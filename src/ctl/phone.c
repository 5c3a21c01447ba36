/* shepctl phone: a citizen's telephone in the terminal. */
#include "sandbox/phone.h"

#include "ctl/commands.h"
#include "ctl/ctl.h"

#include <string.h>

enum { WAIT_MS = 60000 };

struct options {
    const char *qr;
    const char *link;
    const char *key_path;
    const char *pass_path;
    const char *auth_key_path;
    const char *tsp_url;
    const char *language;
    const char *ca_file;
    bool refuse;
};

enum { OPT_QR, OPT_LINK, OPT_KEY, OPT_PASS, OPT_AUTH, OPT_TSP, OPT_LANG, OPT_CA, OPT_REFUSE };

static const struct option_row rows[] = {
    { OPT_QR, "qr", "TEXT", "what the camera reads: mobileSign:…" },
    { OPT_LINK, "link", "URL", "the link that starts the app" },
    { OPT_KEY, "key", "P12", "the citizen's signing key" },
    { OPT_PASS, "pass-file", "FILE", "its password: the file's first line" },
    { OPT_AUTH, "auth-key", "P12", "for auth_type Eds: the authentication key; the same password" },
    { OPT_TSP, "tsp", "URL", "of the TSA whose timestamp goes into a CMS" },
    { OPT_LANG, "lang", "ru|kk|en", "the app's language; ru by default" },
    { OPT_CA, "ca", "FILE", "PEM bundle for https (SHEPCTL_CA)" },
    { OPT_REFUSE, "refuse", NULL, "press «Отказать»" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct options *o = ctx;
    const char **const places[] = {
        [OPT_QR] = &o->qr,          [OPT_LINK] = &o->link,          [OPT_KEY] = &o->key_path,
        [OPT_PASS] = &o->pass_path, [OPT_AUTH] = &o->auth_key_path, [OPT_TSP] = &o->tsp_url,
        [OPT_LANG] = &o->language,  [OPT_CA] = &o->ca_file,
    };

    if (key == OPT_REFUSE) {
        o->refuse = true;
        return ST_OK;
    }
    if (key == OPT_LANG && strcmp(value, "ru") != 0 && strcmp(value, "kk") != 0 &&
        strcmp(value, "en") != 0)
        return RAISE(err, ST_INPUT, "--lang %s: expected ru, kk or en", value);
    *places[key] = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl phone",
    .arguments = "",
    .about = "A simulated telephone with eGov Mobile: scans a QR or opens a link, shows what is to "
             "be signed, signs\nand sends it back. Exit status: 0 the server took it (200), 1 it "
             "did not, 2 it came to nothing.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = set,
};

/* ---- the screen ---- */

static void row(const char *name, const char *value)
{
    if (!value[0])
        return;
    (void)printf("%-12s ", name);
    ctl_print_text(stdout, value);
    (void)fputc('\n', stdout);
}

static void show_offer(const struct phone_offer *offer)
{
    row("API №1", offer->api1);
    row("title", offer->description);
    row("valid until", offer->expiry_date);
    row("organisation", offer->organisation);
    row("BIN", offer->bin);
    row("API №2", offer->uri);
    row("auth_type", offer->auth_type);
}

static void show_documents(struct phone *phone)
{
    for (size_t i = 0; i < phone_document_count(phone); i++) {
        struct phone_document d = phone_document(phone, i);

        (void)printf("%-12s %lld, ", "document", (long long)d.id);
        ctl_print_slice(stdout, d.method);
        (void)fputs(d.mime.len > 0 ? ", " : "", stdout);
        ctl_print_slice(stdout, d.mime);
        (void)printf(", %zu bytes: ", d.value.len);
        ctl_print_slice(stdout, d.name);
        (void)fputc('\n', stdout);
    }
}

static void show_answer(const struct phone *phone, const char *method)
{
    const struct phone_answer *answer = phone_answer(phone);

    (void)printf("%-12s %ld%s", method, answer->status, answer->message[0] ? ", " : "");
    ctl_print_text(stdout, answer->message);
    (void)fputc('\n', stdout);
}

/* ---- the steps ---- */

static enum status sign_and_send(struct phone *phone, struct err *err)
{
    TRY(phone_fetch(phone, err));
    show_documents(phone);
    TRY(phone_sign(phone, err));
    TRY(phone_send(phone, err));
    show_answer(phone, "PUT");
    return ST_OK;
}

static enum status use(const struct options *o, const struct phone_params *params, long *ret_status,
                       struct err *err)
{
    AUTO(phone_free) struct phone *phone = NULL;
    struct phone_offer offer;

    TRY(phone_new(params, &phone, err));
    TRY(phone_scan(phone, slice_str(o->qr ? o->qr : o->link), &offer, err));
    show_offer(&offer);
    if (o->refuse) {
        TRY(phone_refuse(phone, err));
        show_answer(phone, "DELETE");
    } else {
        TRY(sign_and_send(phone, err));
    }
    *ret_status = phone_answer(phone)->status;
    return ST_OK;
}

static enum status run(const struct options *o, long *ret_status, struct err *err)
{
    AUTO(rest_free) struct rest *rest = NULL;
    AUTO(key_free) struct key *key = NULL;
    AUTO(key_free) struct key *auth_key = NULL;
    struct phone_params params = {
        .tsp_url = o->tsp_url, .language = o->language, .clock = clock_system(), .wait_ms = WAIT_MS
    };

    if (!o->qr == !o->link)
        return RAISE(err, ST_INPUT, "one of --qr TEXT and --link URL is needed");
    TRY(ctl_open_key(&(struct key_source){ .place = o->key_path, .secret_file = o->pass_path },
                     &key, err));
    if (o->auth_key_path)
        TRY(ctl_open_key(
            &(struct key_source){ .place = o->auth_key_path, .secret_file = o->pass_path },
            &auth_key, err));
    TRY(ctl_open_rest(o->ca_file, &rest, err));
    params.key = key;
    params.auth_key = auth_key;
    params.rest = rest;
    return use(o, &params, ret_status, err);
}

int cmd_phone(int argc, char **argv)
{
    struct options o = { .language = "ru" };
    char **arguments;
    int code = ctl_options(&usage, &o, argc, argv, &arguments);
    long status = 0;
    struct err err;

    if (code != CTL_GO)
        return code;
    if (run(&o, &status, &err) != ST_OK)
        return ctl_fail(usage.command, &err);
    return status >= 200 && status < 300 ? CTL_OK : CTL_NO;
}
