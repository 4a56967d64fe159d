// The floor: what the job costs in C with nothing but the job.
//
//   floor SOCKET SERVICE-PORT
//
// libfcgi's record layer, connections accepted and waited for by hand, two event loops, and an HTTP client: by-hand.c,
// made for this one service, or by-libcurl.c. No limits, names to look up, or JSON beyond finding members by their names.
// It does the work all the same: values are read out of the request, their escapes resolved, written escaped into the
// payload, and two values of the service's answer go into the answer.
#define _GNU_SOURCE
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/un.h>

#include "floor.h"

enum { LOOPS = 2, TEXT = 1024 };

/// A connection of the web server.
struct web {
    enum kind kind;
    struct loop *loop;
    FCGX_Request request;
    bool is_busy, is_gone;
};

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

void answer_mapped(struct web *web, const char *json) {
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

void fail(struct web *web) {
    static const char body[] = "{\"outcome\":\"failed\"}";
    answer(web, "502 Bad Gateway", body, sizeof body - 1);
}

static void begin(struct web *web, const char *json) {
    char email[TEXT], name[TEXT], company[TEXT], payload[7 * TEXT];
    size_t email_length = text_of(json, "\"Email Address\"", email);
    size_t name_length = text_of(json, "\"First Name\"", name);
    size_t company_length = text_of(json, "\"Company Name\"", company);
    char *out = escape(stpcpy(payload, "{\"email\": \""), email, email_length);
    out = escape(stpcpy(out, "\", \"greeting\": \"Dear "), name, name_length);
    out = escape(stpcpy(out, "\", \"company\": \""), company, company_length);
    out = stpcpy(out, "\"}");

    call_service(web->loop, web, payload, (size_t)(out - payload));
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
    begin(web, body);
}

static void *run(void *argument) {
    struct loop *loop = argument;
    struct epoll_event events[256];
    while (true) {
        int ready = epoll_wait(loop->epoll, events, 256, end_turn(loop));
        for (int index = 0; index < ready; index++) {
            if (*(enum kind *)events[index].data.ptr == WEB) read_web(events[index].data.ptr);
            else handle_call(loop, events[index].data.ptr, events[index].events);
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 3) return 64;
    prepare_client(atoi(arguments[2]));
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
