// The floor of a CGI program: links and initialises the libraries that Flowhook uses, reads its body, and answers.
#include <curl/curl.h>
#include <fcgiapp.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <yaml.h>

int main(void) {
    FCGX_Init();
    curl_global_init(CURL_GLOBAL_ALL);
    xmlInitParser();
    yaml_parser_t parser;
    yaml_parser_initialize(&parser);
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    static char body[65536];
    size_t count = fread(body, 1, sizeof body, stdin);
    printf("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{\"bytes\":%zu}", count);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    yaml_parser_delete(&parser);
    return 0;
}
