// The floor: what the job costs in C with nothing but the job.
//
//   floor SOCKET SERVICE-PORT
//
// libfcgi's record layer, connections accepted and waited for by hand, two event loops, and an HTTP client made for this
// one service: no deadlines, limits, TLS, names to look up, or JSON beyond finding members by their names. It does the
// work all the same: values are read out of the request, their escapes resolved, written escaped into the payload, and
// two values of the service's answer go into the answer.
#define _GNU_SOURCE
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/un.h>

#include "../tools/net.h"

enum { LOOPS = 2, TEXT = 1024, BUFFER = 8192 };

/// What an event is for.
enum kind { WEB, CALL };

struct call;

/// A connection of the web server.
struct web {
    enum kind kind;
    struct loop *loop;
    FCGX_Request request;
    bool is_busy, is_gone;
};

/// A connection to the service.
struct call {
    enum kind kind;
    int descriptor;
    bool is_dead;
    struct web *web;
    struct call *next;
    size_t written, length, count;
    char out[BUFFER], in[BUFFER];
};

struct loop {
    int epoll;
    struct call *idle;
};

static int service_port;

// MARK: JSON, as far as the job needs it

/// Appends a text with JSON's escapes.
static char *escape(char *out, const char *text, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t index = 0; index < count; index++) {
        unsigned char byte = (unsigned char)text[index];
        if (byte == '"' || byte == '\\') {
            *out++ = '\\';
            *out++ = (char)byte;
        } else if (byte < 0x20) {
            out = stpcpy(out, "\\u00");
            *out++ = digits[byte >> 4];
            *out++ = digits[byte & 15];
        } else {
            *out++ = (char)byte;
        }
    }
    return out;
}

static char *append_scalar(char *out, unsigned long scalar) {
    if (scalar < 0x80) {
        *out++ = (char)scalar;
    } else if (scalar < 0x800) {
        *out++ = (char)(0xC0 | scalar >> 6);
        *out++ = (char)(0x80 | (scalar & 0x3F));
    } else {
        *out++ = (char)(0xE0 | scalar >> 12);
        *out++ = (char)(0x80 | (scalar >> 6 & 0x3F));
        *out++ = (char)(0x80 | (scalar & 0x3F));
    }
    return out;
}

/// The value behind a name, where there is one.
static const char *find(const char *json, const char *name) {
    const char *found = strstr(json, name);
    if (!found) return NULL;
    found += strlen(name);
    found += strspn(found, " \t\r\n");
    if (*found++ != ':') return NULL;
    return found + strspn(found, " \t\r\n");
}

/// The text behind a name, its escapes resolved.
static size_t text_of(const char *json, const char *name, char *text) {
    const char *in = find(json, name);
    char *out = text;
    if (!in || *in++ != '"') return 0;
    while (*in && *in != '"' && out - text < TEXT - 4) {
        if (*in != '\\') {
            *out++ = *in++;
            continue;
        }
        in++;
        switch (*in) {
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'n': *out++ = '\n'; break;
        case 'r': *out++ = '\r'; break;
        case 't': *out++ = '\t'; break;
        case 'u': {
            char digits[5] = {0};
            strncpy(digits, in + 1, 4);
            out = append_scalar(out, strtoul(digits, NULL, 16));
            in += strlen(digits);
            break;
        }
        case 0: return 0;
        default: *out++ = *in;
        }
        in++;
    }
    return (size_t)(out - text);
}

// MARK: The answer

static void answer(struct web *web, const char *status, const char *body, size_t count) {
    char head[256];
    int length = snprintf(
        head, sizeof head, "Status: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, count);
    FCGX_PutStr(head, length, web->request.out);
    FCGX_PutStr(body, (int)count, web->request.out);
    FCGX_Finish_r(&web->request);
    web->is_busy = false;
    if (web->request.ipcFd < 0 || web->is_gone) {
        if (web->request.ipcFd >= 0) close(web->request.ipcFd);
        FCGX_Free(&web->request, 0);
        free(web);
    }
}

static void answer_mapped(struct web *web, const char *json) {
    char title[TEXT], body[2 * TEXT + 256];
    size_t count = text_of(json, "\"title\"", title);
    const char *employees = find(json, "\"employees\"");
    size_t digits = employees ? strspn(employees, "-+.0123456789eE") : 0;
    char *out = stpcpy(body, "{\"outcome\":\"updated\",\"fields\":{\"NumberOfEmployees\":");
    out = mempcpy(out, digits ? employees : "null", digits ? digits : 4);
    out = escape(stpcpy(out, ",\"Title\":\""), title, count);
    out = stpcpy(out, "\"}}");
    answer(web, "200 OK", body, (size_t)(out - body));
}

static void fail(struct web *web) {
    static const char body[] = "{\"outcome\":\"failed\"}";
    answer(web, "502 Bad Gateway", body, sizeof body - 1);
}

// MARK: The call

static void end_call(struct call *call, bool is_kept) {
    struct web *web = call->web;
    call->web = NULL;
    if (is_kept) {
        call->next = web->loop->idle;
        web->loop->idle = call;
    } else {
        close(call->descriptor);
        call->is_dead = true;
    }
}

static void write_call(struct call *call) {
    while (call->written < call->length) {
        ssize_t count = write(call->descriptor, call->out + call->written, call->length - call->written);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            struct web *web = call->web;
            end_call(call, false);
            free(call);
            return fail(web);
        }
        call->written += (size_t)count;
    }
}

static void read_call(struct call *call) {
    ssize_t count = read(call->descriptor, call->in + call->count, BUFFER - 1 - call->count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    struct web *web = call->web;
    if (count <= 0 || !web) {
        close(call->descriptor);
        call->is_dead = true;
        // An idle one is freed when its turn comes.
        if (web) {
            free(call);
            fail(web);
        }
        return;
    }
    call->count += (size_t)count;
    struct message message;
    if (!find_message(call->in, call->count, &message)) return;
    call->in[call->count] = 0;
    end_call(call, true);
    if (strncmp(call->in, "HTTP/1.1 2", 10) == 0) answer_mapped(web, call->in + message.body); else fail(web);
}

static struct call *take_call(struct loop *loop) {
    while (loop->idle) {
        struct call *call = loop->idle;
        loop->idle = call->next;
        if (!call->is_dead) return call;
        free(call);
    }
    struct call *call = malloc(sizeof *call);
    call->kind = CALL;
    call->is_dead = false;
    call->descriptor = begin_connecting(service_port);
    watch(loop->epoll, call->descriptor, EPOLLIN | EPOLLOUT | EPOLLET, call);
    return call;
}

static void call_service(struct web *web, const char *json) {
    char email[TEXT], name[TEXT], company[TEXT], payload[7 * TEXT];
    size_t email_length = text_of(json, "\"Email Address\"", email);
    size_t name_length = text_of(json, "\"First Name\"", name);
    size_t company_length = text_of(json, "\"Company Name\"", company);
    char *out = escape(stpcpy(payload, "{\"email\": \""), email, email_length);
    out = escape(stpcpy(out, "\", \"greeting\": \"Dear "), name, name_length);
    out = escape(stpcpy(out, "\", \"company\": \""), company, company_length);
    out = stpcpy(out, "\"}");

    struct call *call = take_call(web->loop);
    call->web = web;
    call->count = call->written = 0;
    int head = snprintf(
        call->out, BUFFER,
        "POST /v1/people HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: floor\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        service_port, (size_t)(out - payload));
    call->length = (size_t)head + (size_t)(out - payload);
    if (call->length > BUFFER) {
        end_call(call, true);
        return fail(web);
    }
    memcpy(call->out + head, payload, (size_t)(out - payload));
    write_call(call);
}

// MARK: The web server

static void read_web(struct web *web) {
    if (web->is_busy) {
        web->is_gone = true;
        return;
    }
    if (FCGX_Accept_r(&web->request) != 0) {
        free(web);
        return;
    }
    web->is_busy = true;
    char body[BUFFER];
    size_t count = 0;
    int got;
    while ((got = FCGX_GetStr(body + count, (int)(sizeof body - 1 - count), web->request.in)) > 0) count += (size_t)got;
    body[count] = 0;
    const char *method = FCGX_GetParam("REQUEST_METHOD", web->request.envp);
    if (!method || strcmp(method, "POST") != 0) return fail(web);
    call_service(web, body);
}

static void *run(void *argument) {
    struct loop *loop = argument;
    struct epoll_event events[256];
    while (true) {
        int ready = epoll_wait(loop->epoll, events, 256, -1);
        for (int index = 0; index < ready; index++) {
            if (*(enum kind *)events[index].data.ptr == WEB) {
                read_web(events[index].data.ptr);
                continue;
            }
            struct call *call = events[index].data.ptr;
            if (call->web && call->written < call->length) write_call(call);
            else if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_call(call);
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 3) return 64;
    service_port = atoi(arguments[2]);
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
    FCGX_Init();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 4096) != 0) die("listen");
    static struct loop loops[LOOPS];
    for (int index = 0; index < LOOPS; index++) {
        loops[index].epoll = epoll_create1(EPOLL_CLOEXEC);
        pthread_t thread;
        pthread_create(&thread, NULL, run, &loops[index]);
    }
    // Connections are kept, so they are dealt out in turn: whoever woke first would own them all.
    for (unsigned turn = 0;; turn++) {
        int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor < 0) continue;
        struct web *web = calloc(1, sizeof *web);
        web->kind = WEB;
        web->loop = &loops[turn % LOOPS];
        FCGX_InitRequest(&web->request, -1, 0);
        web->request.ipcFd = descriptor;
        web->request.keepConnection = 1;
        watch(web->loop->epoll, descriptor, EPOLLIN | EPOLLRDHUP | EPOLLET, web);
    }
}
