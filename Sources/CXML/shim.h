#pragma once

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

// The callbacks without namespaces give names as written; a libxml2 built without them would report nothing at all.
#ifndef LIBXML_SAX1_ENABLED
#error "libxml2 is built without SAX1"
#endif

// SAX1 knows only error callbacks that are variadic, which Swift cannot write: hands what was found to `serror`.
// `context` is the parser's, which is the user data where nobody sets another.
static void flowhook_xml_forward_error(void *context, const char *message, ...) {
    (void)message;
    xmlParserCtxtPtr parser = (xmlParserCtxtPtr)context;
    if (parser->sax != NULL && parser->sax->serror != NULL) parser->sax->serror(context, &parser->lastError);
}

static inline void flowhook_xml_install_error_callback(xmlSAXHandlerPtr handler) {
    handler->error = flowhook_xml_forward_error;
}
