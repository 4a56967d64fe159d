#pragma once

#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call: one typed function
// for each kind of argument.

/// The version of the library that runs, `0xXXYYZZ`.
static inline unsigned int flowhook_curl_version(void) {
    return curl_version_info(CURLVERSION_NOW)->version_num;
}

/// Lets handles share a kind of data.
static inline CURLSHcode flowhook_share(CURLSH *share, curl_lock_data data) {
    return curl_share_setopt(share, CURLSHOPT_SHARE, data);
}

/// Sets an option that takes a long.
static inline CURLcode flowhook_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

/// Sets an option that takes a curl_off_t.
static inline CURLcode flowhook_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

/// Sets an option that takes a string or another pointer to data; most strings are copied, CURLOPT_POSTFIELDS is not.
static inline CURLcode flowhook_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

/// Sets an option that takes a list; the list must outlive the transfer.
static inline CURLcode flowhook_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

/// Sets an option that takes bytes, which are copied; none where `bytes` is NULL.
static inline CURLcode flowhook_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, bytes ? &blob : NULL);
}

typedef size_t (*flowhook_data_function)(char *bytes, size_t size, size_t count, void *context);

/// Sets CURLOPT_WRITEFUNCTION or CURLOPT_HEADERFUNCTION.
static inline CURLcode flowhook_set_data_function(CURL *easy, CURLoption option, flowhook_data_function function) {
    return curl_easy_setopt(easy, option, function);
}

typedef curl_socket_t (*flowhook_socket_function)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

/// Sets CURLOPT_OPENSOCKETFUNCTION.
static inline CURLcode flowhook_set_socket_function(CURL *easy, flowhook_socket_function function) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}

typedef int (*flowhook_close_function)(void *context, curl_socket_t socket);

/// Sets CURLOPT_CLOSESOCKETFUNCTION.
static inline CURLcode flowhook_set_close_function(CURL *easy, flowhook_close_function function) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}

typedef int (*flowhook_ready_function)(void *context, char *peer, char *local, int peer_port, int local_port);

/// Sets CURLOPT_PREREQFUNCTION.
static inline CURLcode flowhook_set_ready_function(CURL *easy, flowhook_ready_function function) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}

/// Reads a long.
static inline long flowhook_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

/// Reads a curl_off_t, such as a time in microseconds.
static inline curl_off_t flowhook_get_offset(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

/// Reads a string that belongs to the handle, or NULL.
static inline const char *flowhook_get_string(CURL *easy, CURLINFO info) {
    char *value = NULL;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

/// Reads the pointer of CURLOPT_PRIVATE.
static inline void *flowhook_get_private(CURL *easy) {
    char *value = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value);
    return value;
}

/// Sets a multi option that takes a long.
static inline CURLMcode flowhook_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

typedef int (*flowhook_watch_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *per_socket);
typedef int (*flowhook_timer_function)(CURLM *multi, long milliseconds, void *context);

/// Sets the callbacks of curl_multi_socket_action and their context.
static inline void flowhook_multi_set_functions(
    CURLM *multi, flowhook_watch_function watch, flowhook_timer_function timer, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

/// The result of a message, which stands in a union that Swift does not see into.
static inline CURLcode flowhook_message_result(const CURLMsg *message) {
    return message->data.result;
}
