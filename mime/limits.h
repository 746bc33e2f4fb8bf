// limits: how much of a mail is looked at, so that hostile mail costs no more than its size.
#pragma once

#include <cstddef>

namespace mime {

struct Limits {
    std::size_t depth = 100;               // nested multiparts and enclosed messages; deeper parts stay unparsed leaves
    std::size_t parts = 10'000;            // parts in one mail; what follows stays in the body of its parent
    std::size_t fields = 20'000;           // header fields kept of one part; the rest stays bytes
    std::size_t parameters = 200;          // parameters kept of one Content-Type or Content-Disposition
    std::size_t field_value = 65'536;      // octets of one field value that are decoded; the rest is ignored
    std::size_t addresses = 20'000;        // mailboxes read from one address list
    std::size_t tnef_attributes = 20'000;  // of one winmail.dat; a file takes some five
    std::size_t tnef_properties = 10'000;  // of its message, or of one file
    std::size_t tnef_files = 1'000;        // kept of it; more are left out
    std::size_t rtf = 4 << 20;             // octets of rich text that are read: compressed, it may be eight times less
    std::size_t rtf_groups = 1'000;        // nested ones whose text is shown
};

}  // namespace mime
