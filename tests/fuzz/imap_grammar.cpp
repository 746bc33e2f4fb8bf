// imap_grammar: any octets as a command: no crash, and a tag in every refusal.
#include "imap/command_table.h"
#include "imap/grammar/grammar.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = imap::parse_command(text);
    if (!parsed && parsed.error().tag.empty()) std::abort();
    (void)imap::grammar::mail_literal_follows(text);
    return 0;
}
