/* parse_gmime: the same mails read by GMime, for comparison. tests/bench/README.md.
 *
 * parse_gmime FILE SECONDS    see parse.cpp. parse: the tree alone, as g_mime_parser_construct_message makes it. document: its
 * texts in Unicode and its other leaves decoded as well. */
#include <gmime/gmime.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    return (double)clock() / CLOCKS_PER_SEC; /* of this process, whatever else the machine does */
}

static long peak_kb(size_t file) /* of its own: the octets of the file left out */
{
    long peak = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &peak) == 1) break;
    if (status) fclose(status);
    return peak - (long)(file / 1024);
}

static void leaf(GMimeObject *parent, GMimeObject *part, void *data)
{
    size_t *kept = data;
    (void)parent;
    if (GMIME_IS_TEXT_PART(part)) {
        char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
        *kept += text ? strlen(text) : 0;
        g_free(text);
    } else if (GMIME_IS_PART(part)) {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
        if (!content) return;
        GMimeStream *out = g_mime_stream_null_new();
        *kept += (size_t)g_mime_data_wrapper_write_to_stream(content, out);
        g_object_unref(out);
    }
}

static size_t read_mail(const char *octets, size_t length, int document)
{
    size_t kept = 1;
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(octets, length); /* copies, as its parser reads from streams */
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message && document) {
        GMimeObject *body = g_mime_message_get_mime_part(message);
        if (body && GMIME_IS_MULTIPART(body))
            g_mime_multipart_foreach(GMIME_MULTIPART(body), leaf, &kept);
        else if (body)
            leaf(NULL, body, &kept);
        kept += g_mime_message_get_subject(message) ? 1 : 0;
        InternetAddressList *to = g_mime_message_get_to(message);
        kept += to ? (size_t)internet_address_list_length(to) : 0;
    }
    if (message) g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    return kept;
}

static double rate(const char *all, size_t size, double seconds, int document)
{
    double begin = now(), spent = 0;
    size_t done = 0, kept = 0;
    do {
        for (size_t at = 0; at + 8 <= size;) {
            uint64_t length;
            memcpy(&length, all + at, 8);
            kept += read_mail(all + at + 8, length, document);
            at += 8 + length;
            ++done;
        }
        spent = now() - begin;
    } while (spent < seconds);
    if (!kept) puts("nothing was read");
    return (double)done / spent;
}

int main(int count, char **words)
{
    if (count < 3) return 2;
    FILE *file = fopen(words[1], "rb");
    if (!file) return 1;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *all = malloc(size);
    if (fread(all, 1, size, file) != size) return 1;
    fclose(file);
    g_mime_init();
    double parsed = rate(all, size, atof(words[2]), 0), mapped = rate(all, size, atof(words[2]), 1);
    printf("{\"octets\": %zu, \"parse_per_s\": %.1f, \"document_per_s\": %.1f, \"memory_kb\": %ld}\n", size, parsed, mapped,
           peak_kb(size));
    return 0;
}
