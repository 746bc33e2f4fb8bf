// tnef: what is packed in a winmail.dat, MS-OXTNEF: texts and files of a mail that Outlook wrote.
//
// Total and linear: every octet is some TNEF; what cannot be read is left out and `damaged` is set. Messages within are
// not opened here: they are files of type application/ms-tnef, for a caller that counts how deep it goes.
#pragma once

#include "mime/range.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

struct TnefFile {
    std::string name;        // UTF-8, without folders; "" when it has none
    std::string type;        // "type/subtype" in lower case; "" when it is not told
    std::string content_id;  // without brackets
    Range content;           // in the octets that were read
};

struct Tnef {
    std::string message_class;  // "IPM.Note"
    std::string subject;        // UTF-8, like all texts here
    std::string text;           // LF line ends; "" when there is none
    std::string html;
    Range rtf;  // of rich text in the octets that were read, compressed: rtf.h reads it
    std::vector<TnefFile> files;
    bool damaged = false;
};

// nullopt when the octets do not begin as TNEF does.
[[nodiscard]] std::optional<Tnef> read_tnef(std::string_view octets);

}  // namespace mime
