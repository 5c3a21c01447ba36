/* A connection's inside, shared by the files that move it: enter.c (PROXY, TLS), receive.c (heads,
 * bodies), send.c (answers, refusals, the end), conn.c (the engine). I/O thread only. */
#pragma once

#include "http/chunk.h"
#include "http/conn.h"
#include "http/front.h"
#include "http/proxy.h"
#include "http/stream.h"

#include <event2/event_struct.h>

enum state {
    CONN_PROXY,
    CONN_TLS,
    CONN_HEAD,
    CONN_BODY,
    CONN_WORK,
    CONN_SEND,
    CONN_LINGER,
    CONN_RESET
};
enum step { STEP_NEXT, STEP_WAIT, STEP_CLOSE };

struct conn {
    struct http_server *server;
    const struct listener *listener;
    struct conn *prev;
    struct conn *next;
    struct stream stream;
    struct event io;
    struct event timer;
    short interest; /* what io waits for */
    enum state state;
    enum state after; /* of CONN_SEND */
    struct address peer;
    bool trusted;
    bool counted;  /* in the census */
    bool finished; /* the caller sends nothing more */
    struct proxy *proxy;
    char *in; /* heads, chunked bodies, and what follows too early */
    size_t in_len;
    size_t in_cap;
    size_t seen; /* by head_find_end() */
    struct chunk chunk;
    struct http_request *request;
    struct bytes *out_head;
    struct bytes *out_body;
    size_t out_pos;
    size_t out_charge; /* on the in-flight account */
    size_t slow_from;  /* of out_head and out_body: byte by byte from here on */
    int64_t slow_ms;   /* one each; 0: at once */
    int64_t linger_end_ms;
    size_t linger_left;
};

/* conn.c */
/* The timer's next stroke; it replaces the one before. */
void conn_set_deadline(struct conn *conn, int64_t ms);
/* STEP_WAIT until the socket is ready for what (EV_READ, EV_WRITE, or 0: for nothing). */
enum step conn_wait(struct conn *conn, short what);
/* What follows from a read or write. */
enum step conn_after(struct conn *conn, enum stream_result result);
/* Cuts n bytes off the front of the connection's buffer, and frees it when it is empty. */
void conn_take_in(struct conn *conn, size_t n);

/* enter.c: the caller's address is known or awaited; the first step of a connection */
enum step conn_admit(struct conn *conn);
enum step step_proxy(struct conn *conn);
enum step step_tls(struct conn *conn);

/* receive.c */
enum step step_head(struct conn *conn);
enum step step_body(struct conn *conn);
enum step step_work(struct conn *conn);

/* send.c */
/* Starts sending; a small body travels with its head. Both are taken; a lost head closes. */
enum step conn_send(struct conn *conn, struct bytes *head, struct bytes *body, enum state after);
/* A refusal in plain words; the connection ends with it. */
enum step conn_refuse(struct conn *conn, enum refusal refusal);
/* Closed without an answer: there is nobody yet who would understand one. */
enum step conn_turn_away(const struct conn *conn, const char *reason);
/* Frees what has not been sent. */
void conn_drop_out(struct conn *conn);
enum step step_send(struct conn *conn);
enum step step_linger(struct conn *conn);
enum step step_reset(struct conn *conn);
